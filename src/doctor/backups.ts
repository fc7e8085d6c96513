/** What can be said about the backups of a running gateway. Pure. */

import type { Finding } from '../domain/finding.ts'
import { durationInWords } from '../domain/words.ts'

export interface BackupFacts {
  keyMadeAtMs: number | undefined
  /** The last one that has ended, however it did. */
  last: { code: string | null; reason: string | null } | undefined
  /** The last one that is there. */
  good: { began_at_ms: number } | undefined
  /** The warning of a restored gateway that nobody has acknowledged. */
  restored: { taken_at_ms: number; held: number } | undefined
  /** 0: only when somebody asks. */
  everyMs: number
  nowMs: number
}

/** The schedule may be late by as much as its own span, and an hour. */
const SLACK_MS = 3_600_000
/** Where no schedule says how old one may be. */
const OLD_MS = 30 * 24 * 3_600_000

/** Why the backups are not as they should be; undefined: they are, or nobody has asked for any. */
export function backupProblem({ keyMadeAtMs, last, good, everyMs, nowMs }: BackupFacts): string | undefined {
  if (keyMadeAtMs === undefined) return undefined
  if (last !== undefined && last.code !== null) return `the last backup failed: ${last.reason ?? last.code}`
  const sinceMs = nowMs - (good?.began_at_ms ?? keyMadeAtMs)
  const mayMs = everyMs === 0 ? OLD_MS : 2 * everyMs + SLACK_MS
  if (sinceMs <= mayMs) return undefined
  return good === undefined ? 'there is no backup yet' : `the last backup is ${durationInWords(sinceMs)} old`
}

export function examineBackups(facts: BackupFacts): Finding[] {
  return [...restoredFinding(facts), backupFinding(facts)]
}

function backupFinding(facts: BackupFacts): Finding {
  const { keyMadeAtMs, good } = facts
  if (keyMadeAtMs === undefined) {
    return {
      id: 'backup.never',
      severity: 'info',
      what: 'There are no backups: there is no recovery key yet.',
      fix: 'causeway backup key, or in the inbox under Settings, Backup; backups are made every day from then on.',
    }
  }
  const problem = backupProblem(facts)
  if (problem !== undefined) {
    const fix = 'See to the folder and its disk, then: causeway backup create.'
    const id = good === undefined ? 'backup.never' : 'backup.old'
    return { id, severity: 'warning', what: `Backups: ${problem}.`, fix }
  }
  return { id: 'backup.old', severity: 'ok', what: 'Backups are made.', fix: undefined }
}

function restoredFinding({ restored }: BackupFacts): Finding[] {
  if (restored === undefined) return []
  const takenAt = new Date(restored.taken_at_ms).toISOString()
  return [
    {
      id: 'backup.restored',
      severity: 'warning',
      what: `This gateway was restored from a backup of ${takenAt}; ${restored.held} messages wait for your decision because of it.`,
      fix: 'Approve or cancel them (causeway messages --status held), see that the gateway of before never starts again, then: causeway backup acknowledge.',
    },
  ]
}
