/**
 * Messages as the router writes and finds them. State is never decided here; see `domain/message.ts`.
 */
import { type Insertable, sql, type Updateable } from 'kysely'
import type { TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared, preparedByShape } from './prepared.ts'
import type { MessageRow, MessagesTable, Notice } from './tables/mailbox.ts'

const inserting = preparedByShape((db, values: Insertable<MessagesTable>) =>
  db.insertInto('messages').values(values).returningAll(),
)

/** A new message, as it stands in its row. */
export async function insertMessage(tx: DatabaseTransaction, message: Insertable<MessagesTable>): Promise<MessageRow> {
  return only(await inserting(tx, message))
}

const changing = preparedByShape((db, { id, ...change }: Updateable<MessagesTable> & { id: string }) =>
  db.updateTable('messages').set(change).where('id', '=', id).returningAll(),
)

function only<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('the row is gone')
  return row
}

/** The newest line of one of these kinds. */
export function lastNotice(
  tx: DatabaseTransaction,
  conversationId: string,
  notices: readonly Notice[],
): Promise<Pick<MessageRow, 'notice'> | undefined> {
  return tx
    .selectFrom('messages')
    .select('notice')
    .where('conversation_id', '=', conversationId)
    .where('notice', 'in', notices)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
}

/** Changes what `change` names and gives the row as it is then. Throws where the row is gone. */
export async function changeMessage(
  tx: DatabaseTransaction,
  id: string,
  change: Updateable<Omit<MessagesTable, 'id'>>,
  nowMs: number,
): Promise<MessageRow> {
  return only(await changing(tx, { ...change, updated_at_ms: nowMs, id }))
}

const updating = preparedByShape((db, { id, ...change }: Updateable<MessagesTable> & { id: string }) =>
  db.updateTable('messages').set(change).where('id', '=', id),
)

/** As `changeMessage`, of a message as this transaction has read it: it is not read again. */
export async function updateMessage(
  tx: DatabaseTransaction,
  message: MessageRow,
  change: Partial<Omit<MessageRow, 'id'>>,
  nowMs: number,
): Promise<MessageRow> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  await updating(tx, { ...given, updated_at_ms: nowMs, id: message.id })
  return { ...message, ...given, updated_at_ms: nowMs }
}

/** A time for a new outgoing message, or for a change to one: now, or one more than the last one given out, whichever is later. */
export async function nextTimestamp(tx: DatabaseTransaction, nowMs: number): Promise<number> {
  const [last] = await lastTimestamps(tx, {})
  return Math.max(nowMs, (last?.message ?? 0) + 1, (last?.change ?? 0) + 1)
}

const lastTimestamps = prepared((db) =>
  db.selectNoFrom(({ selectFrom }) => [
    selectFrom('messages')
      .select(({ fn }) => fn.max('sent_timestamp_ms').as('last'))
      .where(sql<boolean>`direction = 'out' and origin = 'here'`)
      .as('message'),
    selectFrom('own_changes')
      .select(({ fn }) => fn.max('timestamp_ms').as('last'))
      .as('change'),
  ]),
)

/** Word for word as in the index messages_open: SQLite looks no further than that. */
const OPEN = `state in ('scheduled', 'held', 'queued', 'sending', 'uncertain', 'sent')`

/** Ids of held messages, by what they are held for. */
export async function heldMessages(
  db: Database,
  filter: { codes?: readonly string[]; conversationId?: string },
): Promise<string[]> {
  const isHeld = sql<boolean>`${sql.raw(OPEN)} and state = 'held'`
  let query = db.selectFrom('messages').select('id').where(isHeld)
  if (filter.codes !== undefined) query = query.where('code', 'in', [...filter.codes])
  if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId)
  return (await query.orderBy('sent_timestamp_ms').execute()).map(({ id }) => id)
}

/** Ids of queued messages on a transport, oldest first. */
export async function queuedOn(db: Database, transport: TransportName, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('messages')
    .select('id')
    .where(sql<boolean>`state in ('queued', 'sending') and state = 'queued'`)
    .where('transport', '=', transport)
    .orderBy('sent_timestamp_ms')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** Ends the back-off of queued messages on this transport that had only waited for it to be there. */
export async function endBackOff(
  db: Database,
  transport: TransportName,
  codes: readonly string[],
  nowMs: number,
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ not_before_ms: nowMs })
    .where(sql<boolean>`state in ('queued', 'sending') and state = 'queued'`)
    .where('transport', '=', transport)
    .where('not_before_ms', '>', nowMs)
    .where('code', 'in', [...codes])
    .execute()
}

/** Queued messages that Signal has not had yet get the time of their plan anew: the wait until now was none of its doing. */
export async function beginPatience(tx: DatabaseTransaction, nowMs: number): Promise<void> {
  await tx
    .updateTable('messages')
    .set({
      leg_started_at_ms: nowMs,
      due_at_ms: sql<number>`min(valid_until_ms, ${nowMs} + coalesce((select l.fallback_after_ms from legs l
        where l.message_id = messages.id and l.leg = messages.leg), valid_until_ms))`,
    })
    .where(sql<boolean>`state in ('queued', 'sending') and state = 'queued'`)
    .where('transport', '=', 'signal')
    .where('sent_at_ms', 'is', null)
    .where('leg', 'is not', null)
    .execute()
}

/** Outgoing messages with these sent timestamps to this account. */
export function messagesBySentTime(
  tx: DatabaseTransaction,
  aci: string,
  timestampsMs: readonly number[],
): Promise<MessageRow[]> {
  if (timestampsMs.length === 0) return Promise.resolve([])
  return sentAt(tx, { aci, times: JSON.stringify(timestampsMs) })
}

const sentAt = prepared((db, $: { aci: string; times: string }) =>
  db
    .selectFrom('messages')
    .innerJoin('conversations', 'conversations.id', 'messages.conversation_id')
    .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
    .selectAll('messages')
    .where(sql<boolean>`messages.direction = 'out'`)
    .where('messages.sent_timestamp_ms', 'in', listed($.times))
    .where('contacts.aci', '=', $.aci),
)

/** The newest message of ours in this conversation that was meant to go over Signal. */
export async function lastSignalMessage(
  tx: DatabaseTransaction,
  conversationId: string,
): Promise<MessageRow | undefined> {
  const [row] = await lastOverSignal(tx, { conversationId })
  return row
}

const lastOverSignal = prepared((db, $: { conversationId: string }) =>
  db
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', $.conversationId)
    // Word for word as in the index messages_over_signal, which SQLite uses only then.
    .where(sql<boolean>`direction = 'out' and (transport = 'signal' or fallback_from = 'signal')`)
    .where('sent_at_ms', 'is not', null)
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(sql.lit(1)),
)

/** Most candidates for a twin that are looked at. */
const TWINS_MAX = 50

/** Inbound messages of this conversation on other transports around this time that have no twin yet. */
export function twinCandidates(
  tx: DatabaseTransaction,
  conversationId: string,
  transport: TransportName,
  sentAtMs: number,
  windowMs: number,
): Promise<MessageRow[]> {
  const within = { conversationId, fromMs: sentAtMs - windowMs, toMs: sentAtMs + windowMs }
  return around[transport](tx, within)
}

const around = {
  sms: aroundOver('mms', 'signal'),
  mms: aroundOver('sms', 'signal'),
  signal: aroundOver('sms', 'mms'),
}

function aroundOver(...transports: readonly TransportName[]) {
  return prepared((db, $: { conversationId: string; fromMs: number; toMs: number }) =>
    db
      .selectFrom('messages')
      .selectAll()
      .where('conversation_id', '=', $.conversationId)
      // As in the index messages_inbound.
      .where(sql<boolean>`direction = 'in' and twin_transport is null`)
      .where('transport', 'in', transports)
      .where('sent_timestamp_ms', '>=', $.fromMs)
      .where('sent_timestamp_ms', '<=', $.toMs)
      .orderBy('sent_timestamp_ms', 'desc')
      .limit(sql.lit(TWINS_MAX)),
  )
}

/** Marks the message of this number that stood until `by` came in its place, and gives it; undefined for none. */
export function replaceEarlier(
  tx: DatabaseTransaction,
  by: Pick<MessageRow, 'id' | 'conversation_id'>,
  replaceNumber: number,
  nowMs: number,
): Promise<MessageRow | undefined> {
  return tx
    .updateTable('messages')
    .set({ replaced_by: by.id, updated_at_ms: nowMs })
    .where('conversation_id', '=', by.conversation_id)
    .where('replace_number', '=', replaceNumber)
    .where('replaced_by', 'is', null)
    .where('id', '!=', by.id)
    .returningAll()
    .executeTakeFirst()
}
