/**
 * Outgoing messages as the jobs of a queue: what waits, is under way, waits for a time, a person or a report, or has failed.
 * The database is asked, not Redis, which holds only what is due soon.
 */
import { type RawBuilder, sql } from 'kysely'
import type { TransportName } from '../domain/transport.ts'
import { createdAfter, createdBefore, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database } from './database.ts'
import type { MessageRow } from './tables/mailbox.ts'

export const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const
export type JobState = (typeof JOB_STATES)[number]

interface JobFilter {
  limit: number
  cursor?: string | undefined
  /** Left out: all but `failed`. */
  state?: JobState | undefined
  transport?: TransportName | undefined
  /** Id of a modem: what goes through it, or was to. */
  lane?: string | undefined
}

/** Word for word as in the index messages_open, or SQLite does not use it. */
const OPEN = `state in ('scheduled', 'held', 'queued', 'sending', 'uncertain', 'sent') and state <> 'sent'`
const FAILED = `direction = 'out' and state in ('failed', 'expired')`

/**
 * A page of jobs: the oldest first, of what has failed the newest. Errors: CausewayError
 * `invalid-cursor`.
 */
export async function listJobs(db: Database, nowMs: number, filter: JobFilter): Promise<Page<MessageRow>> {
  const limit = pageLimit(filter.limit)
  const failed = filter.state === 'failed'
  let query = db.selectFrom('messages').selectAll().where('removed_at_ms', 'is', null)
  query = query.where(sql<boolean>`${sql.raw(failed ? FAILED : OPEN)}`)
  const narrowed = narrowing(filter.state, nowMs)
  if (narrowed !== undefined) query = query.where(narrowed)
  if (filter.transport !== undefined) query = query.where('transport', '=', filter.transport)
  const { lane, cursor } = filter
  if (lane !== undefined) query = query.where(({ or, eb }) => or([eb('lane', '=', lane), eb('pinned_lane', '=', lane)]))
  if (cursor !== undefined) query = query.where(failed ? createdBefore(cursor) : createdAfter(cursor))
  const direction = failed ? 'desc' : 'asc'
  const rows = await query
    .orderBy('created_at_ms', direction)
    .orderBy('id', direction)
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.created_at_ms, id: row.id }))
}

/** What of the open messages a state means; as `jobState`. */
function narrowing(state: JobState | undefined, nowMs: number): RawBuilder<boolean> | undefined {
  if (state === 'active') return sql<boolean>`state = 'sending'`
  if (state === 'waiting') return sql<boolean>`state = 'queued' and not_before_ms <= ${nowMs}`
  if (state !== 'delayed') return undefined
  return sql<boolean>`(state in ('scheduled', 'held', 'uncertain') or (state = 'queued' and not_before_ms > ${nowMs}))`
}

/** How far it is. */
export function jobState({ state, not_before_ms: notBeforeMs }: MessageRow, nowMs: number): JobState {
  if (state === 'failed' || state === 'expired') return 'failed'
  if (state === 'sending') return 'active'
  return state === 'queued' && notBeforeMs <= nowMs ? 'waiting' : 'delayed'
}
