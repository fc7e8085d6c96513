/**
 * What receipts prove, inside a transaction: parts are settled, messages advance, and a message that was given up or sent
 * another way is repaired.
 */
import { addressDigits } from '../domain/address.ts'
import { accepts } from '../domain/message.ts'
import type { Receipt } from '../domain/sink.ts'
import { asClause } from '../domain/words.ts'
import { changePart, partsOf, partsSubmitted, type SubmittedPart } from '../store/attempts.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { keepEarly } from '../store/early-receipts.ts'
import { getMessage } from '../store/mailbox.ts'
import { changeMessage, messagesBySentTime } from '../store/messages.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { PartRow } from '../store/tables/sending.ts'
import type { RowContext } from './context.ts'
import { settleGroupReceipt } from './groups.ts'
import { type MoveContext, moveMessage } from './moves.ts'
import { isSettled, partReported } from './report-match.ts'
import { noteEvidence } from './standing.ts'

/** A status report may come this long after its message. */
const REPORT_WINDOW_MS = 72 * 3_600_000
/** Parts to one recipient that one report is compared with. */
const CANDIDATES_MAX = 512

type SmsReceipt = Receipt & { transport: 'sms' }
type SignalReceipt = Receipt & { transport: 'signal' }

export interface ReceiptContext extends MoveContext {
  region: string | undefined
}

/** What a receipt has done to a message. */
export interface Settled {
  was: MessageRow['state']
  message: MessageRow
}

/**
 * Settles the part that a status report speaks of, and its message; undefined when the report is about none of ours or
 * says nothing new.
 */
export async function settleSmsReceipt(
  context: ReceiptContext,
  tx: DatabaseTransaction,
  receipt: SmsReceipt,
): Promise<Settled | undefined> {
  const digits = addressDigits(receipt.recipientAddress, context.region)
  const since = context.clock() - REPORT_WINDOW_MS
  const candidates = await partsSubmitted(tx, receipt.lane, digits, since, CANDIDATES_MAX)
  const part = partReported(candidates, receipt)
  if (part === undefined || isRepeated(part, receipt)) return undefined
  await settlePart(tx, part, receipt)
  const message = await getMessage(tx, part.message_id)
  if (message === undefined) return undefined
  return { was: message.state, message: await rollUp(context, tx, message, part.leg, receipt.dischargedAtMs) }
}

/** A settled part is only ever repaired: what failed may be delivered after all. */
function isRepeated(part: SubmittedPart, receipt: SmsReceipt): boolean {
  return isSettled(part) && !(part.state === 'failed' && receipt.outcome === 'delivered')
}

async function settlePart(tx: DatabaseTransaction, part: SubmittedPart, receipt: SmsReceipt): Promise<void> {
  const state = { delivered: 'delivered', temporary: 'accepted', 'permanent-failure': 'failed' } as const
  await changePart(
    tx,
    { messageId: part.message_id, leg: part.leg, part: part.part },
    {
      state: state[receipt.outcome],
      message_reference: receipt.messageReference,
      centre_time_ms: receipt.submittedAtMs,
      settled_at_ms: receipt.dischargedAtMs,
      detail: receipt.detail,
    },
  )
}

/**
 * Brings a message to where the parts of one of its legs are. A leg that has been left counts only where it proves
 * delivery.
 */
export async function rollUp(
  context: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  leg: number,
  atMs: number,
): Promise<MessageRow> {
  const parts = await partsOf(tx, message.id, leg)
  if (parts.length === 0) return message
  const all = (...states: readonly PartRow['state'][]) => parts.every(({ state }) => states.includes(state))
  if (all('delivered')) {
    return moveMessage(context, tx, message, 'delivered', {
      delivered_at_ms: message.delivered_at_ms ?? atMs,
      sent_at_ms: message.sent_at_ms ?? atMs,
      due_at_ms: null,
      reason: 'the status report says that it arrived',
    })
  }
  if (message.leg !== leg) return message
  const failed = parts.find(({ state }) => state === 'failed')
  if (failed !== undefined && parts.every(({ state }) => state !== 'pending' && state !== 'submitting')) {
    return moveMessage(context, tx, message, 'undelivered', {
      code: 'undelivered',
      reason: `The network could not deliver it: ${asClause(failed.detail ?? 'no reason was given')}.`,
      due_at_ms: null,
    })
  }
  if (message.state !== 'uncertain') return message
  if (all('accepted', 'delivered')) {
    return moveMessage(context, tx, message, 'accepted', {
      sent_at_ms: message.sent_at_ms ?? atMs,
      due_at_ms: null,
      reason: 'the status report shows that the network had taken it',
    })
  }
  if (parts.some(({ state }) => state === 'pending') && all('accepted', 'delivered', 'pending')) {
    return moveMessage(context, tx, message, 'carry-on', {
      reason: 'the status report settled what was uncertain; the other parts follow',
    })
  }
  return message
}

/** Moves the messages that a Signal receipt speaks of, and takes it as evidence that this person is there. */
export async function settleSignalReceipt(
  context: RowContext,
  tx: DatabaseTransaction,
  receipt: SignalReceipt,
): Promise<Settled[]> {
  const settled = await settleGroupReceipt(context, tx, receipt)
  const contact = await findContact(tx, { aci: receipt.fromAci })
  if (contact !== undefined) await noteEvidence(context, tx, contact, { kind: 'registered' })
  const messages = await messagesBySentTime(tx, receipt.fromAci, receipt.timestampsMs)
  const here = new Set(
    [...settled.map(({ message }) => message), ...messages].map(({ sent_timestamp_ms }) => sent_timestamp_ms),
  )
  const timestampsMs = receipt.timestampsMs.filter((timestampMs) => !here.has(timestampMs))
  const { kind, fromAci: aci, atMs } = receipt
  await keepEarly(tx, { kind, aci, timestampsMs, atMs }, context.clock())
  for (const before of messages) {
    settled.push({ was: before.state, message: await settleBySignal(context, tx, before, receipt) })
  }
  return settled
}

/** Moves one message by what its recipient's device said of it. */
export async function settleBySignal(
  context: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  receipt: Pick<SignalReceipt, 'kind' | 'atMs'>,
): Promise<MessageRow> {
  if (!accepts(message.state, receipt.kind)) {
    if (message.transport === 'signal' || message.twin_transport !== null) return message
    return changeMessage(tx, message.id, { twin_transport: 'signal', twin_at_ms: receipt.atMs }, context.clock())
  }
  // The text of a fallback has left, or is leaving: both copies exist, and the row says so.
  const textWent =
    message.transport !== null &&
    message.transport !== 'signal' &&
    (message.state === 'sending' || message.state === 'uncertain' || (await hasLeft(tx, message)))
  return moveMessage(context, tx, message, receipt.kind, {
    transport: 'signal',
    encrypted: 1,
    sent_at_ms: message.sent_at_ms ?? receipt.atMs,
    delivered_at_ms: message.delivered_at_ms ?? receipt.atMs,
    ...(receipt.kind === 'read' ? { read_at_ms: receipt.atMs } : {}),
    due_at_ms: null,
    ...(textWent ? { twin_transport: message.transport, twin_at_ms: message.fallback_at_ms } : {}),
    ...(message.fallback_from !== null && !textWent
      ? { fallback_from: null, fallback_code: null, fallback_reason: null, fallback_at_ms: null }
      : {}),
    reason: textWent
      ? `it arrived over Signal after all; a ${message.transport === 'mms' ? 'picture message' : 'text'} had been sent, too`
      : 'it arrived over Signal',
  })
}

async function hasLeft(tx: DatabaseTransaction, message: MessageRow): Promise<boolean> {
  if (message.leg === null) return false
  return (await partsOf(tx, message.id, message.leg)).some(({ state }) => state !== 'pending')
}
