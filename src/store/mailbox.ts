/**
 * Read models for people: lists of conversations, messages and contacts in pages, newest first, and single ones. All
 * take the database or an open transaction.
 */

import { type RawBuilder, sql } from 'kysely'
import type { MessageState } from '../domain/message.ts'
import { QUIET_HOURS } from '../domain/quiet-hours.ts'
import type { TransportName } from '../domain/transport.ts'
import { contactsByIds } from './contacts.ts'
import { before, createdAfter, createdBefore, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared } from './prepared.ts'
import { shownFilesOf } from './quoted.ts'
import type { ContactRow, ConversationRow, GroupRow, MessageRow } from './tables/mailbox.ts'
import type { AttachmentRow } from './tables/media.ts'
import type { AttemptRow, LegRow, PartRow } from './tables/sending.ts'

export interface PageRequest {
  /** 1…PAGE_MAX. */
  limit: number
  cursor?: string | undefined
}

/** With a person or a group. */
export interface ConversationView {
  conversation: ConversationRow
  contact: ContactRow | undefined
  group: GroupRow | undefined
  lastMessage: MessageRow | undefined
  /** Of the last message. */
  attachments: readonly AttachmentRow[]
}

export interface MessageFilter {
  conversationId?: string | undefined
  direction?: 'in' | 'out' | undefined
  state?: MessageState | undefined
  /** Default `newest`. */
  order?: 'newest' | 'oldest' | undefined
}

/** Errors of all lists: CausewayError `invalid-cursor`. */
export async function listMessages(db: Database, request: PageRequest & MessageFilter): Promise<Page<MessageRow>> {
  const limit = pageLimit(request.limit)
  const oldest = request.order === 'oldest'
  let query = db.selectFrom('messages').selectAll().where('removed_at_ms', 'is', null)
  const { conversationId, direction, state, cursor } = request
  if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId)
  if (direction !== undefined) query = query.where('direction', '=', direction)
  if (state !== undefined) query = query.where('state', '=', state)
  if (cursor !== undefined) {
    query = query.where(oldest ? createdAfter(cursor) : createdBefore(cursor))
  }
  const direct = oldest ? 'asc' : 'desc'
  const rows = await query
    .orderBy('created_at_ms', direct)
    .orderBy('id', direct)
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.created_at_ms, id: row.id }))
}

/** What a list of conversations is narrowed to: what is unread, what went last over this, what is of many, what failed. */
export const CONVERSATION_FILTERS = ['all', 'unread', 'signal', 'sms', 'groups', 'failed'] as const

export interface ConversationFilter {
  archived?: boolean | undefined
  pinned?: boolean | undefined
  state?: 'request' | undefined
  filter?: (typeof CONVERSATION_FILTERS)[number] | undefined
  /** Failures before this are over. */
  failedSinceMs?: number | undefined
}

/** Conversations by their last message, newest first. */
export async function listConversations(
  db: Database,
  request: PageRequest & ConversationFilter,
): Promise<Page<ConversationView>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('conversations').selectAll().where('removed_at_ms', 'is', null)
  if (request.state === 'request') query = query.where('request_at_ms', 'is not', null)
  if (request.archived !== undefined) query = query.where('archived', '=', request.archived ? 1 : 0)
  // As literals, or the partial indexes would not be seen to fit.
  if (request.pinned !== undefined) query = query.where('pinned', '=', sql.lit(request.pinned ? 1 : 0))
  const narrowed = narrowing(request)
  if (narrowed !== undefined) query = query.where(narrowed)
  if (request.cursor !== undefined) query = query.where(before('last_message_at_ms', request.cursor))
  const rows = await query
    .orderBy('last_message_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = pageOf(rows, limit, (row) => ({ ms: row.last_message_at_ms, id: row.id }))
  return { ...page, data: await withPeople(db, page.data) }
}

/** What is unread where somebody wants to be told of it: in conversations that are neither muted nor archived. */
export async function unreadTotal(db: Database): Promise<{ messages: number; conversations: number }> {
  const { messages, conversations } = await db
    .selectFrom('conversations')
    .select(({ fn }) => [fn.sum<number | null>('unread').as('messages'), fn.countAll<number>().as('conversations')])
    // Word for word as in the index conversations_told, which holds all that is asked.
    .where(sql<boolean>`unread > 0 and muted = 0 and archived = 0 and removed_at_ms is null`)
    .executeTakeFirstOrThrow()
  return { messages: messages ?? 0, conversations }
}

/** As it is listed; undefined: there is none, or it was removed. */
export async function getConversation(db: Database, id: string): Promise<ConversationView | undefined> {
  const row = await db
    .selectFrom('conversations')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at_ms', 'is', null)
    .executeTakeFirst()
  return row === undefined ? undefined : (await withPeople(db, [row]))[0]
}

/** Contacts by creation, newest first. */
export async function listContacts(
  db: Database,
  request: PageRequest & { blocked?: boolean | undefined },
): Promise<Page<ContactRow>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('contacts').selectAll()
  if (request.blocked !== undefined) query = query.where('blocked_at_ms', request.blocked ? 'is not' : 'is', null)
  if (request.cursor !== undefined) query = query.where(createdBefore(request.cursor))
  const rows = await query
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.created_at_ms, id: row.id }))
}

/** By its id; undefined: there is none. */
export async function getMessage(db: Database, id: string): Promise<MessageRow | undefined> {
  const [row] = await messageById(db, { id })
  return row
}

const messageById = prepared((db, $: { id: string }) => db.selectFrom('messages').selectAll().where('id', '=', $.id))

/** The ledger of a message, first attempt first. */
export function listAttempts(db: Database, messageId: string): Promise<AttemptRow[]> {
  return db.selectFrom('attempts').selectAll().where('message_id', '=', messageId).orderBy('n').execute()
}

/** The plan of a message as it came to be. */
export function listLegs(db: Database, messageId: string): Promise<LegRow[]> {
  return legsOf(db, { messageId })
}

const legsOf = prepared((db, $: { messageId: string }) =>
  db.selectFrom('legs').selectAll().where('message_id', '=', $.messageId).orderBy('leg'),
)

/** The parts of all its text legs. */
export function listParts(db: Database, messageId: string): Promise<PartRow[]> {
  return db.selectFrom('parts').selectAll().where('message_id', '=', messageId).orderBy('leg').orderBy('part').execute()
}

/** Resolves when the database answers; rejects with what is wrong with it. */
export async function demandAnswer(db: Database): Promise<void> {
  await db.selectFrom('settings').select('key').limit(1).execute()
}

/** All messages by direction, transport and state: for statistics, over the whole table. */
export function messageCounts(db: Database) {
  return db
    .selectFrom('messages')
    .select(({ fn }) => ['direction', 'transport', 'state', fn.countAll<number>().as('count')])
    .groupBy(['direction', 'transport', 'state'])
    .execute()
}

/** Outgoing messages that are not settled, by state and lane: how many, and since when the oldest. */
export function waitingCounts(db: Database) {
  return db
    .selectFrom('messages')
    .select(({ fn }) => [
      'state',
      'transport',
      'lane',
      fn.countAll<number>().as('count'),
      fn.min('created_at_ms').as('oldest_ms'),
    ])
    .where(sql<boolean>`state in ('scheduled', 'held', 'queued', 'sending', 'uncertain', 'sent') and state <> 'sent'`)
    .groupBy(['state', 'transport', 'lane'])
    .execute()
}

/** Outgoing messages that have failed, as `waitingCounts`. */
export function failedCounts(db: Database): ReturnType<typeof waitingCounts> {
  return (
    db
      .selectFrom('messages')
      .select(({ fn }) => [
        'state',
        'transport',
        'lane',
        fn.countAll<number>().as('count'),
        fn.min('created_at_ms').as('oldest_ms'),
      ])
      // Word for word as in the index messages_failed, or SQLite walks the table.
      .where(sql<boolean>`direction = 'out' and state in ('failed', 'expired')`)
      .where('removed_at_ms', 'is', null)
      .groupBy(['state', 'transport', 'lane'])
      .execute()
  )
}

/** Messages that are about to be sent, by where they leave: since when the oldest of each could have. */
export function oldestWaiting(
  db: Database,
): Promise<{ transport: TransportName | null; lane: string | null; since: number }[]> {
  return (
    db
      .selectFrom('messages')
      .select(({ fn, val }) => [
        'transport',
        fn.coalesce('lane', 'pinned_lane').as('lane'),
        fn
          .min(
            fn<number>('max', [
              'created_at_ms',
              fn.coalesce('scheduled_at_ms', val(0)),
              fn.coalesce('leg_started_at_ms', val(0)),
            ]),
          )
          .as('since'),
      ])
      .where(sql<boolean>`state in ('queued', 'sending')`)
      // Their time has not come.
      .where(({ or, eb }) => or([eb('code', 'is', null), eb('code', '<>', QUIET_HOURS)]))
      .groupBy((eb) => ['transport', eb.fn.coalesce('lane', 'pinned_lane')])
      .execute()
  )
}

/** Everything in the conversation is read now; the messages of which that is news. */
export async function markConversationRead(tx: DatabaseTransaction, id: string, nowMs: number): Promise<MessageRow[]> {
  await tx.updateTable('conversations').set({ unread: 0 }).where('id', '=', id).execute()
  return await tx
    .updateTable('messages')
    .set({ read_at_ms: nowMs })
    .where('conversation_id', '=', id)
    .where('direction', '=', 'in')
    .where('read_at_ms', 'is', null)
    .returningAll()
    .execute()
}

/** Messages of these times that came in this conversation are read; those of which that is so now. */
export async function markMessagesRead(
  tx: DatabaseTransaction,
  conversationId: string,
  timestampsMs: readonly number[],
  atMs: number,
  /** In a group. */
  authorAci?: string,
): Promise<MessageRow[]> {
  if (timestampsMs.length === 0) return []
  let query = tx
    .updateTable('messages')
    .set(({ fn, val }) => ({ read_at_ms: fn.coalesce('read_at_ms', val(atMs)) }))
    .where('conversation_id', '=', conversationId)
    .where('direction', '=', 'in')
    .where('transport', '=', 'signal')
    .where('sent_timestamp_ms', 'in', [...timestampsMs])
  if (authorAci !== undefined) query = query.where('author_aci', '=', authorAci)
  const read = await query.returningAll().execute()
  const { unread } = await tx
    .selectFrom('messages')
    .select(({ fn }) => fn.countAll<number>().as('unread'))
    .where('conversation_id', '=', conversationId)
    .where('direction', '=', 'in')
    .where('read_at_ms', 'is', null)
    .executeTakeFirstOrThrow()
  await tx.updateTable('conversations').set({ unread }).where('id', '=', conversationId).execute()
  return read
}

function narrowing({ filter, failedSinceMs = 0 }: ConversationFilter): RawBuilder<boolean> | undefined {
  switch (filter) {
    case 'unread':
      return sql<boolean>`unread > 0`
    case 'groups':
      return sql<boolean>`group_id is not null`
    case 'signal':
      return lastOver(['signal'])
    case 'sms':
      return lastOver(['sms', 'mms'])
    case 'failed':
      return sql<boolean>`exists (select 1 from messages m where m.conversation_id = conversations.id
        and m.direction = 'out' and m.state in ('failed', 'expired') and m.removed_at_ms is null
        and m.created_at_ms >= ${failedSinceMs})`
    default:
      return undefined
  }
}

function lastOver(transports: readonly TransportName[]): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from messages m where m.id = conversations.last_message_id
    and m.transport in (${sql.join(transports)}))`
}

/** Takes up what a person decided about a conversation. */
export async function flagConversation(
  tx: DatabaseTransaction,
  id: string,
  flags: { muted?: boolean | undefined; archived?: boolean | undefined; pinned?: boolean | undefined },
): Promise<void> {
  const bit = (name: keyof typeof flags) => (flags[name] === undefined ? {} : { [name]: flags[name] ? 1 : 0 })
  await tx
    .updateTable('conversations')
    .set(({ eb }) => ({ ...bit('muted'), ...bit('archived'), ...bit('pinned'), version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Conversations of these contacts and groups, the last active first. */
export async function conversationsOf(
  db: Database,
  of: { contactIds: readonly string[]; groupIds: readonly string[] },
  limit: number,
): Promise<ConversationView[]> {
  const lists = { contactIds: JSON.stringify(of.contactIds), groupIds: JSON.stringify(of.groupIds) }
  return withPeople(db, await conversationsWith(db, { ...lists, limit }))
}

/** Both as JSON arrays. */
const conversationsWith = prepared((db, $: { contactIds: string; groupIds: string; limit: number }) =>
  db
    .selectFrom('conversations')
    .selectAll()
    .where('removed_at_ms', 'is', null)
    .where(({ or, eb }) => or([eb('contact_id', 'in', listed($.contactIds)), eb('group_id', 'in', listed($.groupIds))]))
    .orderBy('last_message_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit($.limit),
)

async function withPeople(db: Database, rows: ConversationRow[]): Promise<ConversationView[]> {
  if (rows.length === 0) return []
  const present = (ids: (string | null)[]) => ids.filter((id) => id !== null)
  const byId = <Row extends { id: string }>(found: readonly Row[]) => new Map(found.map((row) => [row.id, row]))
  const contacts = byId(await contactsByIds(db, present(rows.map((row) => row.contact_id))))
  const groupIds = present(rows.map((row) => row.group_id))
  const groups = byId(groupIds.length === 0 ? [] : await groupsIn(db, { ids: JSON.stringify(groupIds) }))
  const messages = await messagesByIds(db, present(rows.map((row) => row.last_message_id)))
  const attachments = await shownFilesOf(db, messages.values())
  return rows.flatMap((conversation) => {
    const contact = contacts.get(conversation.contact_id ?? '')
    const group = groups.get(conversation.group_id ?? '')
    if (contact === undefined && group === undefined) return []
    const lastMessage = messages.get(conversation.last_message_id ?? '')
    return [{ conversation, contact, group, lastMessage, attachments: attachments.get(lastMessage?.id ?? '') ?? [] }]
  })
}

/** `ids`: as a JSON array. */
const groupsIn = prepared((db, $: { ids: string }) =>
  db.selectFrom('groups').selectAll().where('id', 'in', listed($.ids)),
)

/** Those of them that there are, by id. */
export async function messagesByIds(db: Database, ids: readonly string[]): Promise<Map<string, MessageRow>> {
  if (ids.length === 0) return new Map()
  const rows = await messagesIn(db, { ids: JSON.stringify([...new Set(ids)]) })
  return new Map(rows.map((row) => [row.id, row]))
}

/** `ids`: as a JSON array. */
const messagesIn = prepared((db, $: { ids: string }) =>
  db.selectFrom('messages').selectAll().where('id', 'in', listed($.ids)),
)
