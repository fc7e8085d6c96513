/**
 * What the owner does to a message that is here: reacts, edits, takes back. It shows at once; the transport that carried the
 * message tells the other side, durably (`Transport.change`). A text message knows nothing of the kind, and that is said.
 */
import { CausewayError } from '../domain/errors.ts'
import type { TextRange } from '../domain/ranges.ts'
import { told } from '../domain/told.ts'
import type { OutgoingChange } from '../domain/transport.ts'
import { deleteText, editMessage, react, versionTimes } from '../store/amendments.ts'
import { attachmentsOf, quotedCopy, wipeAttachmentsOf } from '../store/attachments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { changeMessage } from '../store/messages.ts'
import { noteOwnChange } from '../store/own-changes.ts'
import { keptQuote } from '../store/quoted.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import type { RoutingContext } from './context.ts'
import { forgetOnTransports } from './disappearing.ts'
import { textColumns } from './naming.ts'
import { ownText, TEXT_LENGTH_MAX, wrongLength } from './own-text.ts'
import { addresseeOf, partiesOf } from './plans.ts'
import type { Mention } from './requests.ts'
import { acceptRequest, demandUnblocked } from './strangers.ts'

/** What can be done to a message. */
export type MessageChange =
  /** null takes the own reaction away. */
  | { kind: 'reaction'; emoji: string | null }
  | { kind: 'edited'; text: string; ranges?: readonly TextRange[]; mentions?: readonly Mention[] }
  | { kind: 'deleted' }

/** For so long official clients let a message be edited, or taken back for everybody. */
const CHANGE_WINDOW_MS = 24 * 3_600_000
/** So many edits they take of one message. */
const EDITS_MAX = 10

/**
 * Changes it here and has the other side told. The message as it is then, and what is to be called after the commit.
 * Errors: CausewayError `unknown-message`, `not-over-signal`, `not-ours`, `wrong-state`, `edit-too-late`,
 * `edit-too-often`, `delete-too-late`, `invalid-request`, `signal-no-account`, and those of `ownText`.
 */
export async function changeMessageOf(
  context: RoutingContext,
  tx: DatabaseTransaction,
  messageId: string,
  wanted: MessageChange,
): Promise<{ message: MessageRow; afterCommit: () => void }> {
  const message = await demandChangeable(tx, messageId)
  const now = context.clock()
  if (wanted.kind !== 'reaction') demandOwn(message, wanted.kind, now)
  if (wanted.kind === 'edited') demandText(wanted.text)
  if (wanted.kind === 'edited' && message.view_once === 1) {
    throw refusal('wrong-state', 'What was to be looked at once cannot be edited.')
  }
  const change =
    wanted.kind === 'edited'
      ? { kind: wanted.kind, ...(await ownText(context, tx, wanted, await partiesOf(tx, message))) }
      : wanted
  const times = await versionTimes(tx, message)
  if (change.kind === 'edited' && times.length > EDITS_MAX) {
    const message = `Signal lets a message be edited ${EDITS_MAX} times; this one was.`
    throw new CausewayError({ ...told('edit-too-often', { max: EDITS_MAX }), message, retry: 'never' })
  }
  const timestampMs = await noteOwnChange(tx, { messageId, kind: change.kind }, now)
  const kept = change.kind === 'edited' ? await keptWith(tx, message) : NOTHING_KEPT
  const outgoing = outgoingOf(message, change, times.at(-1) ?? message.sent_timestamp_ms, kept)
  if (outgoing === undefined) throw refusal('wrong-state', 'There is no reaction of yours to take away.')
  await applyHere(context, tx, message, change, timestampMs)
  await context.events.append(tx, {
    type: `message.${change.kind}`,
    messageId,
    conversationId: message.conversation_id,
    data: { by: 'us' },
  })
  const poke = await tell(context, tx, message, outgoing, timestampMs)
  const afterCommit = () => {
    poke()
    context.media.poke()
  }
  return { message: (await getMessage(tx, messageId)) ?? message, afterCommit }
}

const NOTHING_KEPT = { attachmentIds: [], quote: undefined }

/** What an edit says anew, since it belongs to the message: what is attached, and what it answers to. */
async function keptWith(tx: DatabaseTransaction, message: MessageRow) {
  const files = (await attachmentsOf(tx, [message])).get(message.id) ?? []
  const attachmentIds = files.map(({ id }) => id)
  const quote = keptQuote(message)
  if (quote?.file === undefined) return { attachmentIds, quote }
  const thumbnailId = (await quotedCopy(tx, message.id))?.id
  return { attachmentIds, quote: { ...quote, file: { ...quote.file, thumbnailId } } }
}

/** A message that Signal carried, that is settled, and that still stands. */
async function demandChangeable(tx: DatabaseTransaction, messageId: string): Promise<MessageRow> {
  const message = await getMessage(tx, messageId)
  if (message === undefined) throw refusal('unknown-message', 'There is no such message.')
  if (message.deleted_at_ms !== null) throw refusal('wrong-state', 'This message was taken back.')
  if (message.disappeared_at_ms !== null) throw refusal('wrong-state', 'This message has disappeared.')
  if (message.kind !== 'text' || message.transport !== 'signal') {
    throw refusal(
      'not-over-signal',
      'Only a message that Signal carried can be reacted to, edited or taken back; a text message cannot.',
    )
  }
  if (message.direction === 'out' && !['sent', 'delivered', 'read'].includes(message.state)) {
    throw refusal('wrong-state', `Signal does not have this message (yet): it is ${message.state}. Cancel it instead.`)
  }
  return message
}

function demandOwn(message: MessageRow, kind: 'edited' | 'deleted', nowMs: number): void {
  if (message.direction !== 'out') {
    throw refusal('not-ours', 'Only messages of your own can be edited or taken back for everybody.')
  }
  if (nowMs - (message.sent_at_ms ?? message.created_at_ms) <= CHANGE_WINDOW_MS) return
  if (kind === 'edited') throw refusal('edit-too-late', 'Signal lets a message be edited within a day of its sending.')
  throw refusal('delete-too-late', 'Signal lets a message be taken back within a day of its sending.')
}

function demandText(text: string): void {
  if (text !== '' && text.length <= TEXT_LENGTH_MAX) return
  throw wrongLength()
}

/** `newestMs`: the time of the newest version, which is what an edit names. */
function outgoingOf(
  message: MessageRow,
  change: MessageChange,
  newestMs: number,
  { attachmentIds, quote }: Awaited<ReturnType<typeof keptWith>>,
): OutgoingChange['change'] | undefined {
  const { sent_timestamp_ms: timestampMs } = message
  switch (change.kind) {
    case 'edited': {
      const { text, ranges = [] } = change
      return { kind: 'edited', targetMs: newestMs, text, ranges, quote, attachmentIds }
    }
    case 'deleted':
      return { kind: 'deleted', targetMs: timestampMs }
    case 'reaction': {
      const target = { ours: message.direction === 'out', timestampMs, authorAci: message.author_aci ?? undefined }
      if (change.emoji !== null) return { kind: 'reaction', target, emoji: change.emoji, removed: false }
      const own = ownReaction(message)
      return own === undefined ? undefined : { kind: 'reaction', target, emoji: own, removed: true }
    }
  }
}

function ownReaction({ reactions_json: json }: MessageRow): string | undefined {
  const reactions: { emoji: string; ours?: true }[] = json === null ? [] : JSON.parse(json)
  return reactions.find(({ ours }) => ours === true)?.emoji
}

async function applyHere(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  change: MessageChange,
  timestampMs: number,
): Promise<void> {
  const now = context.clock()
  if (change.kind === 'edited') {
    await editMessage(tx, message, { timestampMs, text: change.text }, now)
    const { ranges_json } = textColumns({ text: change.text, ranges: change.ranges ?? [] })
    await changeMessage(tx, message.id, { ranges_json }, now)
  } else if (change.kind === 'deleted') {
    await forgetOnTransports(context, tx, message, await versionTimes(tx, message))
    await deleteText(tx, message, now)
    await wipeAttachmentsOf(tx, message)
  } else {
    const aci = context.lanes().find(({ transport }) => transport === 'signal')?.ownAci ?? ''
    await react(tx, message, { aci, ours: true }, change.emoji ?? undefined, now)
  }
}

async function tell(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  change: OutgoingChange['change'],
  timestampMs: number,
): Promise<() => void> {
  const transport = context.transports.find(({ name }) => name === message.transport)
  if (transport?.change === undefined) throw refusal('not-over-signal', 'There is no Signal account here.')
  const parties = await partiesOf(tx, message)
  const { contact } = parties
  demandUnblocked(contact)
  const afterAccepting = await acceptRequest(context, tx, parties, { byWriting: true })
  const afterCommit = await transport.change({ recipient: addresseeOf(parties), timestampMs, change }, asUnit(tx))
  return () => {
    afterAccepting()
    afterCommit()
  }
}

function refusal(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'never' })
}
