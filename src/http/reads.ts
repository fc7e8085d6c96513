/** What views need beside the store's lists: the person behind a message, rows by id, or a 404. */
import { type ContactKey, findContact } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { notFound } from './problem.ts'
import type { ContactColumns } from './views.ts'

/** Throws Problem 404. */
export async function demandMessage(db: Database, id: string | undefined): Promise<MessageRow> {
  const row = await getMessage(db, id ?? '')
  if (row === undefined || row.removed_at_ms !== null) throw notFound('message')
  return row
}

/** Throws Problem 404. */
export async function demandContact(db: Database, id: string | undefined): Promise<ContactRow> {
  const row = await findContact(db, { id: id ?? '' })
  if (row === undefined) throw notFound('contact')
  return row
}

/** Finds by what `addressOf` shows: a number, `signal:<aci>`, or a sender (short code, name). */
export function addressKey(address: string): ContactKey {
  if (address.startsWith('+')) return { e164: address }
  return address.startsWith('signal:') ? { aci: address.slice('signal:'.length) } : { sender: address }
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

/** The other side of each message's conversation, by conversation id. */
export async function contactsOf(
  db: Database,
  messages: Iterable<Pick<MessageRow, 'conversation_id'>>,
): Promise<Map<string, ContactColumns>> {
  const conversationIds = [...new Set([...messages].map((message) => message.conversation_id))]
  if (conversationIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('conversations')
    .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
    .select([
      'conversations.id as conversation_id',
      'contacts.id',
      'contacts.name',
      'contacts.profile_name',
      'contacts.e164',
      'contacts.sender',
      'contacts.aci',
    ])
    .where('conversations.id', 'in', conversationIds)
    .execute()
  return new Map(rows.map(({ conversation_id, ...contact }) => [conversation_id, contact]))
}
