/**
 * One attempt, from claim to close:
 *
 *   claim   { still queued, this leg, in time, its turn, lane free · attempt row · state sending }   one transaction
 *   send    the transport works, journalling its parts                                               no transaction
 *   close   { ledger · state by outcome or by what the error lets us do }                            one transaction
 *
 * A job that comes twice, late or for nothing fails at the claim. A crash in between leaves an attempt open; `recover`
 * closes it by what the journal proves: nothing handed over → queued again; handed over without an answer → uncertain.
 */
import { addressDigits } from '../domain/address.ts'
import { CausewayError, type RetryClass } from '../domain/errors.ts'
import { chooseLane, type LaneChoice } from '../domain/lane-choice.ts'
import type { OutgoingMedia } from '../domain/media.ts'
import { asPlainText } from '../domain/plain-text.ts'
import type { OutgoingAttempt, Quote, SendOutcome, Transport } from '../domain/transport.ts'
import { durationInWords } from '../domain/words.ts'
import {
  type AttemptEnd,
  closeAttempt,
  findLeg,
  isOpen,
  movePartsOf,
  openAttempt,
  openAttempts,
  partsOf,
  refusalsByLane,
} from '../store/attempts.ts'
import { noteSmsLane } from '../store/contacts.ts'
import { type DatabaseTransaction, withoutWaiting } from '../store/database.ts'
import { putRecipient } from '../store/groups.ts'
import { getMessage } from '../store/mailbox.ts'
import { mayGoNow } from '../store/messages.ts'
import type { AttemptRow, MessageRow, PartRow } from '../store/tables/mailbox.ts'
import type { AttemptJob } from './agenda.ts'
import type { RoutingContext } from './context.ts'
import { timerOf } from './disappearing.ts'
import { rollUpGroup } from './groups.ts'
import { LegJournal } from './journal.ts'
import { QUOTA_EXCEEDED } from './lane-watch.ts'
import { moveMessage } from './moves.ts'
import { outgoingMedia } from './outgoing-media.ts'
import { flagIdentity } from './people.ts'
import { addresseeOf, applyPlan, type Parties, partiesOf, planNow } from './plans.ts'
import { rollUp } from './receipts.ts'
import { noteEvidence } from './standing.ts'

/** First wait before a repetition on the same transport; doubles with each… */
const BACK_OFF_MS = 2_000
/** …up to this. */
const BACK_OFF_MAX_MS = 5 * 60_000
/** Attempts of one leg; after that the transport counts as having refused. */
const TRIES_PER_LEG_MAX = 300
/** Waits that an error asks for are stretched by up to this part, so that not all end at once. */
const WAIT_SPREAD = 0.1
/** With `resend_when_uncertain`: how long a report is waited for. */
const UNCERTAIN_WAIT_MS = 10 * 60_000

interface Claim {
  attempt: AttemptRow
  transport: Transport
  outgoing: OutgoingAttempt
  journal: LegJournal
}

export class Sending {
  readonly #context: RoutingContext
  /** Attempts that this process is working on: an open row that is not among them was cut off. */
  readonly #live = new Set<string>()

  constructor(context: RoutingContext) {
    this.#context = context
  }

  /** Claims and makes one attempt; how many parts have left. Does nothing where there is nothing to do. */
  async attempt(job: AttemptJob): Promise<number> {
    const { db, events, agenda, uses } = this.#context
    // Not waited for: before anything leaves, the journal (or the ratchet) waits for what it writes after this.
    const claim = await withoutWaiting(db)
      .transaction()
      .execute((tx) => this.#claim(tx, job))
    events.poke()
    void agenda.flush()
    if (claim === undefined) return 0
    try {
      const outcome = await this.#send(claim)
      // Nobody is told of it who would not ask again: a power cut before it is on the disk leaves `uncertain`.
      await withoutWaiting(db)
        .transaction()
        .execute(async (tx) => {
          await claim.journal.close(tx)
          await this.#close(tx, claim, outcome)
        })
      uses.add(claim.attempt.lane, claim.journal.taken)
    } finally {
      this.#live.delete(claim.attempt.id)
      events.poke()
      void agenda.flush()
    }
    return claim.journal.taken
  }

  /** Closes attempts that a crash, or a failure of the database, left open. */
  async recover(): Promise<void> {
    const { db, events, agenda } = this.#context
    for (const attempt of await openAttempts(db)) {
      if (this.#live.has(attempt.id)) continue
      await db.transaction().execute((tx) => this.#recover(tx, attempt))
    }
    events.poke()
    void agenda.flush()
  }

  async #claim(tx: DatabaseTransaction, job: AttemptJob): Promise<Claim | undefined> {
    const { clock, agenda, ids, transports } = this.#context
    const now = clock()
    const message = await getMessage(tx, job.messageId)
    if (message === undefined || message.state !== 'queued' || message.leg !== job.leg) return undefined
    const transportName = message.transport
    if (transportName !== 'sms' && transportName !== 'signal') return undefined
    if (now >= (message.valid_until_ms ?? now)) {
      await expire(this.#context, tx, message)
      return undefined
    }
    if (message.not_before_ms > now) {
      agenda.touch(message.id)
      return undefined
    }
    const parties = await partiesOf(tx, message)
    const isFirst = message.tries === 0
    const parts = isFirst ? [] : await partsOf(tx, message.id, message.leg)
    const begun = parts.find(({ state }) => state !== 'pending')
    if (begun === undefined && (await this.#replanned(tx, message, parties))) return undefined
    if (!(await mayGoNow(tx, message.id, now))) return undefined
    const transport = transports.find(({ name }) => name === transportName)
    if (transport === undefined) return undefined
    const choice = await this.#chooseLane(tx, transport, message, begun?.lane, parties)
    if (choice.kind === 'away') return undefined
    if (choice.kind === 'full') {
      await moveMessage(this.#context, tx, message, 'back-off', {
        not_before_ms: choice.untilMs,
        code: QUOTA_EXCEEDED,
        reason: `waits: ${choice.reason}`,
      })
      agenda.touch(message.id)
      return undefined
    }
    if (choice.lane !== job.lane) {
      agenda.touch(message.id, choice.lane)
      return undefined
    }
    const media = await outgoingMedia(tx, this.#context.media.blobs, message)
    if (media === undefined) {
      const reason = 'Not sent: what was attached is not here any more.'
      await moveMessage(this.#context, tx, message, 'fail', { code: 'media-gone', reason, due_at_ms: null })
      return undefined
    }
    const attempt = await openAttempt(tx, ids, {
      messageId: message.id,
      leg: message.leg,
      transport: transportName,
      lane: choice.lane,
      atMs: now,
    })
    await moveMessage(this.#context, tx, message, 'begin', { tries: message.tries + 1, lane: choice.lane })
    this.#live.add(attempt.id)
    return { attempt, transport, ...this.#outgoing(attempt, message, parties, { isFirst, media }) }
  }

  async #chooseLane(
    tx: DatabaseTransaction,
    transport: Transport,
    message: MessageRow,
    begun: string | undefined,
    { conversation, contact }: Parties,
  ): Promise<LaneChoice> {
    const lanes = this.#context.lanes().filter((lane) => lane.transport === transport.name)
    const limited = lanes.some(({ quota }) => quota !== undefined)
    return chooseLane(lanes, {
      number: contact.e164 ?? undefined,
      parts: (limited ? transport.partsOf?.(asPlainText(message.text, quoteOf(message))) : undefined) ?? 1,
      begun,
      replyTo: conversation.reply_lane ?? undefined,
      last: conversation.sms_lane ?? undefined,
      refused: lanes.length > 1 && message.tries > 0 ? await this.#refusedBy(tx, message) : new Map(),
    })
  }

  async #refusedBy(tx: DatabaseTransaction, message: MessageRow): Promise<Map<string, number>> {
    const refused = new Map<string, number>()
    for (const { lane, count } of await refusalsByLane(tx, message.id, message.leg ?? 0)) {
      refused.set(lane, (refused.get(lane) ?? 0) + count)
    }
    return refused
  }

  #outgoing(
    attempt: AttemptRow,
    message: MessageRow,
    parties: Parties,
    { isFirst, media }: { isFirst: boolean; media: readonly OutgoingMedia[] },
  ) {
    const recipient = addresseeOf(parties)
    const quote = quoteOf(message)
    const outgoing: OutgoingAttempt = {
      messageId: message.id,
      attemptId: attempt.id,
      recipient,
      text: attempt.transport === 'signal' ? message.text : asPlainText(message.text, quote),
      quote,
      ranges: message.ranges_json === null ? [] : JSON.parse(message.ranges_json),
      timer: timerOf(parties.conversation, message),
      media,
      timestampMs: message.sent_timestamp_ms,
      validUntilMs: message.valid_until_ms ?? this.#context.clock(),
      lane: attempt.lane,
    }
    const journal = new LegJournal(this.#context.db, {
      messageId: message.id,
      leg: attempt.leg,
      lane: attempt.lane,
      recipientDigits: addressDigits(recipient.e164 ?? '', this.#context.settings.region),
      isFirst,
    })
    return { outgoing, journal }
  }

  /** As long as nothing has left, the plan is made anew with today's facts. True when it has become another one. */
  async #replanned(tx: DatabaseTransaction, message: MessageRow, { contact }: Parties): Promise<boolean> {
    const plan = await planNow(this.#context, tx, message, contact)
    const first = plan.kind === 'legs' ? plan.legs[0] : undefined
    if (first === undefined || first.transport !== message.transport || first.consent === 'ask') {
      await applyPlan(this.#context, tx, message, plan, 'back-off')
      return true
    }
    const next = contact.signal_next_check_at_ms
    const asking = first.transport === 'signal' && contact.aci === null && contact.signal_standing === 'unknown'
    if (!asking || next <= this.#context.clock()) return false
    await moveMessage(this.#context, tx, message, 'back-off', {
      not_before_ms: next,
      code: 'directory-unavailable',
      reason: 'waits: the directory cannot be asked now whether this person is on Signal',
    })
    this.#context.agenda.touch(message.id)
    return true
  }

  async #send({ transport, outgoing, journal }: Claim): Promise<SendOutcome | CausewayError> {
    try {
      return await transport.send(outgoing, journal)
    } catch (error) {
      if (CausewayError.is(error)) return error
      this.#context.log.error({ err: error, messageId: outgoing.messageId }, 'a transport broke while sending')
      return new CausewayError({
        code: 'internal',
        message: 'Something broke inside the gateway while sending; the log says what.',
        retry: 'same-transport',
        cause: error,
      })
    }
  }

  async #close(tx: DatabaseTransaction, claim: Claim, outcome: SendOutcome | CausewayError): Promise<void> {
    const { attempt, journal } = claim
    const message = await getMessage(tx, attempt.message_id)
    if (message === undefined) return
    this.#follow(message, attempt)
    if (outcome instanceof CausewayError) {
      await this.#refused(tx, attempt, message, outcome)
    } else if (outcome.kind === 'accepted') {
      await this.#accepted(tx, attempt, message, outcome, journal.mayBeReported)
    } else {
      await this.#uncertain(tx, attempt, message, outcome.detail)
    }
  }

  async #accepted(
    tx: DatabaseTransaction,
    attempt: AttemptRow,
    message: MessageRow,
    outcome: SendOutcome & { kind: 'accepted' },
    mayBeReported: boolean,
  ): Promise<void> {
    const now = this.#context.clock()
    await this.#end(tx, attempt, { result: 'accepted', code: null, detail: outcome.detail })
    const leg = await findLeg(tx, message.id, attempt.leg)
    const due = now + (leg?.fallback_after_ms ?? Number.POSITIVE_INFINITY)
    const sent = await moveMessage(this.#context, tx, message, 'accepted', {
      sent_at_ms: now,
      lane: attempt.lane,
      encrypted: outcome.encrypted ? 1 : 0,
      due_at_ms: outcome.expectsReceipt && due < (message.valid_until_ms ?? 0) ? due : null,
      reason: outcome.detail,
    })
    for (const { aci, outcome: state, detail } of outcome.recipients ?? []) {
      await putRecipient(tx, { message_id: message.id, aci, state, detail, at_ms: now })
    }
    if (outcome.recipients !== undefined) await rollUpGroup(this.#context, tx, sent, now)
    if (attempt.transport === 'sms') {
      await noteSmsLane(tx, message.conversation_id, attempt.lane, 'out')
      if (mayBeReported) await rollUp(this.#context, tx, sent, attempt.leg, now)
      return
    }
    const { contact } = await partiesOf(tx, message)
    if (contact.signal_standing === 'unknown') {
      await noteEvidence(this.#context, tx, contact, { kind: 'registered' })
    }
  }

  async #uncertain(tx: DatabaseTransaction, attempt: AttemptRow, message: MessageRow, detail: string): Promise<void> {
    const { clock, settings } = this.#context
    const now = clock()
    await this.#end(tx, attempt, { result: 'uncertain', code: 'no-answer', detail })
    const moved = await moveMessage(this.#context, tx, message, 'unsure', {
      code: 'no-answer',
      reason: settings.resendWhenUncertain
        ? `${detail}; without a report it is sent again after ${durationInWords(UNCERTAIN_WAIT_MS)}`
        : `${detail}; it is not sent again by itself`,
      due_at_ms: settings.resendWhenUncertain ? now + UNCERTAIN_WAIT_MS : null,
    })
    // Its report may have been faster than we.
    await rollUp(this.#context, tx, moved, attempt.leg, now)
  }

  async #refused(
    tx: DatabaseTransaction,
    attempt: AttemptRow,
    message: MessageRow,
    error: CausewayError,
  ): Promise<void> {
    const parts = await partsOf(tx, message.id, attempt.leg)
    if (error.code === 'internal' && parts.some(({ state }) => state === 'submitting')) {
      await this.#cutOff(tx, attempt, message, parts)
      return
    }
    const { retry, waitMs, exhausted } = await this.#repetition(tx, attempt, message, error, parts)
    const detail = exhausted ? `${error.message} It was tried ${message.tries} times.` : error.message
    const end = (result: AttemptEnd['result']) => this.#end(tx, attempt, { result, code: error.code, detail })
    switch (retry) {
      case 'same-transport': {
        await end('retry')
        await moveMessage(this.#context, tx, message, 'back-off', {
          not_before_ms: this.#context.clock() + waitMs,
          code: error.code,
          reason: `waits: ${detail}`,
        })
        return
      }
      case 'other-transport': {
        await end('other-transport')
        const { contact } = await partiesOf(tx, message)
        const known =
          error.code === 'not-on-signal' ? await noteEvidence(this.#context, tx, contact, { kind: 'left' }) : contact
        const plan = await planNow(this.#context, tx, message, known)
        await applyPlan(this.#context, tx, message, plan, 'fall-back')
        return
      }
      case 'after-human': {
        await end('held')
        if (error.code === 'identity-changed') {
          await flagIdentity(this.#context, tx, (await partiesOf(tx, message)).contact)
        }
        const isIdentity = error.code === 'identity-changed'
        await moveMessage(this.#context, tx, message, 'hold', {
          code: error.code,
          reason: detail,
          ...(isIdentity ? { due_at_ms: message.valid_until_ms } : {}),
        })
        return
      }
      case 'never': {
        await end('failed')
        await moveMessage(this.#context, tx, message, 'fail', { code: error.code, reason: detail, due_at_ms: null })
      }
    }
  }

  /** What an error lets us do, after what this leg has met already. */
  async #repetition(
    tx: DatabaseTransaction,
    attempt: AttemptRow,
    message: MessageRow,
    error: CausewayError,
    parts: readonly PartRow[],
  ): Promise<{ retry: RetryClass; waitMs: number; exhausted: boolean }> {
    const { repetition, retryAfterMs } = error
    const tooOften = error.retry === 'same-transport' && message.tries >= TRIES_PER_LEG_MAX
    if (tooOften) return { retry: 'other-transport', waitMs: 0, exhausted: true }
    if (repetition === undefined) {
      return { retry: error.retry, waitMs: this.#backOffMs(message.tries, retryAfterMs), exhausted: false }
    }
    const before = await refusalsByLane(tx, message.id, attempt.leg)
    const alike = before.filter(({ code }) => code === error.code)
    const times = alike.reduce((sum, { count }) => sum + count, 0)
    const here = alike.find(({ lane }) => lane === attempt.lane)?.count ?? 0
    const hasRefused = new Set([...before.map(({ lane }) => lane), attempt.lane])
    const elsewhere =
      repetition.otherLane &&
      parts.every(({ state }) => state === 'pending') &&
      this.#context
        .lanes()
        .some(({ id, transport, available }) => transport === attempt.transport && available && !hasRefused.has(id))
    if (times >= (repetition.timesMax ?? Number.POSITIVE_INFINITY)) {
      return { retry: 'other-transport', waitMs: 0, exhausted: error.retry === 'same-transport' }
    }
    if (elsewhere) return { retry: 'same-transport', waitMs: 0, exhausted: false }
    const waitMs = repetition.waitsMs[Math.min(here, repetition.waitsMs.length - 1)] ?? 0
    return {
      retry: error.retry,
      waitMs: Math.round(waitMs * (1 + WAIT_SPREAD * this.#context.random())),
      exhausted: false,
    }
  }

  async #recover(tx: DatabaseTransaction, attempt: AttemptRow): Promise<void> {
    const message = await getMessage(tx, attempt.message_id)
    // It may have been closed, the ordinary way, while this waited for its turn.
    if (message === undefined || !(await isOpen(tx, attempt.id))) return
    this.#follow(message, attempt)
    const parts = await partsOf(tx, message.id, attempt.leg)
    if (attempt.transport === 'signal' || parts.length === 0) {
      await this.#end(tx, attempt, {
        result: 'interrupted',
        code: 'interrupted',
        detail:
          attempt.transport === 'signal'
            ? 'the gateway stopped while sending; it is sent again under the same time, so that it shows once'
            : 'the gateway stopped before anything was handed to the modem',
      })
      await moveMessage(this.#context, tx, message, 'back-off', { reason: 'is tried again after an interruption' })
      return
    }
    await this.#cutOff(tx, attempt, message, parts)
  }

  /** A text was interrupted: what the modem may have is uncertain, what it never saw is still to be sent. */
  async #cutOff(
    tx: DatabaseTransaction,
    attempt: AttemptRow,
    message: MessageRow,
    parts: readonly PartRow[],
  ): Promise<void> {
    const detail = 'the gateway was interrupted while the modem had it'
    await movePartsOf(tx, { messageId: message.id, leg: attempt.leg }, ['submitting'], { state: 'uncertain', detail })
    const open = parts.filter(({ state }) => state === 'submitting' || state === 'uncertain').length
    if (parts.some(({ state }) => state === 'pending')) {
      await this.#end(tx, attempt, {
        result: 'interrupted',
        code: 'interrupted',
        detail: `interrupted with ${parts.length - open} of ${parts.length} parts settled; the rest follows, no part goes twice`,
      })
      await moveMessage(this.#context, tx, message, 'back-off', { reason: 'is carried on after an interruption' })
    } else if (open > 0) {
      await this.#uncertain(tx, attempt, message, `${detail}: only a delivery report can tell whether it left`)
    } else {
      const detail = 'accepted by the network'
      const outcome = { kind: 'accepted', detail, encrypted: false, expectsReceipt: true } as const
      await this.#accepted(tx, attempt, message, outcome, true)
    }
  }

  #end(tx: DatabaseTransaction, attempt: AttemptRow, end: AttemptEnd): Promise<void> {
    return closeAttempt(tx, attempt.id, end, this.#context.clock())
  }

  #follow(message: MessageRow, attempt: AttemptRow): void {
    this.#context.agenda.touch(message.id)
    if (attempt.transport !== 'mms') this.#context.agenda.free(message.conversation_id, attempt.transport)
  }

  #backOffMs(tries: number, retryAfterMs: number | undefined): number {
    const grown = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(20, Math.max(0, tries - 1)))
    const spread = grown * (0.8 + 0.4 * this.#context.random())
    return Math.round(Math.max(retryAfterMs ?? 0, spread))
  }
}

function quoteOf({ quote_json: json }: MessageRow): Quote | undefined {
  return json === null ? undefined : JSON.parse(json)
}

/** Its validity is over and it has not left. */
export function expire(context: RoutingContext, tx: DatabaseTransaction, message: MessageRow): Promise<MessageRow> {
  if (message.transport === 'sms' || message.transport === 'signal') {
    context.agenda.free(message.conversation_id, message.transport)
  }
  const validity = durationInWords((message.valid_until_ms ?? 0) - message.created_at_ms)
  const waited = message.reason === null ? '' : ` Last: ${message.reason}`
  // What Signal has accepted stays sent; only the text that was to follow is given up.
  if (message.sent_at_ms !== null) {
    return moveMessage(context, tx, message, 'decline', {
      transport: 'signal',
      due_at_ms: null,
      reason: 'accepted by Signal, no delivery receipt; the time for a text is over',
    })
  }
  return moveMessage(context, tx, message, 'expire', {
    due_at_ms: null,
    code: 'validity-expired',
    reason: `It could not leave within ${validity}.${waited}`,
  })
}
