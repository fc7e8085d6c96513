/** Groups in the mailbox: the row that shows one, its conversation, and what became of a message for each member. */
import { sql } from 'kysely'
import type { GroupDetails } from '../domain/group.ts'
import type { IdSource } from '../domain/ids.ts'
import { createdBefore, type Page, pageLimit, pageOf } from './cursor.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared } from './prepared.ts'
import type { ConversationRow, GroupRow, MessageRow, RecipientRow } from './tables/mailbox.ts'

/** By our id or Signal's; undefined: it is not known. */
export function findGroup(db: Database, key: { id: string } | { signalId: string }): Promise<GroupRow | undefined> {
  const query = db.selectFrom('groups').selectAll()
  return ('id' in key ? query.where('id', '=', key.id) : query.where('signal_id', '=', key.signalId)).executeTakeFirst()
}

/** The group as its account told of it last. */
export function detailsOf(group: GroupRow): GroupDetails {
  return JSON.parse(group.view_json)
}

/** Keeps what is known of a group now; `isNew` when it was not here. */
export async function putGroup(
  tx: DatabaseTransaction,
  ids: IdSource,
  details: GroupDetails,
  nowMs: number,
): Promise<{ group: GroupRow; isNew: boolean }> {
  const known = await findGroup(tx, { signalId: details.id })
  const shown = { title: details.title, view_json: JSON.stringify(details), updated_at_ms: nowMs }
  const group =
    known === undefined
      ? await tx
          .insertInto('groups')
          .values({ id: ids('grp'), signal_id: details.id, ...shown, created_at_ms: nowMs })
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx.updateTable('groups').set(shown).where('id', '=', known.id).returningAll().executeTakeFirstOrThrow()
  return { group, isNew: known === undefined }
}

/** Undefined until there is something to show in it. `groupId`: of our own row. */
export function findGroupConversation(tx: DatabaseTransaction, groupId: string): Promise<ConversationRow | undefined> {
  return tx.selectFrom('conversations').selectAll().where('group_id', '=', groupId).executeTakeFirst()
}

/** The conversation of this group, made if there is none. */
export async function ensureGroupConversation(
  tx: DatabaseTransaction,
  ids: IdSource,
  groupId: string,
  nowMs: number,
): Promise<ConversationRow> {
  const known = await findGroupConversation(tx, groupId)
  if (known !== undefined) return known
  return tx
    .insertInto('conversations')
    .values({ id: ids('cnv'), group_id: groupId, last_message_at_ms: nowMs, created_at_ms: nowMs })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Groups by when they became known, newest first. Errors: CausewayError `invalid-cursor`. */
export async function listGroups(
  db: Database,
  request: { limit: number; cursor?: string | undefined },
): Promise<Page<GroupRow>> {
  const limit = pageLimit(request.limit)
  let query = db.selectFrom('groups').selectAll()
  if (request.cursor !== undefined) query = query.where(createdBefore(request.cursor))
  const rows = await query
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, (row) => ({ ms: row.created_at_ms, id: row.id }))
}

/** Our messages to groups with these sent timestamps. */
export function groupMessagesBySentTime(
  tx: DatabaseTransaction,
  timestampsMs: readonly number[],
): Promise<(MessageRow & { group_id: string | null })[]> {
  if (timestampsMs.length === 0) return Promise.resolve([])
  return sentAt(tx, { times: JSON.stringify(timestampsMs) })
}

const sentAt = prepared((db, $: { times: string }) =>
  db
    .selectFrom('messages')
    .innerJoin('conversations', 'conversations.id', 'messages.conversation_id')
    .selectAll('messages')
    .select('conversations.group_id')
    // Word for word as in the index messages_out_timestamp.
    .where(sql<boolean>`messages.direction = 'out'`)
    .where('messages.sent_timestamp_ms', 'in', listed($.times))
    .where('conversations.group_id', 'is not', null),
)

/** The conversations of the groups in which this account is. */
export async function conversationsOfMember(tx: DatabaseTransaction, aci: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('groups')
    .innerJoin('conversations', 'conversations.group_id', 'groups.id')
    .selectAll('groups')
    .select('conversations.id as conversation_id')
    .execute()
  const theirs = rows.filter((row) => detailsOf(row).members.some((member) => member.aci === aci))
  return theirs.map(({ conversation_id }) => conversation_id)
}

/** The conversations of groups into which this account wrote messages of these times. */
export async function conversationsOfAuthor(
  tx: DatabaseTransaction,
  aci: string,
  timestampsMs: readonly number[],
): Promise<string[]> {
  if (timestampsMs.length === 0) return []
  const rows = await tx
    .selectFrom('messages')
    .select('conversation_id')
    .distinct()
    .where('direction', '=', 'in')
    .where('author_aci', '=', aci)
    .where('sent_timestamp_ms', 'in', [...timestampsMs])
    .execute()
  return rows.map(({ conversation_id }) => conversation_id)
}

/** What became of a message for each member, by account. */
export function recipientsOf(db: Database, messageId: string): Promise<RecipientRow[]> {
  return db.selectFrom('message_recipients').selectAll().where('message_id', '=', messageId).orderBy('aci').execute()
}

/** How far a message can have come for somebody; never back. */
const RANKS: readonly RecipientRow['state'][] = ['failed', 'unregistered', 'sent', 'delivered', 'read']

/** Notes what became of a message for one member, unless more is known already. */
export async function putRecipient(tx: DatabaseTransaction, row: RecipientRow): Promise<void> {
  const known = await recipientState(tx, row)
  if (known !== undefined && RANKS.indexOf(known) >= RANKS.indexOf(row.state)) return
  await tx.insertInto('message_recipients').orReplace().values(row).execute()
}

/** What became of a message for this member, so far; undefined: nothing is known. */
export async function recipientState(
  tx: DatabaseTransaction,
  { message_id, aci }: Pick<RecipientRow, 'message_id' | 'aci'>,
): Promise<RecipientRow['state'] | undefined> {
  const known = await tx
    .selectFrom('message_recipients')
    .select('state')
    .where('message_id', '=', message_id)
    .where('aci', '=', aci)
    .executeTakeFirst()
  return known?.state
}
