/**
 * What the owner wrote on another device of the same account: shown in the conversation of whom it went to, as a message
 * of ours that has left. It has no plan, no attempt and no deadline, so nothing can send it again or fall back from it;
 * receipts move it like any other, even those that came before it.
 */
import type { MirroredMessage } from '../domain/sink.ts'
import type { Recipient } from '../domain/transport.ts'
import { insertInboundMedia, insertQuoted, wipeAttachmentsOf } from '../store/attachments.ts'
import { noteLastMessage } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { OURS, takeEarlyReceipts } from '../store/early-receipts.ts'
import { putRecipient } from '../store/groups.ts'
import { insertMessage } from '../store/messages.ts'
import { noteSeen, wasSeen } from '../store/seen.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { catchUp } from './catching-up.ts'
import type { RoutingContext, RowContext } from './context.ts'
import { conversationOfGroup, settleGroupReceipt } from './groups.ts'
import type { MediaDesk } from './media.ts'
import { announce } from './moves.ts'
import { shownText, textColumns } from './naming.ts'
import { conversationOf, resolvePerson } from './people.ts'
import { takeQuote } from './quoted-files.ts'
import { settleBySignal } from './receipts.ts'
import { noteEvidence } from './standing.ts'
import { endRequest } from './strangers.ts'

/** Name of the conversation that the owner has with themselves. */
const NOTE_TO_SELF = 'Note to self'

const LOOKED_AT_ONCE = { code: 'view-once', reason: 'it is for the other side to look at once, and not kept here' }

type MirrorContext = RowContext & Pick<RoutingContext, 'transports'> & { media: Pick<MediaDesk, 'dueAtMs'> }

/** Stores it, once. */
export async function takeMirrored(
  context: MirrorContext,
  tx: DatabaseTransaction,
  message: MirroredMessage,
): Promise<void> {
  const { ids, clock, events } = context
  const { to, toSelf, sentAtMs, lane, quote, dedupeKey, members = [], media = [], viewOnce = false } = message
  if (await wasSeen(tx, 'signal', dedupeKey)) return
  const contact =
    to.groupId === undefined ? await personOf(context, tx, to, toSelf ? NOTE_TO_SELF : undefined) : undefined
  const conversation =
    contact === undefined
      ? await conversationOfGroup(context, tx, to.groupId ?? '')
      : await conversationOf(context, tx, contact)
  if (conversation === undefined) return
  await endRequest(context, tx, conversation)
  const now = clock()
  const said = await takeQuote(context, tx, conversation, quote, false)
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'out',
    origin: 'other-device',
    ...textColumns(await shownText(tx, message)),
    preview_json: message.preview === undefined ? null : JSON.stringify(message.preview),
    quote_json: said.json,
    attachments: media.length,
    view_once: viewOnce ? 1 : 0,
    timer_s: message.timerS ?? null,
    expires_at_ms: message.timerS === undefined ? null : message.startedAtMs + message.timerS * 1_000,
    state: 'sent',
    reason: 'written on another device of this Signal account',
    transport: 'signal',
    lane,
    encrypted: 1,
    valid_until_ms: sentAtMs,
    sent_timestamp_ms: sentAtMs,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: sentAtMs,
  })
  const files = media.map((facts) => ({
    id: ids('att'),
    facts,
    // What was to be looked at once is for the other side alone.
    dueAtMs: viewOnce ? null : context.media.dueAtMs(facts),
  }))
  await insertInboundMedia(tx, row, files, { transport: message.transport, viewOnce, nowMs: now })
  if (said.copy !== undefined) {
    await insertQuoted(tx, row.id, { ...said.copy, transport: message.transport }, now)
  }
  if (viewOnce) await wipeAttachmentsOf(tx, row, LOOKED_AT_ONCE)
  await noteLastMessage(tx, conversation.id, row.id, 'out', now)
  await noteSeen(tx, 'signal', dedupeKey, row.id, now)
  await announce(events, tx, row, undefined)
  if (contact === undefined) {
    await reachedMembers(context, tx, row, members)
  } else {
    if (!toSelf && contact.signal_standing === 'unknown') {
      await noteEvidence(context, tx, contact, { kind: 'registered' })
    }
    await settleEarly(context, tx, row, contact)
  }
  await catchUp(context, tx, row, OURS)
}

/** To whom of a group it went, and their receipts that were faster than the message. */
async function reachedMembers(context: RowContext, tx: DatabaseTransaction, row: MessageRow, acis: readonly string[]) {
  const { id: message_id, sent_timestamp_ms: timestampMs } = row
  for (const aci of acis) await putRecipient(tx, { message_id, aci, state: 'sent', detail: null, at_ms: timestampMs })
  for (const aci of acis) {
    for (const { kind, at_ms: atMs } of await takeEarlyReceipts(tx, aci, timestampMs)) {
      await settleGroupReceipt(context, tx, { kind, fromAci: aci, timestampsMs: [timestampMs], atMs })
    }
  }
}

/** Receipts that were faster than the message. */
async function settleEarly(context: RowContext, tx: DatabaseTransaction, row: MessageRow, { aci }: ContactRow) {
  if (aci === null) return
  let message = row
  for (const { kind, at_ms: atMs } of await takeEarlyReceipts(tx, aci, row.sent_timestamp_ms)) {
    message = await settleBySignal(context, tx, message, { kind, atMs })
  }
}

function personOf(context: RowContext, tx: DatabaseTransaction, to: Recipient, name: string | undefined) {
  const { e164, aci, pni } = to
  return resolvePerson(context, tx, {
    address: e164 === undefined ? undefined : { kind: 'e164', e164 },
    aci,
    pni,
    name,
  })
}
