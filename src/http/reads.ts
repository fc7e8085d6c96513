/** What views need beside the store's lists: the person behind a message, rows by id, or a 404. */
import type { Quote } from '../domain/transport.ts'
import { type ContactKey, findContact } from '../store/contacts.ts'
import type { Database } from '../store/database.ts'
import { findGroup } from '../store/groups.ts'
import { getMessage } from '../store/mailbox.ts'
import { listed, prepared } from '../store/prepared.ts'
import type { ContactRow, GroupRow, MessageRow } from '../store/tables/mailbox.ts'
import { notFound, Problem } from './problem.ts'
import type { ContactColumns, GroupColumns } from './views.ts'

/** Throws Problem 404. */
export async function demandMessage(db: Database, id: string | undefined): Promise<MessageRow> {
  const row = await getMessage(db, id ?? '')
  if (row === undefined || row.removed_at_ms !== null) throw notFound('message')
  return row
}

/** Throws Problem 404. */
export async function demandGroup(db: Database, id: string | undefined): Promise<GroupRow> {
  const row = await findGroup(db, { id: id ?? '' })
  if (row === undefined) throw notFound('group')
  return row
}

/** Signal's name of a group. Throws Problem 409 for a group of phone numbers, which knows no such thing. */
export function signalIdOf({ signal_id: id }: Pick<GroupRow, 'signal_id'>): string {
  if (id !== null) return id
  throw new Problem({
    status: 409,
    code: 'phone-group',
    title: 'That is for groups on Signal',
    detail: 'A group of phone numbers is its numbers: with other people it is another group.',
  })
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

/** What is known of these accounts. */
export async function peopleByAci(db: Database, acis: readonly string[]): Promise<ContactColumns[]> {
  if (acis.length === 0) return []
  const columns = ['id', 'name', 'profile_name', 'e164', 'sender', 'aci', 'avatar_id'] as const
  return await db
    .selectFrom('contacts')
    .select(columns)
    .where('aci', 'in', [...new Set(acis)])
    .execute()
}

/** What is known of these numbers and senders. */
export async function peopleByAddress(db: Database, addresses: readonly string[]): Promise<ContactColumns[]> {
  if (addresses.length === 0) return []
  const columns = ['id', 'name', 'profile_name', 'e164', 'sender', 'aci', 'avatar_id'] as const
  const asked = [...new Set(addresses)]
  return await db
    .selectFrom('contacts')
    .select(columns)
    .where(({ or, eb }) => or([eb('e164', 'in', asked), eb('sender', 'in', asked)]))
    .execute()
}

function quotedAci({ quote_json: json }: Pick<MessageRow, 'quote_json'>): string | undefined {
  return json === null ? undefined : (JSON.parse(json) as Quote).authorAci
}

/** The other side of each message's conversation, by conversation id. */
export async function contactsOf(
  db: Database,
  messages: Iterable<Pick<MessageRow, 'conversation_id' | 'author_aci' | 'author_address' | 'quote_json'>>,
): Promise<Map<string, ContactColumns | GroupColumns>> {
  const all = [...messages]
  const conversationIds = [...new Set(all.map((message) => message.conversation_id))]
  if (conversationIds.length === 0) return new Map()
  const ids = JSON.stringify(conversationIds)
  const groups = await groupsIn(db, { ids })
  const authors =
    groups.length === 0
      ? []
      : [
          ...(await peopleByAci(
            db,
            all.flatMap((message) => [message.author_aci ?? [], quotedAci(message) ?? []].flat()),
          )),
          ...(await peopleByAddress(
            db,
            all.flatMap(({ author_address: address }) => address ?? []),
          )),
        ]
  const rows = await peopleIn(db, { ids })
  return new Map<string, ContactColumns | GroupColumns>([
    ...rows.map(({ conversation_id, ...contact }) => [conversation_id, contact] as const),
    ...groups.map(({ conversation_id, ...group }) => [conversation_id, { group, authors }] as const),
  ])
}

/** `ids`: of conversations, as a JSON array. */
const groupsIn = prepared((db, $: { ids: string }) =>
  db
    .selectFrom('conversations')
    .innerJoin('groups', 'groups.id', 'conversations.group_id')
    .select(['conversations.id as conversation_id', 'groups.id', 'groups.title'])
    .where('conversations.id', 'in', listed($.ids)),
)

const peopleIn = prepared((db, $: { ids: string }) =>
  db
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
    .where('conversations.id', 'in', listed($.ids)),
)
