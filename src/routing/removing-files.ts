/**
 * Single files of messages that the owner removes: here, and where they ask for it on their other devices; or there, and then
 * here. A message that had nothing but that file goes with it.
 */
import { CausewayError } from '../domain/errors.ts'
import type { RemovalElsewhere } from '../domain/own-decisions.ts'
import { messageByTime, versionTimes } from '../store/amendments.ts'
import { attachmentsOf, findAttachment, wipeAttachment } from '../store/attachments.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { forgetQuotedFile } from '../store/quoted.ts'
import { settleConversation } from '../store/removing.ts'
import type { ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import { tellOfFile } from './file-news.ts'
import { addresseeOf, partiesOf } from './plans.ts'
import { isSettled, overSignal, type Removing, tell, wipe } from './wiping.ts'

const REMOVED = { code: 'removed', reason: 'it was removed for you, on all your devices' }

/**
 * Removes one file for the owner, on all their devices. Returned: what follows the commit.
 * Errors: CausewayError `unknown-attachment`, `wrong-state` while its message has not left, or where there is none.
 */
export async function removeFile(context: Removing, tx: DatabaseTransaction, id: string): Promise<() => void> {
  const row = await findAttachment(tx, id)
  const message = row?.message_id == null ? undefined : await getMessage(tx, row.message_id)
  if (row === undefined || row.quoted === 1 || (message !== undefined && message.removed_at_ms !== null)) {
    throw new CausewayError({ code: 'unknown-attachment', message: 'There is no such attachment.', retry: 'never' })
  }
  if (message === undefined || !isSettled(message)) {
    const why = message === undefined ? 'belongs to no message yet' : 'is of a message that has not left yet'
    throw new CausewayError({ code: 'wrong-state', message: `This file ${why}.`, retry: 'never' })
  }
  if (row.state === 'gone') return () => {}
  const parties = await partiesOf(tx, message)
  await takeAway(context, tx, parties.conversation, message, row)
  const [named] = overSignal([message])
  // To the owner's other devices a file that was to be looked at once is none that can be named.
  if (named === undefined || row.view_once === 1) return () => {}
  const file = { id, pointer: row.pointer ?? undefined }
  return tell(context, tx, addresseeOf(parties), { what: 'file', message: named, file })
}

/** The owner has removed a file of a message on another device. One of a message that is not here is passed over. */
export async function takeFileRemoval(
  context: Removing,
  tx: DatabaseTransaction,
  conversation: ConversationRow,
  { message: named, pick }: Extract<RemovalElsewhere, { what: 'file' }>,
): Promise<void> {
  const message = await messageByTime(tx, { conversationId: conversation.id, ...named })
  if (message === undefined || message.removed_at_ms !== null || !isSettled(message)) return
  const here = await filesHere(tx, message)
  const id = await pick(here.map((row) => ({ id: row.id, pointer: row.pointer ?? undefined })))
  const row = here.find((one) => one.id === id)
  if (row !== undefined) await takeAway(context, tx, conversation, message, row)
}

async function takeAway(
  context: Removing,
  tx: DatabaseTransaction,
  conversation: ConversationRow,
  message: MessageRow,
  row: AttachmentRow,
): Promise<void> {
  const { events, clock } = context
  await wipeAttachment(tx, row, REMOVED)
  // Quotes show the first one.
  if (row.position === 0) await forgetQuotedFile(tx, message, await versionTimes(tx, message))
  await tellOfFile(context, tx, message.id, { type: 'attachment.gone', data: { id: row.id, code: REMOVED.code } })
  if (message.text !== '' || (await filesHere(tx, message)).length > 0) return
  const contact = conversation.contact_id === null ? undefined : await findContact(tx, { id: conversation.contact_id })
  await wipe(context, tx, [message], contact)
  await settleConversation(tx, conversation, false, clock())
  await events.append(tx, { type: 'message.removed', messageId: message.id, conversationId: conversation.id })
}

/** Those of its files that have not gone. */
async function filesHere(tx: DatabaseTransaction, message: MessageRow): Promise<AttachmentRow[]> {
  return ((await attachmentsOf(tx, [message])).get(message.id) ?? []).filter(({ state }) => state !== 'gone')
}
