/** People and their one conversation: finding, making, changing. Which two are the same person is decided elsewhere. */
import type { Updateable } from 'kysely'
import type { IdSource } from '../domain/ids.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared, remembered } from './prepared.ts'
import type { ContactRow, ContactsTable, ConversationRow } from './tables/mailbox.ts'

export type ContactKey = { id: string } | { e164: string } | { aci: string } | { pni: string } | { sender: string }

const contactBy = {
  id: remembered('contacts', (db, $: { value: string }) =>
    db.selectFrom('contacts').selectAll().where('id', '=', $.value),
  ),
  e164: remembered('contacts', (db, $: { value: string }) =>
    db.selectFrom('contacts').selectAll().where('e164', '=', $.value),
  ),
  aci: remembered('contacts', (db, $: { value: string }) =>
    db.selectFrom('contacts').selectAll().where('aci', '=', $.value),
  ),
  pni: remembered('contacts', (db, $: { value: string }) =>
    db.selectFrom('contacts').selectAll().where('pni', '=', $.value),
  ),
  sender: remembered('contacts', (db, $: { value: string }) =>
    db.selectFrom('contacts').selectAll().where('sender', '=', $.value),
  ),
}

/** By one of its keys; undefined: nobody is known by it. */
export async function findContact(db: Database, key: ContactKey): Promise<ContactRow | undefined> {
  const [column, value] = Object.entries(key)[0] as [keyof typeof contactBy, string]
  const [row] = await contactBy[column](db, { value })
  return row
}

/** Those of them that are there, in no order. */
export function contactsByIds(db: Database, ids: readonly string[]): Promise<ContactRow[]> {
  if (ids.length === 0) return Promise.resolve([])
  return contactsIn(db, { ids: JSON.stringify(ids) })
}

/** People whom the owner calls by a name of their own, and who have a number or an account. */
export async function namedContacts(
  db: Database,
  countMax: number,
): Promise<(Pick<ContactRow, 'e164' | 'sender' | 'aci' | 'pni'> & { name: string })[]> {
  const rows = await db
    .selectFrom('contacts')
    .select(['e164', 'sender', 'aci', 'pni', 'name'])
    .where('name', 'is not', null)
    .where(({ or, eb }) => or([eb('e164', 'is not', null), eb('aci', 'is not', null)]))
    .orderBy('created_at_ms', 'desc')
    .limit(countMax)
    .execute()
  return rows.flatMap(({ name, ...ids }) => (name === null ? [] : [{ ...ids, name }]))
}

/** `ids`: as a JSON array. */
const contactsIn = prepared((db, $: { ids: string }) =>
  db.selectFrom('contacts').selectAll().where('id', 'in', listed($.ids)),
)

/** At least one of `e164`, `aci`, `sender` must be given. */
export function insertContact(
  tx: DatabaseTransaction,
  ids: IdSource,
  person: Partial<Pick<ContactRow, 'e164' | 'aci' | 'pni' | 'sender' | 'name'>>,
  nowMs: number,
): Promise<ContactRow> {
  return tx
    .insertInto('contacts')
    .values({ id: ids('con'), ...person, created_at_ms: nowMs, updated_at_ms: nowMs })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Changes a contact and counts its version up. */
export function changeContact(
  tx: DatabaseTransaction,
  id: string,
  change: Updateable<ContactsTable>,
  nowMs: number,
): Promise<ContactRow> {
  return tx
    .updateTable('contacts')
    .set(({ eb }) => ({ ...change, version: eb('version', '+', 1), updated_at_ms: nowMs }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Deletes a contact that has been merged into another one and holds nothing any more. */
export async function deleteContact(tx: DatabaseTransaction, id: string): Promise<void> {
  await tx.deleteFrom('contacts').where('id', '=', id).execute()
}

const conversationById = prepared((db, $: { id: string }) =>
  db.selectFrom('conversations').selectAll().where('id', '=', $.id),
)
const conversationByContact = prepared((db, $: { contactId: string }) =>
  db.selectFrom('conversations').selectAll().where('contact_id', '=', $.contactId),
)

/** By its id or its person; undefined: there is none. */
export async function findConversation(
  db: Database,
  key: { id: string } | { contactId: string },
): Promise<ConversationRow | undefined> {
  const [row] = 'id' in key ? await conversationById(db, key) : await conversationByContact(db, key)
  return row
}

/** The conversation with this person, made if there is none. */
export async function ensureConversation(
  tx: DatabaseTransaction,
  ids: IdSource,
  contactId: string,
  nowMs: number,
): Promise<ConversationRow> {
  const known = await findConversation(tx, { contactId })
  if (known !== undefined) return known
  return tx
    .insertInto('conversations')
    .values({ id: ids('cnv'), contact_id: contactId, last_message_at_ms: nowMs, created_at_ms: nowMs })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Shows the conversation with this person again where it was removed; what was said in it stays gone. */
export async function reopenConversation(tx: DatabaseTransaction, contactId: string): Promise<void> {
  await tx
    .updateTable('conversations')
    .set({ removed_at_ms: null })
    .where('contact_id', '=', contactId)
    .where('removed_at_ms', 'is not', null)
    .execute()
}

/** Notes the newest message; an inbound one is unread and takes the conversation out of the archive, a silent one does not. */
export async function noteLastMessage(
  tx: DatabaseTransaction,
  conversationId: string,
  messageId: string,
  direction: 'in' | 'out' | 'silent',
  nowMs: number,
): Promise<void> {
  await (direction === 'in' ? noteNews : noteLast)(tx, { conversationId, messageId, nowMs })
}

const noteLast = notingLast(false)
const noteNews = notingLast(true)

function notingLast(isNews: boolean) {
  return prepared((db, $: { conversationId: string; messageId: string; nowMs: number }) =>
    db
      .updateTable('conversations')
      .set(({ eb }) => ({
        removed_at_ms: null,
        last_message_id: $.messageId,
        last_message_at_ms: $.nowMs,
        version: eb('version', '+', 1),
        ...(isNews ? { unread: eb('unread', '+', 1), archived: 0 } : {}),
      }))
      .where('id', '=', $.conversationId),
  )
}

/** Notes what waits for us as this conversation's service says; with a time when that is news to look at. */
export async function noteWaiting(
  tx: DatabaseTransaction,
  conversationId: string,
  waitingJson: string,
  newsAtMs: number | undefined,
): Promise<void> {
  await tx
    .updateTable('conversations')
    .set(({ eb }) => ({
      waiting_json: waitingJson,
      version: eb('version', '+', 1),
      ...(newsAtMs === undefined ? {} : { last_message_at_ms: newsAtMs, archived: 0 }),
    }))
    .where('id', '=', conversationId)
    .execute()
}

/** The modem that last carried a text of this conversation: ours, or (`in`) one of theirs. */
export async function noteSmsLane(
  tx: DatabaseTransaction,
  conversationId: string,
  lane: string,
  direction: 'in' | 'out',
): Promise<void> {
  await (direction === 'in' ? noteTheirLane : noteOurLane)(tx, { conversationId, lane })
}

const noteOurLane = notingLane(false)
const noteTheirLane = notingLane(true)

function notingLane(isTheirs: boolean) {
  return prepared((db, $: { conversationId: string; lane: string }) =>
    db
      .updateTable('conversations')
      .set({ sms_lane: $.lane, ...(isTheirs ? { reply_lane: $.lane } : {}) })
      .where('id', '=', $.conversationId)
      .where(({ or, eb }) =>
        or([eb('sms_lane', 'is not', $.lane), ...(isTheirs ? [eb('reply_lane', 'is not', $.lane)] : [])]),
      ),
  )
}

/** Moves everything of the conversation `from` into `to` and deletes `from`. */
export async function mergeConversations(
  tx: DatabaseTransaction,
  from: ConversationRow,
  to: ConversationRow,
): Promise<void> {
  await tx.updateTable('messages').set({ conversation_id: to.id }).where('conversation_id', '=', from.id).execute()
  const newest = from.last_message_at_ms > to.last_message_at_ms ? from : to
  await tx
    .updateTable('conversations')
    .set(({ eb }) => ({
      unread: to.unread + from.unread,
      sms_lane: to.sms_lane ?? from.sms_lane,
      reply_lane: to.reply_lane ?? from.reply_lane,
      waiting_json: to.waiting_json ?? from.waiting_json,
      ...(from.timer_version > to.timer_version ? { timer_s: from.timer_s, timer_version: from.timer_version } : {}),
      request_at_ms: to.request_at_ms === null ? null : from.request_at_ms,
      removed_at_ms: to.removed_at_ms === null ? null : from.removed_at_ms,
      archived: Math.min(to.archived, from.archived),
      pinned: Math.max(to.pinned, from.pinned),
      last_message_id: newest.last_message_id,
      last_message_at_ms: newest.last_message_at_ms,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', to.id)
    .execute()
  await tx.deleteFrom('conversations').where('id', '=', from.id).execute()
}

/** Hands a conversation to another contact, who has none. */
export async function reassignConversation(tx: DatabaseTransaction, id: string, contactId: string): Promise<void> {
  await tx.updateTable('conversations').set({ contact_id: contactId }).where('id', '=', id).execute()
}
