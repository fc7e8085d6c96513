/** What transports say that nobody wrote: a missed call, a broadcast to everybody, something that waits elsewhere,
 * data for a program. */
import { createHash } from 'node:crypto'
import { parseSender } from '../domain/address.ts'
import type { InboundBroadcast, InboundCall, InboundData, WaitingNotice } from '../domain/inbound-notices.ts'
import { afterNotice, type WaitingState } from '../domain/waiting.ts'
import { noteLastMessage, noteWaiting } from '../store/contacts.ts'
import { addDataMessage } from '../store/data-messages.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { insertMessage } from '../store/messages.ts'
import { noteSeen, seenAgain, wasSeen } from '../store/seen.ts'
import type { RowContext } from './context.ts'
import { announce } from './moves.ts'
import { conversationOf, resolvePerson } from './people.ts'
import { noteInbound, noteRequest, readAtOnce } from './strangers.ts'

interface NoticeContext extends RowContext {
  region: string | undefined
}

/** Callers without a number share a conversation, one for those who hide and one for those whose network is silent. */
const WITHHELD = { kind: 'alphanumeric', sender: 'Withheld number' } as const
const UNKNOWN_CALLER = { kind: 'alphanumeric', sender: 'Unknown caller' } as const

/** Notes a call that nobody answered here in the caller's conversation. */
export async function takeCall(context: NoticeContext, tx: DatabaseTransaction, call: InboundCall): Promise<void> {
  const { ids, clock, region } = context
  const network = call.signal === undefined ? 'sms' : 'signal'
  if (await wasSeen(tx, network, call.dedupeKey)) return
  const nameless = call.signal !== undefined ? undefined : call.withheld ? WITHHELD : UNKNOWN_CALLER
  const contact = await resolvePerson(context, tx, {
    address: call.fromAddress === undefined ? nameless : parseSender(call.fromAddress, region),
    aci: call.signal?.aci,
    pni: call.signal?.pni,
    name: undefined,
  })
  const conversation = await conversationOf(context, tx, contact)
  if (call.signal?.request === true) await noteRequest(context, tx, conversation)
  const now = clock()
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'in',
    kind: 'call',
    ...wordsOf(call),
    state: 'received',
    lane: call.lane,
    sent_timestamp_ms: call.startedAtMs,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: call.startedAtMs,
    ...readAtOnce(contact, now),
  })
  await noteInbound(context, tx, row, contact)
  await noteSeen(tx, network, call.dedupeKey, row.id, now)
}

/** Of the lines about calls, for those who say them in another language. */
export const CALL_CODES = ['missed', 'hung-up', 'signal', 'signal-video'] as const

/** On another device of the owner a call over Signal may have been answered. */
function wordsOf({ signal, hungUp }: InboundCall): { code: (typeof CALL_CODES)[number]; text: string } {
  if (signal?.video === true) return { code: 'signal-video', text: 'Video call over Signal, not answered here' }
  if (signal !== undefined) return { code: 'signal', text: 'Call over Signal, not answered here' }
  return hungUp ? { code: 'hung-up', text: 'Missed call (hung up)' } : { code: 'missed', text: 'Missed call' }
}

/** Networks repeat a broadcast while it holds; the same one after a day without it is news again. */
const BROADCAST_REPEATS_MS = 24 * 3_600_000

/** Shows a broadcast: warnings in one conversation, each channel of information in its own. */
export async function takeBroadcast(
  context: NoticeContext,
  tx: DatabaseTransaction,
  broadcast: InboundBroadcast,
): Promise<void> {
  const { ids, clock, events } = context
  const { channel, serial, text, severity, lane, receivedAtMs } = broadcast
  const now = clock()
  const digest = createHash('sha256').update(text).digest('hex')
  // Not the modem: two of them in one place hear the same warning.
  const key = `cbs:${channel}:${serial}:${digest}`
  if (await seenAgain(tx, 'sms', key, BROADCAST_REPEATS_MS, now)) return
  const sender = severity === 'information' ? `Cell broadcast ${channel}` : 'Public warning'
  const contact = await resolvePerson(context, tx, {
    address: { kind: 'alphanumeric', sender },
    aci: undefined,
    pni: undefined,
    name: undefined,
  })
  const conversation = await conversationOf(context, tx, contact)
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'in',
    kind: 'broadcast',
    severity,
    text,
    state: 'received',
    lane,
    sent_timestamp_ms: receivedAtMs,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: receivedAtMs,
  })
  await noteLastMessage(tx, conversation.id, row.id, 'in', now)
  await announce(events, tx, row, undefined)
  await events.append(tx, {
    type: 'broadcast.received',
    messageId: row.id,
    conversationId: conversation.id,
    data: { severity, channel, serial, language: broadcast.language ?? null },
  })
  await noteSeen(tx, 'sms', key, row.id, now)
}

/** Changes what waits according to the conversation with the service that says so. */
export async function takeWaiting(
  context: NoticeContext,
  tx: DatabaseTransaction,
  notice: WaitingNotice,
): Promise<void> {
  const contact = await resolvePerson(context, tx, {
    address: parseSender(notice.fromAddress, context.region),
    aci: undefined,
    pni: undefined,
    name: undefined,
  })
  const conversation = await conversationOf(context, tx, contact)
  const before = JSON.parse(conversation.waiting_json ?? '{}') as WaitingState
  const after = afterNotice(before, notice)
  if (after === undefined) return
  await noteWaiting(tx, conversation.id, JSON.stringify(after), notice.count === 0 ? undefined : context.clock())
  await context.events.append(tx, {
    type: 'conversation.waiting',
    conversationId: conversation.id,
    data: { waiting: notice.type, count: notice.count ?? null },
  })
}

/** Keeps data for programs. */
export async function takeData(context: NoticeContext, tx: DatabaseTransaction, item: InboundData): Promise<void> {
  const id = await addDataMessage(tx, context.ids, item)
  if (id === undefined) return
  await context.events.append(tx, {
    type: 'data.received',
    data: { id, lane: item.lane, destination_port: item.ports?.destination ?? null },
  })
}
