/**
 * What waits to be attempted and what has a time of its own, as the agenda asks: the order within a conversation is kept
 * here, by a gate in SQL. What becomes of a message is written in messages.ts.
 */
import { sql } from 'kysely'
import type { Priority } from '../domain/priority.ts'
import type { TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared } from './prepared.ts'

/** Ids and the little that scheduling needs of a message that waits for an attempt. */
export interface WaitingMessage {
  id: string
  leg: number
  tries: number
  transport: TransportName
  not_before_ms: number
  /** The lane through which parts of it have left, so that the others must, too. */
  begun_lane: string | null
  /** The recipient's E.164. */
  number: string | null
  sms_lane: string | null
  reply_lane: string | null
  pinned_lane: string | null
  /** Of the contact. */
  preferred_lane: string | null
  priority: Priority
}

export interface DueMessage {
  id: string
  due_at_ms: number
}

/**
 * Order within a conversation: a message waits for the earlier ones on the same transport that are still to be handed
 * over. One that has been in back-off for longer than this holds up nobody.
 */
const ORDER_PATIENCE_MS = 60_000

const gate = (nowMs: number, lateMs: number = nowMs - ORDER_PATIENCE_MS) => sql<boolean>`not exists (
  select 1 from messages e
  where e.conversation_id = m.conversation_id and e.state in ('queued', 'sending')
    and e.sent_timestamp_ms < m.sent_timestamp_ms and e.transport = m.transport
    and not (e.state = 'queued' and e.not_before_ms > ${nowMs} and e.leg_started_at_ms < ${lateMs}))`

/** The lane through which parts of the message's leg have left. */
const begunLane = sql<string | null>`(select p.lane from parts p
  where p.message_id = m.id and p.leg = m.leg and p.state <> 'pending' limit 1)`

/** Messages that may be attempted now or at their `not_before_ms`, in order. `after` is the id to go on behind. */
export function waitingMessages(
  db: Database,
  nowMs: number,
  filter: { after: string; limit: number },
): Promise<WaitingMessage[]> {
  return db
    .selectFrom('messages as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .leftJoin('contacts as k', 'k.id', 'c.contact_id')
    .select([
      'm.id',
      'm.leg',
      'm.tries',
      'm.transport',
      'm.not_before_ms',
      'c.sms_lane',
      'c.reply_lane',
      'm.pinned_lane',
      'm.priority',
    ])
    .select(['k.e164 as number', 'k.preferred_lane', begunLane.as('begun_lane')])
    .where(sql<boolean>`m.state in ('queued', 'sending') and m.state = 'queued' and m.leg is not null`)
    .where(gate(nowMs))
    .where('m.id', '>', filter.after)
    .orderBy('m.id')
    .limit(filter.limit)
    .execute() as Promise<WaitingMessage[]>
}

/** True when nothing earlier of its conversation is in this message's way. */
export async function mayGoNow(tx: DatabaseTransaction, messageId: string, nowMs: number): Promise<boolean> {
  const rows = await goable(tx, { messageId, nowMs, lateMs: nowMs - ORDER_PATIENCE_MS })
  return rows.length > 0
}

const goable = prepared((db, $: { messageId: string; nowMs: number; lateMs: number }) =>
  db.selectFrom('messages as m').select('m.id').where('m.id', '=', $.messageId).where(gate($.nowMs, $.lateMs)),
)

/** The message that comes next in a conversation on this transport. */
export async function nextWaiting(
  db: Database,
  conversationId: string,
  transport: TransportName,
): Promise<string | undefined> {
  const [row] = await nextQueued(db, { conversationId, transport })
  return row?.id
}

const nextQueued = prepared((db, $: { conversationId: string; transport: TransportName }) =>
  db
    .selectFrom('messages')
    .select('id')
    .where('conversation_id', '=', $.conversationId)
    .where(sql<boolean>`state in ('queued', 'sending') and state = 'queued'`)
    .where('transport', '=', $.transport)
    .orderBy('sent_timestamp_ms')
    // As a number in the statement: for a bound one SQLite sorts what the index gives in order.
    .limit(sql.lit(1)),
)

/** As `waitingMessages` and `dueMessages` together, of these messages alone. */
export async function agendaOf(
  db: Database,
  nowMs: number,
  ids: readonly string[],
): Promise<{ waiting: WaitingMessage[]; due: DueMessage[] }> {
  const rows = await onAgenda(db, { ids: JSON.stringify(ids), nowMs, lateMs: nowMs - ORDER_PATIENCE_MS })
  const inOrder = rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    waiting: inOrder.filter(({ may_go }) => may_go === 1) as WaitingMessage[],
    due: inOrder.flatMap(({ id, due_at_ms }) => (due_at_ms === null ? [] : [{ id, due_at_ms }])),
  }
}

/** `ids`: as a JSON array. */
const onAgenda = prepared((db, $: { ids: string; nowMs: number; lateMs: number }) =>
  db
    .selectFrom('messages as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .leftJoin('contacts as k', 'k.id', 'c.contact_id')
    .select(['m.id', 'm.leg', 'm.tries', 'm.transport', 'm.not_before_ms', 'm.due_at_ms'])
    .select(['c.sms_lane', 'c.reply_lane', 'm.pinned_lane', 'm.priority', 'k.e164 as number', 'k.preferred_lane'])
    .select([
      begunLane.as('begun_lane'),
      sql<number>`m.state = 'queued' and m.leg is not null and ${gate($.nowMs, $.lateMs)}`.as('may_go'),
    ])
    .where('m.id', 'in', listed($.ids)),
)

/** Messages with something to do at a time of their own (fallback, validity, schedule), soonest first. */
export function dueMessages(db: Database, filter: { after?: DueMessage; limit: number }): Promise<DueMessage[]> {
  let query = db.selectFrom('messages').select(['id', 'due_at_ms']).where('due_at_ms', 'is not', null)
  const { after } = filter
  if (after !== undefined) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb('due_at_ms', '>', after.due_at_ms),
        and([eb('due_at_ms', '=', after.due_at_ms), eb('id', '>', after.id)]),
      ]),
    )
  }
  return query.orderBy('due_at_ms').orderBy('id').limit(filter.limit).execute() as Promise<DueMessage[]>
}
