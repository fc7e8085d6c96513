/** Backups as the gateway tells of them; loaded when a screen wants them, and once after signing in for the warning. */
import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'

interface BackupRun {
  id: string
  state: 'running' | 'made' | 'failed'
  began_at: string
  code: string | null
  reason: string | null
}

export interface Backups {
  key_made_at: string | null
  directory: string
  /** ISO 8601; null: only when somebody asks. */
  every: string | null
  keep: number
  next_at: string | null
  running: { id: string; done_bytes: number; total_bytes: number | null } | null
  runs: BackupRun[]
  data: { name: string; bytes: number; taken_at: string }[]
  /** This gateway came out of a backup, and nobody has acknowledged that yet. */
  restored: { at: string; taken_at: string; held: number } | null
}

const PATH = '/api/v1/system/backup'

export const backupsNow = signal<Backups | undefined>(undefined)

/** Throws ApiProblem. */
export async function loadBackups(): Promise<void> {
  backupsNow.value = await ask<Backups>('GET', PATH)
}

/** Begins one. Throws ApiProblem. */
export async function makeBackup(): Promise<void> {
  await ask('POST', PATH)
  await loadBackups()
}

/** The new recovery key, the only time that it is told. Throws ApiProblem. */
export async function makeRecoveryKey(replace: boolean): Promise<string> {
  const { recovery_key: key } = await ask<{ recovery_key: string }>('POST', `${PATH}/key`, { body: { replace } })
  await loadBackups()
  return key
}

/** Throws ApiProblem. */
export async function acknowledgeRestored(): Promise<void> {
  await ask('DELETE', `${PATH}/restored`)
  await loadBackups()
}

export function backupUrl(name: string): string {
  return `${PATH}/files/${name}`
}
