/**
 * What was joined and what was taken apart: what old ids of contacts and conversations are now, which numbers and accounts
 * stay two people, and the moving of messages from one conversation to another. Who is joined is decided elsewhere.
 */
import type { TransportName } from '../domain/transport.ts'
import { findConversation } from './contacts.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { ConversationRow, Notice } from './tables/mailbox.ts'

/** Notes that the contact or conversation `id` is `intoId` from now on, and so is whatever had become `id` before. */
export async function noteMerged(tx: DatabaseTransaction, id: string, intoId: string, nowMs: number): Promise<void> {
  await tx.updateTable('merged_ids').set({ into_id: intoId }).where('into_id', '=', id).execute()
  await tx.insertInto('merged_ids').values({ id, into_id: intoId, at_ms: nowMs }).execute()
}

/** What this contact or conversation is now; undefined where it was never joined to another one. */
export async function mergedInto(db: Database, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('merged_ids').select('into_id').where('id', '=', id).executeTakeFirst()
  return row?.into_id
}

/** The conversation of this id, or the one that it was joined to. */
export async function conversationNow(db: Database, id: string): Promise<ConversationRow | undefined> {
  const known = await findConversation(db, { id })
  const intoId = known === undefined ? await mergedInto(db, id) : undefined
  return intoId === undefined ? known : findConversation(db, { id: intoId })
}

/** The owner says that this number and this account are two people. */
export async function keepApart(tx: DatabaseTransaction, e164: string, aci: string, nowMs: number): Promise<void> {
  await tx
    .insertInto('kept_apart')
    .values({ e164, aci, at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** …or one person after all. */
export async function letTogether(tx: DatabaseTransaction, e164: string, aci: string): Promise<void> {
  await tx.deleteFrom('kept_apart').where('e164', '=', e164).where('aci', '=', aci).execute()
}

/** Whether the owner has taken this number and this account apart. */
export async function isKeptApart(tx: DatabaseTransaction, e164: string, aci: string): Promise<boolean> {
  const row = await tx
    .selectFrom('kept_apart')
    .select('aci')
    .where('e164', '=', e164)
    .where('aci', '=', aci)
    .executeTakeFirst()
  return row !== undefined
}

/** Lines that tell of an account, and of a number. */
const LINES: Readonly<Record<'account' | 'number', readonly Notice[]>> = {
  account: ['identity-changed', 'left', 'returned', 'renamed', 'unreadable'],
  number: ['picture', 'number-changed'],
}

/** What went over the account (Signal), or over the number (texts, pictures, calls), goes to the conversation `toId`. */
export async function moveMessages(
  tx: DatabaseTransaction,
  side: 'account' | 'number',
  fromId: string,
  toId: string,
): Promise<void> {
  await tx
    .updateTable('messages')
    .set({ conversation_id: toId })
    .where('conversation_id', '=', fromId)
    .where(({ or, eb }) =>
      or([eb('transport', 'in', side === 'account' ? ['signal'] : ['sms', 'mms']), eb('notice', 'in', LINES[side])]),
    )
    .execute()
}

/** How many messages of a conversation are in one of these states. */
export async function countInStates(
  db: Database,
  conversationId: string,
  states: readonly ('scheduled' | 'held' | 'queued' | 'sending')[],
): Promise<number> {
  const row = await db
    .selectFrom('messages')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('conversation_id', '=', conversationId)
    .where('state', 'in', states)
    .executeTakeFirstOrThrow()
  return row.count
}

export interface Traffic {
  transport: TransportName
  sent: number
  received: number
  failed: number
  last_at_ms: number
}

/** How messages with this person travelled since then, the most used transport first. */
export async function trafficWith(db: Database, contactId: string, sinceMs: number): Promise<Traffic[]> {
  const rows = await db
    .selectFrom('messages as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .select(({ fn }) => [
      'm.transport',
      fn.countAll<number>().filterWhere('m.direction', '=', 'out').filterWhere('m.state', '<>', 'failed').as('sent'),
      fn.countAll<number>().filterWhere('m.direction', '=', 'in').as('received'),
      fn.countAll<number>().filterWhere('m.state', '=', 'failed').as('failed'),
      fn.max('m.created_at_ms').as('last_at_ms'),
    ])
    .where('c.contact_id', '=', contactId)
    .where('m.created_at_ms', '>=', sinceMs)
    .where('m.removed_at_ms', 'is', null)
    .where('m.notice', 'is', null)
    .where('m.transport', 'is not', null)
    .groupBy('m.transport')
    .execute()
  return rows
    .flatMap(({ transport, ...counts }) => (transport === null ? [] : [{ transport, ...counts }]))
    .sort((left, right) => right.sent + right.received - left.sent - left.received)
}
