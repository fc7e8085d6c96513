/** What a person did to a message that is here already: its rest has come, it was edited, taken back, reacted to. */
import type { Amendment } from '../domain/sink.ts'
import { completeText, deleteText, editMessage, messageByTime, react, versionTimes } from '../store/amendments.ts'
import { wipeAttachmentsOf } from '../store/attachments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { keepEarly, OURS } from '../store/early-receipts.ts'
import type { EventLog } from '../store/events.ts'
import { changeMessage } from '../store/messages.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import { keepChange, shownMeanwhile } from './early-changes.ts'
import { conversationOfGroup } from './groups.ts'
import { shownText, textColumns } from './naming.ts'
import { conversationWith } from './people.ts'
import { endUnreadable } from './unreadable.ts'

/** False when there is no such message here: that it was taken back, edited or reacted to holds for it once it comes. */
export async function takeAmendment(
  context: RowContext,
  tx: DatabaseTransaction,
  amendment: Amendment,
): Promise<boolean> {
  const { by, target, change, timestampMs } = amendment
  const other = amendment.with ?? { ...by, e164: undefined, pni: undefined }
  const conversation =
    amendment.groupId === undefined
      ? await conversationWith(tx, other)
      : await conversationOfGroup(context, tx, amendment.groupId)
  if (conversation !== undefined && amendment.with === undefined) {
    const writer = amendment.groupId === undefined ? null : (by.aci ?? null)
    await endUnreadable(context, tx, { conversationId: conversation.id, authorAci: writer, timestampMs })
  }
  const authorAci = amendment.groupId === undefined || target.ours ? undefined : target.authorAci
  const message =
    conversation === undefined
      ? undefined
      : ((await messageByTime(tx, { conversationId: conversation.id, ...target, authorAci })) ??
        (await shownMeanwhile(tx, amendment, conversation.id)))
  if (message === undefined) {
    const author = target.ours ? OURS : by.aci
    // What an administrator takes back of somebody else’s is kept as a change: this would hold in other conversations, too.
    const isByAuthor =
      amendment.with === undefined ? target.authorAci === undefined || target.authorAci === by.aci : target.ours
    if (change.kind === 'deleted' && author !== undefined && isByAuthor) {
      const said = { kind: change.kind, aci: author, timestampsMs: [target.timestampMs], atMs: timestampMs }
      await keepEarly(tx, said, context.clock())
    }
    await keepChange(tx, amendment, context.clock())
    return false
  }
  // What was taken back stays so, whatever comes late.
  if (message.deleted_at_ms !== null || message.disappeared_at_ms !== null) return true
  const now = context.clock()
  if (change.kind === 'completed' || change.kind === 'edited') {
    const { text, ranges_json } = textColumns(await shownText(tx, change))
    const revise = change.kind === 'completed' ? completeText : editMessage
    await revise(tx, message, { timestampMs, text }, now)
    // An older version that comes late is on record, and not what is shown.
    const isNewest = (await versionTimes(tx, message)).at(-1) === timestampMs
    if (isNewest) await changeMessage(tx, message.id, { ranges_json }, now)
  } else if (change.kind === 'deleted') {
    await takeBack(context, tx, message)
    return true
  } else {
    const who = { aci: by.aci ?? '', ours: amendment.with !== undefined }
    await react(tx, message, who, change.removed ? undefined : change.emoji, now)
  }
  await context.events.append(tx, {
    type: `message.${change.kind}`,
    messageId: message.id,
    conversationId: message.conversation_id,
  })
  return true
}

/** Its author has taken it back. */
export async function takeBack(
  { clock, events }: { clock: () => number; events: EventLog },
  tx: DatabaseTransaction,
  message: MessageRow,
): Promise<void> {
  await deleteText(tx, message, clock())
  await wipeAttachmentsOf(tx, message)
  await events.append(tx, {
    type: 'message.deleted',
    messageId: message.id,
    conversationId: message.conversation_id,
  })
}
