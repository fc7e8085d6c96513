/**
 * Picture messages in the mailbox beside their content: the line about one that is not here, which is kept up to date, and
 * what carriers report of those that we sent.
 */
import { parseSender } from '../domain/address.ts'
import type { PictureNotice } from '../domain/inbound-notices.ts'
import type { Receipt } from '../domain/sink.ts'
import { findConversation } from '../store/contacts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { findGroup, putRecipient, recipientsOf } from '../store/groups.ts'
import { changeMessage, insertMessage } from '../store/messages.ts'
import { keepEarlyReport, messageNamed } from '../store/mms-carriers.ts'
import { numbersOf, putFailure } from '../store/phone-groups.ts'
import { messageSeen, noteSeen } from '../store/seen.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import { rollUpGroup } from './groups.ts'
import { type MoveContext, moveMessage } from './moves.ts'
import { conversationOf, resolvePerson } from './people.ts'
import type { Settled } from './receipts.ts'
import { noteInbound, readAtOnce } from './strangers.ts'

interface PicturesContext extends RowContext {
  region: string | undefined
}

/** Says that a picture message is not here, or what has become of it; one line for each, unread like a message. */
export async function takePicture(
  context: PicturesContext,
  tx: DatabaseTransaction,
  notice: PictureNotice,
): Promise<void> {
  const { ids, clock, events, region } = context
  const key = noteKey(notice.key)
  const now = clock()
  const known = await messageSeen(tx, 'mms', key)
  if (known !== undefined) {
    if (known.removed_at_ms !== null || known.text === notice.text) return
    const { text, code } = notice
    await changeMessage(tx, known.id, { text, code, metadata_json: JSON.stringify(notice.values) }, now)
    const { id: messageId, conversation_id: conversationId } = known
    await events.append(tx, { type: 'message.completed', messageId, conversationId, data: { missing: 0 } })
    return
  }
  if (notice.code === FETCHED) return
  const contact = await resolvePerson(context, tx, {
    address: parseSender(notice.fromAddress ?? '', region),
    aci: undefined,
    pni: undefined,
    name: undefined,
  })
  const conversation = await conversationOf(context, tx, contact)
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'in',
    text: notice.text,
    notice: 'picture',
    state: 'received',
    code: notice.code,
    metadata_json: JSON.stringify(notice.values),
    transport: 'mms',
    lane: notice.lane,
    sent_timestamp_ms: notice.receivedAtMs,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: notice.receivedAtMs,
    ...readAtOnce(contact, now),
  })
  await noteSeen(tx, 'mms', key, row.id, now)
  await noteInbound(context, tx, row, contact)
}

const FETCHED = 'fetched'
const NOTE = 'note:'

function noteKey(notificationId: string): string {
  return `${NOTE}${notificationId}`
}

/** The announced picture message that a line is about; undefined for any other message. */
export async function pictureOf(db: Database, messageId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('seen')
    .select('dedupe_key')
    .where('message_id', '=', messageId)
    .where('transport', '=', 'mms')
    .where('dedupe_key', 'like', `${NOTE}%`)
    .executeTakeFirst()
  return row?.dedupe_key.slice(NOTE.length)
}

/** Settles what a carrier reports of a picture message; undefined when it is about none of ours, or not known yet. */
export async function settleMmsReceipt(
  context: MoveContext,
  tx: DatabaseTransaction,
  receipt: Receipt & { transport: 'mms' },
): Promise<Settled | undefined> {
  const message = await messageNamed(tx, receipt)
  if (message === undefined) {
    await keepEarlyReport(tx, receipt)
    return undefined
  }
  const conversation = await findConversation(tx, { id: message.conversation_id })
  const groupId = conversation?.group_id ?? undefined
  const group = groupId === undefined ? undefined : await findGroup(tx, { id: groupId })
  const numbers = group === undefined ? undefined : numbersOf(group)
  if (numbers === undefined) return { was: message.state, message: await settleOne(context, tx, message, receipt) }
  if (!numbers.includes(receipt.recipient)) return undefined
  return { was: message.state, message: await settleMember(context, tx, message, receipt) }
}

function settleOne(
  context: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  { kind, atMs, detail }: Receipt & { transport: 'mms' },
): Promise<MessageRow> {
  if (kind === 'failed') {
    const reason = `The carrier could not deliver it: ${detail}.`
    return moveMessage(context, tx, message, 'undelivered', { code: 'undelivered', reason, due_at_ms: null })
  }
  return moveMessage(context, tx, message, kind, {
    sent_at_ms: message.sent_at_ms ?? atMs,
    delivered_at_ms: message.delivered_at_ms ?? atMs,
    ...(kind === 'read' ? { read_at_ms: atMs } : {}),
    due_at_ms: null,
    reason: detail,
  })
}

async function settleMember(
  context: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  { kind, recipient, atMs, detail }: Receipt & { transport: 'mms' },
): Promise<MessageRow> {
  const row = { message_id: message.id, aci: recipient, detail, at_ms: atMs }
  if (kind !== 'failed') await putRecipient(tx, { ...row, state: kind })
  else await putFailure(tx, { ...row, state: kind })
  const rows = await recipientsOf(tx, message.id)
  if (rows.length > 0 && rows.every(({ state }) => state === 'failed')) {
    const reason = 'The carrier could deliver it to nobody.'
    return moveMessage(context, tx, message, 'undelivered', { code: 'undelivered', reason, due_at_ms: null })
  }
  return rollUpGroup(context, tx, message, atMs)
}
