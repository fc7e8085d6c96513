/** What can be said about the backups of a running gateway. Pure. */

import type { Finding } from '../domain/finding.ts'
import { durationInWords } from '../domain/words.ts'
import { found } from './found.ts'

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
export function backupProblem(facts: BackupFacts): string | undefined {
  const { last, good, nowMs } = facts
  switch (faultOf(facts)) {
    case 'failed':
      return `the last backup failed: ${last?.reason ?? last?.code ?? ''}`
    case 'none':
      return 'there is no backup yet'
    case 'old':
      return `the last backup is ${durationInWords(nowMs - (good?.began_at_ms ?? 0))} old`
    case undefined:
      return undefined
  }
}

export function examineBackups(facts: BackupFacts): Finding[] {
  return [...restoredFinding(facts), backupFinding(facts)]
}

function faultOf({ keyMadeAtMs, last, good, everyMs, nowMs }: BackupFacts): 'failed' | 'none' | 'old' | undefined {
  if (keyMadeAtMs === undefined) return undefined
  if (last !== undefined && last.code !== null) return 'failed'
  const mayMs = everyMs === 0 ? OLD_MS : 2 * everyMs + SLACK_MS
  if (nowMs - (good?.began_at_ms ?? keyMadeAtMs) <= mayMs) return undefined
  return good === undefined ? 'none' : 'old'
}

function backupFinding(facts: BackupFacts): Finding {
  const { keyMadeAtMs, last, good } = facts
  if (keyMadeAtMs === undefined) return found('backup.never.no_key', 'info', {})
  const fault = faultOf(facts)
  if (fault === 'failed') {
    const code = last?.code ?? ''
    const why = { reason: last?.reason ?? code, reason_code: code }
    return found(good === undefined ? 'backup.never.failed' : 'backup.old.failed', 'warning', why)
  }
  if (fault === undefined) return found('backup.old.ok', 'ok', {})
  if (good === undefined) return found('backup.never', 'warning', {})
  return found('backup.old', 'warning', { taken_at: new Date(good.began_at_ms).toISOString() })
}

function restoredFinding({ restored }: BackupFacts): Finding[] {
  if (restored === undefined) return []
  const { taken_at_ms: takenAtMs, held } = restored
  return [found('backup.restored', 'warning', { taken_at: new Date(takenAtMs).toISOString(), held })]
}
