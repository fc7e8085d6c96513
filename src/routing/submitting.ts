/** Takes a new message: whom it is for, how it will travel, and all of that in the caller's one transaction. */
import { parseAddress } from '../domain/address.ts'
import { CausewayError } from '../domain/errors.ts'
import { isGroupId } from '../domain/ids.ts'
import { advance } from '../domain/message.ts'
import { rangesWithin, type TextRange } from '../domain/ranges.ts'
import { SUBJECT_CHARS_MAX, withSubject } from '../domain/subject.ts'
import { useUploads } from '../store/attachments.ts'
import { insertLegs } from '../store/attempts.ts'
import { ensureConversation, noteLastMessage } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { ensureGroupConversation, findGroup } from '../store/groups.ts'
import { claimKey } from '../store/idempotency.ts'
import { getMessage } from '../store/mailbox.ts'
import { insertMessage, nextTimestamp } from '../store/messages.ts'
import { conversationNow } from '../store/people-links.ts'
import type { KeptQuote } from '../store/quoted.ts'
import type { RoutingContext } from './context.ts'
import { announce } from './moves.ts'
import { textColumns } from './naming.ts'
import { ownText, TEXT_LENGTH_MAX, wrongLength } from './own-text.ts'
import { noteUsername, resolvePerson } from './people.ts'
import { consequence, type Parties, partiesIn, planNow } from './plans.ts'
import { quotedFileOf } from './quoted-files.ts'
import type { Stored, SubmitRequest } from './requests.ts'
import { acceptRequest, demandUnblocked } from './strangers.ts'

/**
 * Stores a message with its plan, or finds the one that the same idempotency key made before.
 * Errors: CausewayError `invalid-request`, `invalid-number`, `emergency-number`, `unknown-conversation`,
 * `idempotency-mismatch`, `unknown-quote`, `contact-blocked`, `no-such-modem`, and those of `ownText`.
 */
export async function storeMessage(
  context: RoutingContext,
  tx: DatabaseTransaction,
  request: SubmitRequest,
): Promise<Stored> {
  const media = request.media ?? []
  const written = request.text.length + (request.subject?.length ?? 0)
  if ((request.text === '' && media.length === 0) || written > TEXT_LENGTH_MAX) {
    throw wrongLength()
  }
  const viewOnce = request.viewOnce === true
  if (viewOnce && (media.length !== 1 || written > 0)) {
    throw invalidRequest('What is to be looked at once is one file, without words.')
  }
  const flash = request.flash === true
  if (flash && media.length > 0) throw invalidRequest('A flash message is a text alone: nothing can be attached to it.')
  if (flash && request.policy === 'signal_only') {
    throw invalidRequest('A flash message is a text: it cannot go over Signal only.')
  }
  const { ids, clock, settings } = context
  const id = ids('msg')
  const now = clock()
  if (request.idempotency !== undefined) {
    const claim = await claimKey(tx, request.idempotency, id, now)
    const known = claim.kind === 'known' ? await getMessage(tx, claim.messageId) : undefined
    if (known !== undefined) return { message: known, replayed: true }
    if (claim.kind === 'known') {
      throw new CausewayError({
        code: 'unknown-message',
        message: 'This request was answered before; its message was deleted with its person. It is not sent again.',
        retry: 'never',
      })
    }
  }
  if (request.modem !== undefined) demandModem(context, request.modem)
  const { contact, conversation, group } = await recipient(context, tx, request)
  demandUnblocked(contact)
  const words = ledBySubject(request.subject, await ownText(context, tx, request, { contact, group }))
  // Who writes to a stranger lets them in.
  const isRequest = conversation.request_at_ms !== null
  const afterCommit = await acceptRequest(context, tx, { conversation, contact, group }, { byWriting: true })
  const quote = request.quoteId === undefined ? undefined : await quoteOf(tx, request.quoteId, conversation.id)
  const scheduledAtMs =
    request.scheduledAtMs !== undefined && request.scheduledAtMs > now ? request.scheduledAtMs : null
  const validUntilMs = (scheduledAtMs ?? now) + (request.validityMs ?? settings.validityMs)
  const fields = {
    id,
    policy: request.policy ?? null,
    pinned_lane: request.modem ?? null,
    priority: request.priority ?? 'normal',
    text_approved: 0,
    leg: null,
    attachments: media.length,
    view_once: viewOnce ? 1 : 0,
    flash: flash ? 1 : 0,
    ...words,
    quote_json: quote === undefined ? null : JSON.stringify(quote),
    since_leg: 0,
    tries: 0,
    timer_s: conversation.timer_s > 0 ? conversation.timer_s : null,
    fallback_code: null,
    fallback_reason: null,
    fallback_values_json: null,
    fallback_after_ms: request.fallbackAfterMs ?? null,
  }
  const plan = await planNow(context, tx, fields, contact)
  const { event, move } =
    scheduledAtMs === null
      ? consequence(plan, 0, now, validUntilMs)
      : { event: 'go' as const, move: { due_at_ms: scheduledAtMs, reason: 'waits for its time' } }
  const begin = scheduledAtMs === null ? 'queued' : 'scheduled'
  const message = await insertMessage(tx, {
    ...fields,
    ...move,
    conversation_id: conversation.id,
    direction: 'out',
    valid_until_ms: validUntilMs,
    scheduled_at_ms: scheduledAtMs,
    sent_timestamp_ms: await nextTimestamp(tx, now),
    metadata_json: request.metadata === undefined ? null : JSON.stringify(request.metadata),
    created_at_ms: now,
    updated_at_ms: now,
    state: event === 'go' ? begin : advance(begin, event),
  })
  if (!(await useUploads(tx, id, media, viewOnce))) {
    throw new CausewayError({
      code: 'invalid-media',
      message: 'One of the files is not here (hand it in first), or belongs to another message already.',
      retry: 'never',
    })
  }
  if (scheduledAtMs === null && plan.kind === 'legs') await insertLegs(tx, id, 0, plan.legs)
  await noteLastMessage(tx, conversation.id, id, 'out', now)
  await announce(context.events, tx, message, undefined)
  context.agenda.touch(id)
  return { message, replayed: false, ...(isRequest ? { afterCommit } : {}) }
}

/** Errors: CausewayError `no-such-modem`. */
export function demandModem({ lanes }: Pick<RoutingContext, 'lanes'>, id: string): void {
  if (lanes().some((lane) => lane.transport === 'sms' && lane.id === id)) return
  throw new CausewayError({
    code: 'no-such-modem',
    message: 'There is no such modem here; `GET /api/v1/modems` names them.',
    retry: 'never',
  })
}

/** The columns of a text with its subject before it. Errors: CausewayError `invalid-request`. */
function ledBySubject(given: string | undefined, { text, ranges }: { text: string; ranges: readonly TextRange[] }) {
  const subject = given?.trim() ?? ''
  if (subject === '') return { ...textColumns({ text, ranges }), subject_chars: null }
  if (subject.length > SUBJECT_CHARS_MAX || /\p{Cc}/u.test(subject)) {
    throw invalidRequest(`A subject is one line of at most ${SUBJECT_CHARS_MAX} characters.`)
  }
  const led = withSubject(subject, text, ranges)
  if (rangesWithin(led.text, led.ranges).length !== led.ranges.length) {
    throw invalidRequest('With the subject there are too many styles.')
  }
  return { ...textColumns(led), subject_chars: subject.length }
}

/** Words of a quoted message that go along. */
const QUOTED_CHARS_MAX = 500

/** Errors: CausewayError `unknown-quote`. */
async function quoteOf(tx: DatabaseTransaction, messageId: string, conversationId: string): Promise<KeptQuote> {
  const message = await getMessage(tx, messageId)
  const isGone = message === undefined || message.deleted_at_ms !== null || message.notice !== null
  if (isGone || message.conversation_id !== conversationId) {
    throw new CausewayError({
      code: 'unknown-quote',
      message: 'What this answers to is not a message of the same conversation, or was taken back.',
      retry: 'never',
    })
  }
  const { direction, sent_timestamp_ms: timestampMs, author_aci: authorAci, ranges_json: json } = message
  const text = message.text.slice(0, QUOTED_CHARS_MAX)
  const ranges = json === null ? [] : rangesWithin(text, JSON.parse(json))
  const named = authorAci === null ? {} : { authorAci }
  const file = message.attachments === 0 ? undefined : await quotedFileOf(tx, message)
  const shown = file === undefined ? {} : { file }
  return {
    ours: direction === 'out',
    timestampMs,
    text,
    ...(ranges.length === 0 ? {} : { ranges }),
    ...named,
    ...shown,
  }
}

async function recipient(
  context: RoutingContext,
  tx: DatabaseTransaction,
  { to, username, conversationId }: SubmitRequest,
): Promise<Parties> {
  const { ids, clock } = context
  if ((to === undefined) === (conversationId === undefined)) {
    throw invalidRequest('Give either a recipient or a conversation.')
  }
  if (to !== undefined && !isGroupId(to)) {
    const address = parseAddress(to, context.settings.region)
    const person = { address, aci: undefined, pni: undefined, name: undefined }
    const contact = await noteUsername(tx, await resolvePerson(context, tx, person), username, clock())
    return { contact, conversation: await ensureConversation(tx, ids, contact.id, clock()), group: undefined }
  }
  const group = to === undefined ? undefined : await findGroup(tx, { id: to })
  const conversation =
    group === undefined
      ? await conversationNow(tx, conversationId ?? '')
      : await ensureGroupConversation(tx, ids, group.id, clock())
  const parties = await partiesIn(tx, conversation)
  if (parties === undefined) {
    throw new CausewayError({
      code: 'unknown-conversation',
      message: 'There is no such conversation.',
      retry: 'never',
    })
  }
  return parties
}

function invalidRequest(message: string): CausewayError {
  return new CausewayError({ code: 'invalid-request', message, retry: 'never' })
}
