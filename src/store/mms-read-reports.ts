/** Which senders of picture messages are to hear that theirs was read, and how far that is (`ReadReportShelf`). */
import type { AskedReport, OwedReport, ReadReportShelf } from '../domain/mms-record.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { Database } from './database.ts'
import { inUnit } from './unit.ts'

/** A message that was not read by then is no news to its sender any more. */
const UNREAD_KEPT_MS = 90 * 24 * 3_600_000
/** Messages that are asked about at once. */
const TIMES_MAX = 500

export class MmsReadReports implements ReadReportShelf {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  ask({ notificationId, lane, mmscMessageId, to, sentAtMs }: AskedReport, unit: UnitOfWork): Promise<void> {
    return inUnit(this.#db, unit, async (tx) => {
      await tx
        .insertInto('mms_read_reports')
        .values({
          notification_id: notificationId,
          lane,
          mmsc_message_id: mmscMessageId,
          to_address: to,
          sent_at_ms: sentAtMs,
          state: 'unread',
          read_at_ms: null,
          due_at_ms: null,
        })
        .execute()
    })
  }

  read(from: string, sentAtMs: readonly number[], nowMs: number, unit: UnitOfWork): Promise<boolean> {
    return inUnit(this.#db, unit, async (tx) => {
      let isOwed = false
      for (let at = 0; at < sentAtMs.length; at += TIMES_MAX) {
        const owed = await tx
          .updateTable('mms_read_reports')
          .set({ state: 'owed', read_at_ms: nowMs, due_at_ms: nowMs })
          .where('to_address', '=', from)
          .where('sent_at_ms', 'in', sentAtMs.slice(at, at + TIMES_MAX))
          .where('state', '=', 'unread')
          .returning('notification_id')
          .execute()
        isOwed ||= owed.length > 0
      }
      return isOwed
    })
  }

  async due(lane: string, nowMs: number): Promise<OwedReport | undefined> {
    const row = await this.#db
      .selectFrom('mms_read_reports')
      .selectAll()
      .where('lane', '=', lane)
      .where('due_at_ms', 'is not', null)
      .where('due_at_ms', '<=', nowMs)
      .orderBy('due_at_ms')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const { notification_id: notificationId, mmsc_message_id: mmscMessageId, to_address: to, tries } = row
    return {
      notificationId,
      lane,
      mmscMessageId,
      to,
      sentAtMs: row.sent_at_ms,
      readAtMs: row.read_at_ms ?? nowMs,
      tries,
    }
  }

  async nextDueAtMs(): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('mms_read_reports')
      .select(({ fn }) => fn.min('due_at_ms').as('at'))
      .where('due_at_ms', 'is not', null)
      .executeTakeFirst()
    return row?.at ?? undefined
  }

  async leaving(notificationId: string): Promise<void> {
    await this.#db
      .updateTable('mms_read_reports')
      .set({ state: 'leaving', due_at_ms: null })
      .where('notification_id', '=', notificationId)
      .execute()
  }

  async stayed({ notificationId, tries }: OwedReport, dueAtMs: number | undefined): Promise<void> {
    if (dueAtMs === undefined) return await this.left(notificationId)
    await this.#db
      .updateTable('mms_read_reports')
      .set({ state: 'owed', due_at_ms: dueAtMs, tries: tries + 1 })
      .where('notification_id', '=', notificationId)
      .execute()
  }

  async left(notificationId: string): Promise<void> {
    await this.#db.deleteFrom('mms_read_reports').where('notification_id', '=', notificationId).execute()
  }

  async prune(nowMs: number): Promise<void> {
    await this.#db
      .deleteFrom('mms_read_reports')
      .where(({ or, and, eb }) =>
        or([
          eb('state', '=', 'leaving'),
          and([eb('state', '=', 'unread'), eb('sent_at_ms', '<', nowMs - UNREAD_KEPT_MS)]),
        ]),
      )
      .execute()
  }
}
