/** Which attachments are to be fetched, when, and how far each has got. */
import type { Updateable } from 'kysely'
import type { Database, DatabaseTransaction } from './database.ts'
import type { AttachmentRow, MediaTables } from './tables/media.ts'

/** The next one whose time has come. */
export function nextDue(db: Database, nowMs: number): Promise<AttachmentRow | undefined> {
  return db
    .selectFrom('attachments')
    .selectAll()
    .where('due_at_ms', '<=', nowMs)
    .orderBy('due_at_ms')
    .limit(1)
    .executeTakeFirst()
}

/** When the next one's time comes. */
export async function nextDueAtMs(db: Database): Promise<number | undefined> {
  const row = await db
    .selectFrom('attachments')
    .select(({ fn }) => fn.min('due_at_ms').as('at'))
    .executeTakeFirst()
  return row?.at ?? undefined
}

/** What was left unfetched in a conversation may come now; `dueAtMs` says for each when, or (null) that it still waits. */
export async function fetchWaiting(
  tx: DatabaseTransaction,
  conversationId: string,
  dueAtMs: (row: AttachmentRow) => number | null,
): Promise<void> {
  const rows = await tx
    .selectFrom('attachments')
    .innerJoin('messages', 'messages.id', 'attachments.message_id')
    .selectAll('attachments')
    .where('messages.conversation_id', '=', conversationId)
    .where('attachments.state', '=', 'waiting')
    .where('attachments.due_at_ms', 'is', null)
    .execute()
  for (const row of rows) {
    const due = dueAtMs(row)
    if (due !== null) await tx.updateTable('attachments').set({ due_at_ms: due }).where('id', '=', row.id).execute()
  }
}

/** Moves one, if it is still in the state it was seen in. Undefined when somebody else was quicker. */
export function moveAttachment(
  tx: DatabaseTransaction,
  row: Pick<AttachmentRow, 'id' | 'state'>,
  change: Updateable<MediaTables['attachments']>,
): Promise<AttachmentRow | undefined> {
  return tx
    .updateTable('attachments')
    .set(change)
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .returningAll()
    .executeTakeFirst()
}

/** What a crash left in the middle of being fetched is due again. */
export async function recoverFetching(db: Database, nowMs: number): Promise<void> {
  await db
    .updateTable('attachments')
    .set({ state: 'waiting', due_at_ms: nowMs })
    .where('state', '=', 'fetching')
    .execute()
}
