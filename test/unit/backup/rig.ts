/** A small appliance on the disk, with a real SQLCipher database and stored files, for backups to be made of. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupSource, createBackup } from '../../../src/backup/create.ts'
import { lockOf } from '../../../src/backup/envelope.ts'
import { newRecoveryKey } from '../../../src/backup/recovery-key.ts'
import { createIds } from '../../../src/domain/ids.ts'
import type { Database } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'

const ids = createIds(() => Date.now(), randomBytes)
export const databaseKey = new Uint8Array(32).fill(9)

export interface Appliance {
  directory: string
  db: Database
  recoveryKey: string
  /** The path of a new one. */
  backup(takenAtMs?: number, account?: string): Promise<string>
  target(name: string): { dataDir: string; keyFile: string; socketPath: string }
  message(state: 'scheduled' | 'queued' | 'sending' | 'sent' | 'delivered', extra?: object): Promise<string>
  storedFile(content: Buffer): string
  stop(): Promise<void>
}

export async function appliance(): Promise<Appliance> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-backup-'))
  const data = join(directory, 'old')
  mkdirSync(join(data, 'files'), { recursive: true })
  const db = await freshDatabase({ path: join(data, 'causeway.db'), key: databaseKey })
  const recoveryKey = newRecoveryKey(randomBytes)
  const lock = await lockOf(recoveryKey, randomBytes)
  const conversation = ids('cnv')
  const contact = ids('con')
  const now = Date.now()
  await db
    .insertInto('contacts')
    .values({ id: contact, e164: '+15550000201', created_at_ms: now, updated_at_ms: now })
    .execute()
  await db
    .insertInto('conversations')
    .values({ id: conversation, contact_id: contact, last_message_at_ms: now, created_at_ms: now })
    .execute()
  writeFileSync(join(data, 'causeway.yaml'), 'region: GB\n')
  let timestamp = now
  return {
    directory,
    db,
    recoveryKey,
    backup: async (takenAtMs = Date.now(), account) => {
      const source: BackupSource = {
        databasePath: join(data, 'causeway.db'),
        databaseKey,
        filesDirectory: join(data, 'files'),
        workDirectory: join(data, 'backup-work'),
        configFile: join(data, 'causeway.yaml'),
        manifest: { takenAtMs, version: '0.0.0', account: account ?? null },
      }
      const folder = join(directory, 'backups')
      const made = await createBackup(source, lock, folder, new AbortController().signal, () => undefined)
      return join(folder, made.name)
    },
    target: (name) => ({
      dataDir: join(directory, name),
      keyFile: join(directory, name, 'db.key'),
      socketPath: join(directory, name, 'run', 'api.sock'),
    }),
    message: async (state, extra = {}) => {
      const id = ids('msg')
      timestamp += 1
      await db
        .insertInto('messages')
        .values({
          id,
          conversation_id: conversation,
          direction: 'out',
          text: `words of ${id}`,
          state,
          valid_until_ms: now + 1_000,
          sent_timestamp_ms: timestamp,
          created_at_ms: now,
          updated_at_ms: now,
          ...extra,
        })
        .execute()
      return id
    },
    storedFile: (content) => {
      const id = ids('blb')
      writeFileSync(join(data, 'files', id), content)
      return id
    },
    stop: async () => {
      await db.destroy()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
