/**
 * What the API reads from the database: lists a page at a time, and rows with the contact they belong to. Writes are
 * the router's and the store's.
 */
import type { MessageState } from '../domain/message.ts'
import type { Database } from '../store/database.ts'
import type { ContactRow, ConversationRow, EventRow, MessageRow } from '../store/tables/mailbox.ts'
import type { Cursor } from './page.ts'
import { notFound } from './problem.ts'
import type { ContactColumns } from './views.ts'

export interface ListOptions {
  limit: number
  cursor: Cursor | undefined
}

export interface MessageFilter {
  conversationId?: string | undefined
  direction?: 'in' | 'out' | undefined
  status?: MessageState | undefined
}

/** Newest first; one more than `limit` when there are more. */
export async function listMessages(
  db: Database,
  filter: MessageFilter,
  { limit, cursor }: ListOptions,
): Promise<MessageRow[]> {
  let query = db.selectFrom('messages').selectAll()
  if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId)
  if (filter.direction !== undefined) query = query.where('direction', '=', filter.direction)
  if (filter.status !== undefined) query = query.where('state', '=', filter.status)
  if (cursor !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at_ms', 'id'), '<', tuple(cursor.atMs, cursor.id)),
    )
  }
  return query
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Throws Problem 404. */
export async function findMessage(db: Database, id: string): Promise<MessageRow> {
  const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('message')
  return row
}

export async function messagesById(db: Database, ids: readonly string[]): Promise<Map<string, MessageRow>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('messages')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** The other side of each conversation, by conversation id. */
export async function contactsOf(
  db: Database,
  conversationIds: readonly string[],
): Promise<Map<string, ContactColumns>> {
  if (conversationIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('conversations')
    .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
    .select([
      'conversations.id as conversation_id',
      'contacts.id',
      'contacts.name',
      'contacts.e164',
      'contacts.sender',
      'contacts.aci',
    ])
    .where('conversations.id', 'in', [...new Set(conversationIds)])
    .execute()
  return new Map(rows.map(({ conversation_id, ...contact }) => [conversation_id, contact]))
}

/** The one with the newest message first. */
export async function listConversations(
  db: Database,
  filter: { contactId?: string | undefined; unread?: boolean | undefined },
  { limit, cursor }: ListOptions,
): Promise<ConversationRow[]> {
  let query = db.selectFrom('conversations').selectAll()
  if (filter.contactId !== undefined) query = query.where('contact_id', '=', filter.contactId)
  if (filter.unread === true) query = query.where('unread', '>', 0)
  if (filter.unread === false) query = query.where('unread', '=', 0)
  if (cursor !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('last_message_at_ms', 'id'), '<', tuple(cursor.atMs, cursor.id)),
    )
  }
  return query
    .orderBy('last_message_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Throws Problem 404. */
export async function findConversation(db: Database, id: string): Promise<ConversationRow> {
  const row = await db.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('conversation')
  return row
}

/** Newest first. `address` finds one exact number, sender or `signal:<aci>`. */
export async function listContacts(
  db: Database,
  filter: { address?: string | undefined },
  { limit, cursor }: ListOptions,
): Promise<ContactRow[]> {
  let query = db.selectFrom('contacts').selectAll()
  const { address } = filter
  if (address?.startsWith('signal:') === true) query = query.where('aci', '=', address.slice('signal:'.length))
  else if (address !== undefined) {
    query = query.where(({ eb, or }) => or([eb('e164', '=', address), eb('sender', '=', address)]))
  }
  if (cursor !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at_ms', 'id'), '<', tuple(cursor.atMs, cursor.id)),
    )
  }
  return query
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Throws Problem 404. */
export async function findContact(db: Database, id: string): Promise<ContactRow> {
  const row = await db.selectFrom('contacts').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('contact')
  return row
}

/** Events behind `afterId`, oldest first. */
export async function eventsAfter(db: Database, afterId: number, limit: number): Promise<EventRow[]> {
  return db.selectFrom('events').selectAll().where('id', '>', afterId).orderBy('id').limit(limit).execute()
}

/** Id of the newest event, 0 when there is none. */
export async function lastEventId(db: Database): Promise<number> {
  const row = await db.selectFrom('events').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  return row?.id ?? 0
}
