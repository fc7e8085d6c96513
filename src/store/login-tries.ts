/**
 * Who has tried a password or the setup code how often: a try counts before it is judged, so that many at one time are as
 * slow as one after the other, and is taken back by success. Kept in the database: a restart forgives nothing.
 */
import { createHash } from 'node:crypto'
import type { DatabaseTransaction } from './database.ts'

/** These are free; then each waits twice as long as the one before. */
const FREE_TRIES = 5
const FIRST_WAIT_MS = 2_000
/** A stranger who tries a name cannot shut its owner out for longer. */
const NAME_WAIT_MS_MAX = 5 * 60_000
const ADDRESS_WAIT_MS_MAX = 15 * 60_000
/** Forgotten when nothing was tried for so long. */
const FORGET_MS = 24 * 3_600_000
/** Rows at most: whoever comes from many addresses fills no disk. */
const ROWS_MAX = 5_000
const TRIES_MAX = 1_000_000

export interface TryKey {
  kind: 'name' | 'address'
  value: string
}

/** Counts a try under all keys. ms to wait before the next is judged, without counting this one; 0: go on. */
export async function countTry(tx: DatabaseTransaction, keys: readonly TryKey[], nowMs: number): Promise<number> {
  await tx
    .deleteFrom('login_tries')
    .where('last_at_ms', '<', nowMs - FORGET_MS)
    .execute()
  const ids = keys.map(idOf)
  const rows = await tx.selectFrom('login_tries').selectAll().where('key', 'in', ids).execute()
  // A clock that was set back must not shut anybody out for longer than the longest wait.
  const waitMs = Math.max(0, ...rows.map((row) => Math.min(row.not_before_ms - nowMs, ADDRESS_WAIT_MS_MAX)))
  if (waitMs > 0) return waitMs
  for (const key of keys) {
    const id = idOf(key)
    const tries = Math.min(TRIES_MAX, (rows.find((row) => row.key === id)?.tries ?? 0) + 1)
    const mostMs = key.kind === 'name' ? NAME_WAIT_MS_MAX : ADDRESS_WAIT_MS_MAX
    const nextMs = tries < FREE_TRIES ? 0 : Math.min(mostMs, FIRST_WAIT_MS * 2 ** Math.min(20, tries - FREE_TRIES))
    await tx
      .replaceInto('login_tries')
      .values({ key: id, tries, last_at_ms: nowMs, not_before_ms: nowMs + nextMs })
      .execute()
  }
  const oldest = tx.selectFrom('login_tries').select('key').orderBy('last_at_ms', 'desc').offset(ROWS_MAX).limit(1_000)
  await tx.deleteFrom('login_tries').where('key', 'in', oldest).execute()
  return 0
}

/** It was the right one: what was tried before is forgiven. */
export async function forgiveTries(tx: DatabaseTransaction, keys: readonly TryKey[]): Promise<void> {
  await tx.deleteFrom('login_tries').where('key', 'in', keys.map(idOf)).execute()
}

/** Not the name as it was typed: it may be a password in the wrong field. */
function idOf({ kind, value }: TryKey): string {
  return `${kind}:${createHash('sha256').update(value.toLowerCase()).digest('hex').slice(0, 32)}`
}
