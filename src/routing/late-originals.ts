/**
 * A message comes after what was done to it: reactions are put to it, an edit that stood in its place becomes its version, and
 * what an administrator has taken back is empty.
 */
import { adoptVersions, messageByTime, react } from '../store/amendments.ts'
import { wipeAttachmentsOf } from '../store/attachments.ts'
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { earlyChanges, forgetEarlyChanges } from '../store/early-changes.ts'
import { markMessagesRead } from '../store/mailbox.ts'
import { hideMessages, settleConversation } from '../store/removing.ts'
import type { EarlyChangeRow, MessageRow } from '../store/tables/mailbox.ts'
import { takeBack } from './amending.ts'
import type { RoutingContext } from './context.ts'
import { addresseeOf, partiesOf } from './plans.ts'

type Context = Pick<RoutingContext, 'clock' | 'events'>

/** Does it now. `author`: of the message, `OURS` for one of ours. */
export async function applyEarlyChanges(
  context: Context,
  tx: DatabaseTransaction,
  message: MessageRow,
  author: string,
): Promise<void> {
  const { sent_timestamp_ms: timestampMs } = message
  const kept = await earlyChanges(tx, author, timestampMs)
  if (kept.length === 0) return
  const { groupId, aci } = addresseeOf(await partiesOf(tx, message))
  const here = kept.filter(({ place }) => place === (groupId ?? aci))
  let row = message
  for (const change of here) {
    if (change.kind === 'deleted') await takeBack(context, tx, row)
    else if (change.kind === 'edited') await takeOver(context, tx, row, change)
    else row = await putReaction(context, tx, row, change)
  }
  await forgetEarlyChanges(tx, author, timestampMs)
}

async function putReaction(
  { clock, events }: Context,
  tx: DatabaseTransaction,
  message: MessageRow,
  { by_aci: aci, ours, emoji }: EarlyChangeRow,
): Promise<MessageRow> {
  if (emoji === null) return message
  const changed = await react(tx, message, { aci, ours: ours === 1 }, emoji, clock())
  await events.append(tx, {
    type: 'message.reaction',
    messageId: message.id,
    conversationId: message.conversation_id,
  })
  return changed
}

/** What was shown meanwhile goes, with what was done to it; one row is left. */
async function takeOver(
  context: Context,
  tx: DatabaseTransaction,
  message: MessageRow,
  { change_ms: timestampMs }: EarlyChangeRow,
): Promise<void> {
  const { clock, events } = context
  const { id: messageId, conversation_id: conversationId } = message
  const authorAci = message.author_aci ?? undefined
  const ours = message.direction === 'out'
  const shown = await messageByTime(tx, { conversationId, ours, timestampMs, authorAci })
  if (shown === undefined || shown.id === message.id) return
  if (shown.deleted_at_ms !== null || shown.removed_at_ms !== null) {
    await takeBack(context, tx, message)
  } else {
    await adoptVersions(tx, message, shown, clock())
    await events.append(tx, { type: 'message.edited', messageId, conversationId })
  }
  if (shown.read_at_ms !== null) {
    await markMessagesRead(tx, conversationId, [message.sent_timestamp_ms], shown.read_at_ms, authorAci)
  }
  if (shown.removed_at_ms !== null) return
  await wipeAttachmentsOf(tx, shown)
  await hideMessages(tx, [shown.id], clock())
  const conversation = await findConversation(tx, { id: conversationId })
  if (conversation !== undefined) await settleConversation(tx, conversation, false, clock())
  await events.append(tx, { type: 'message.removed', messageId: shown.id, conversationId })
}
