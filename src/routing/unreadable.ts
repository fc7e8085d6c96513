/**
 * A message that came and could not be decrypted: a line stands in its place, so that the owner knows that something was
 * written, and goes when the message has come again. Only where a conversation is that the owner has let in: what nobody
 * can read opens none.
 */
import type { UnreadableFact } from '../domain/sink.ts'
import { messageByTime } from '../store/amendments.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { hideMessages } from '../store/removing.ts'
import { countUnreadable, type UnreadableMessage, unreadableLine } from '../store/unreadable.ts'
import type { RowContext } from './context.ts'
import { conversationOfGroup } from './groups.ts'
import { addLineTo, UNREADABLE } from './lines.ts'

/** Lines of one conversation; beyond that one more says nothing more. */
const LINES_MAX = 20

export async function takeUnreadable(
  context: RowContext,
  tx: DatabaseTransaction,
  { from, groupId, timestampMs }: UnreadableFact,
): Promise<void> {
  const contact = await findContact(tx, { aci: from.aci })
  if (contact === undefined || contact.blocked_at_ms !== null) return
  const conversation =
    groupId === undefined
      ? await findConversation(tx, { contactId: contact.id })
      : await conversationOfGroup(context, tx, groupId)
  if (conversation === undefined || conversation.request_at_ms !== null || conversation.removed_at_ms !== null) return
  const of = { authorAci: groupId === undefined ? null : from.aci, timestampMs }
  const place = { conversationId: conversation.id, timestampMs }
  if ((await unreadableLine(tx, { ...place, authorAci: of.authorAci })) !== undefined) return
  if ((await messageByTime(tx, { ...place, ours: false, authorAci: of.authorAci ?? undefined })) !== undefined) return
  if ((await countUnreadable(tx, conversation.id, LINES_MAX)) >= LINES_MAX) return
  await addLineTo(context, tx, conversation, 'unreadable', UNREADABLE, { of })
}

/** It has come after all: the line in its place goes. */
export async function endUnreadable(
  { events, clock }: Pick<RowContext, 'events' | 'clock'>,
  tx: DatabaseTransaction,
  message: UnreadableMessage,
): Promise<void> {
  const line = await unreadableLine(tx, message)
  if (line === undefined) return
  await hideMessages(tx, [line.id], clock())
  await events.append(tx, { type: 'message.removed', messageId: line.id, conversationId: message.conversationId })
}
