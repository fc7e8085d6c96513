/** Announced picture messages, one row for each however often the MMSC repeats itself, and their octets until shown. */

import { type Insertable, sql } from 'kysely'
import type { IdSource } from '../domain/ids.ts'
import type { Incoming, IncomingState } from '../domain/mms-incoming.ts'
import type { Announced, Announcement, NotificationShelf } from '../domain/mms-record.ts'
import { keptValues, valuesKept } from '../domain/told.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import { before, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database } from './database.ts'
import type { MmsTables, NotificationRow } from './tables/mms.ts'
import { asUnit, inUnit } from './unit.ts'

/** What has ended is remembered this long, so that a repeated notification is known. */
const ENDED_KEPT_MS = 60 * 24 * 3_600_000

/** What its time can be over for. */
const OPEN: readonly IncomingState[] = ['pushed', 'deferred', 'too-large']

export class MmsNotifications implements NotificationShelf {
  readonly #db: Database
  readonly #ids: IdSource
  readonly #clock: () => number

  constructor(db: Database, ids: IdSource, clock: () => number) {
    this.#db = db
    this.#ids = ids
    this.#clock = clock
  }

  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute((tx) => work(asUnit(tx)))
  }

  find(
    key: { id: string } | Pick<Announcement, 'lane' | 'transactionId' | 'location'>,
    unit?: UnitOfWork,
  ): Promise<Announced | undefined> {
    return inUnit(this.#db, unit, async (tx) => {
      const query = tx.selectFrom('mms_notifications').selectAll()
      const row = await ('id' in key
        ? query.where('id', '=', key.id)
        : query
            .where('lane', '=', key.lane)
            .where('transaction_id', '=', key.transactionId)
            .where('location', '=', key.location)
      ).executeTakeFirst()
      return row === undefined ? undefined : announcedOf(row)
    })
  }

  add(announcement: Announcement, incoming: Incoming, unit: UnitOfWork): Promise<Announced> {
    return inUnit(this.#db, unit, async (tx) => {
      const { lane, transactionId, location, fromAddress, subject, bytes, receivedAtMs } = announcement
      const row = await tx
        .insertInto('mms_notifications')
        .values({
          id: this.#ids('mmn'),
          lane,
          transaction_id: transactionId,
          location,
          from_address: fromAddress ?? null,
          subject: subject ?? null,
          bytes: bytes ?? null,
          received_at_ms: receivedAtMs,
          updated_at_ms: this.#clock(),
          ...columnsOf(incoming),
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return announcedOf(row)
    })
  }

  change(
    id: string,
    from: IncomingState,
    change: Parameters<NotificationShelf['change']>[2],
    unit: UnitOfWork,
  ): Promise<boolean> {
    return inUnit(this.#db, unit, async (tx) => {
      const changed = await tx
        .updateTable('mms_notifications')
        .set({
          ...columnsOf(change),
          ...('code' in change ? { code: change.code ?? null } : {}),
          ...('reason' in change ? { reason: change.reason ?? null } : {}),
          ...(change.values === undefined ? {} : { values_json: keptValues(change.code ?? '', change.values) }),
          ...(change.fromAddress === undefined ? {} : { from_address: change.fromAddress }),
          ...('retrieveTransactionId' in change
            ? { retrieve_transaction_id: change.retrieveTransactionId ?? null }
            : {}),
          updated_at_ms: this.#clock(),
        })
        .where('id', '=', id)
        .where('state', '=', from)
        .returning('id')
        .executeTakeFirst()
      return changed !== undefined
    })
  }

  keepPdu(id: string, octets: Uint8Array, unit: UnitOfWork): Promise<void> {
    return inUnit(this.#db, unit, async (tx) => {
      await tx.insertInto('mms_pdus').orReplace().values({ notification_id: id, octets }).execute()
    })
  }

  async pdu(id: string): Promise<Uint8Array | undefined> {
    const row = await this.#db
      .selectFrom('mms_pdus')
      .select('octets')
      .where('notification_id', '=', id)
      .executeTakeFirst()
    return row?.octets
  }

  async due(
    what: { kind: 'fetch' | 'answer'; lane: string } | { kind: 'lapse' },
    nowMs: number,
  ): Promise<Announced | undefined> {
    const query = this.#db.selectFrom('mms_notifications').selectAll().limit(1)
    const due =
      what.kind === 'fetch'
        ? query.where('lane', '=', what.lane).where('due_at_ms', '<=', nowMs).orderBy('due_at_ms')
        : what.kind === 'answer'
          ? query.where('lane', '=', what.lane).where('answer_due_at_ms', '<=', nowMs).orderBy('answer_due_at_ms')
          : query.where('state', 'in', OPEN).where('expires_at_ms', '<=', nowMs).orderBy('expires_at_ms')
    const row = await due.executeTakeFirst()
    return row === undefined ? undefined : announcedOf(row)
  }

  async nextDueAtMs(): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('mms_notifications')
      .select(({ fn }) => [fn.min('due_at_ms').as('fetch'), fn.min('answer_due_at_ms').as('answer')])
      .select(
        sql<number | null>`min(case when state in ('pushed', 'deferred', 'too-large') then expires_at_ms end)`.as(
          'lapse',
        ),
      )
      .executeTakeFirst()
    const times = [row?.fetch, row?.answer, row?.lapse].filter((at) => at !== null && at !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  async prune(nowMs: number): Promise<void> {
    // What is attached reads from the octets until it is here; `seen` says what the notification has become.
    await sql`delete from mms_pdus where notification_id not in (
      select s.dedupe_key from seen s join attachments a on a.message_id = s.message_id
      where s.transport = 'mms' and a.transport = 'mms' and a.state in ('waiting', 'fetching', 'failed'))`.execute(
      this.#db,
    )
    await this.#db
      .deleteFrom('mms_notifications')
      .where('updated_at_ms', '<', nowMs - ENDED_KEPT_MS)
      .where('due_at_ms', 'is', null)
      .where('answer_due_at_ms', 'is', null)
      .where('state', 'not in', OPEN)
      .where('id', 'not in', (pdus) => pdus.selectFrom('mms_pdus').select('notification_id'))
      .execute()
  }
}

/** Newest first. Errors: CausewayError `invalid-cursor`. */
export async function listNotifications(
  db: Database,
  request: { limit: number; cursor?: string | undefined },
): Promise<Page<NotificationRow>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('mms_notifications').selectAll()
  if (request.cursor !== undefined) query = query.where(before('received_at_ms', request.cursor))
  const rows = await query
    .orderBy('received_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.received_at_ms, id: row.id }))
}

/** How many came to modems that have no MMS set up, and may still be had; by modem. */
export async function unsetPictures(db: Database, nowMs: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('mms_notifications')
    .select(({ fn }) => ['lane', fn.countAll<number>().as('count')])
    .where('code', '=', 'mms-not-set-up')
    .where('state', '=', 'refused')
    .where('expires_at_ms', '>', nowMs)
    .groupBy('lane')
    .execute()
  return new Map(rows.map(({ lane, count }) => [lane, count]))
}

/** The last one of this sender that came to a modem since then. */
export function announcedSince(
  db: Database,
  { lane, from, sinceMs }: { lane: string; from: string; sinceMs: number },
): Promise<Pick<NotificationRow, 'state' | 'code' | 'reason'> | undefined> {
  return db
    .selectFrom('mms_notifications')
    .select(['state', 'code', 'reason'])
    .where('lane', '=', lane)
    .where('from_address', '=', from)
    .where('received_at_ms', '>=', sinceMs)
    .orderBy('id', 'desc')
    .executeTakeFirst()
}

function columnsOf(incoming: Incoming): Pick<Insertable<MmsTables['mms_notifications']>, keyof IncomingColumns>
function columnsOf(incoming: Partial<Incoming>): Partial<IncomingColumns>
function columnsOf(incoming: Partial<Incoming>): Partial<IncomingColumns> {
  const { state, tries, oddities, expiresAtMs, dueAtMs, answer, answerDueAtMs, answerTries } = incoming
  return {
    ...(state === undefined ? {} : { state }),
    ...(tries === undefined ? {} : { tries }),
    ...(oddities === undefined ? {} : { oddities }),
    ...(expiresAtMs === undefined ? {} : { expires_at_ms: expiresAtMs }),
    ...(dueAtMs === undefined ? {} : { due_at_ms: dueAtMs }),
    ...(answer === undefined ? {} : { answer }),
    ...(answerDueAtMs === undefined ? {} : { answer_due_at_ms: answerDueAtMs }),
    ...(answerTries === undefined ? {} : { answer_tries: answerTries }),
  }
}

type IncomingColumns = Pick<
  NotificationRow,
  'state' | 'tries' | 'oddities' | 'expires_at_ms' | 'due_at_ms' | 'answer' | 'answer_due_at_ms' | 'answer_tries'
>

function announcedOf(row: NotificationRow): Announced {
  return {
    id: row.id,
    lane: row.lane,
    transactionId: row.transaction_id,
    location: row.location,
    fromAddress: row.from_address ?? undefined,
    subject: row.subject ?? undefined,
    bytes: row.bytes ?? undefined,
    receivedAtMs: row.received_at_ms,
    state: row.state,
    tries: row.tries,
    oddities: row.oddities,
    expiresAtMs: row.expires_at_ms,
    dueAtMs: row.due_at_ms,
    answer: row.answer,
    answerDueAtMs: row.answer_due_at_ms,
    answerTries: row.answer_tries,
    retrieveTransactionId: row.retrieve_transaction_id ?? undefined,
    code: row.code ?? undefined,
    reason: row.reason ?? undefined,
    values: valuesKept(row.values_json, row.code),
  }
}
