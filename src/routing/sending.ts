/**
 * One attempt, from claim to close:
 *
 *   claim   { still queued, this leg, in time, its turn, lane free }                   one transaction
 *   begin   { attempt row · state sending }        with the claim; of texts with the first part that is handed over
 *   send    the transport works, journalling its parts                                 no transaction
 *   close   { ledger · state by outcome or by what the error lets us do }              closing.ts
 *
 * A job that comes twice, late or for nothing fails at the claim. A crash in between leaves an attempt open, which `recover`
 * finds and `closing.ts` closes.
 */
import { addressDigits } from '../domain/address.ts'
import { CausewayError } from '../domain/errors.ts'
import { chooseLane, type LaneChoice } from '../domain/lane-choice.ts'
import type { OutgoingMedia } from '../domain/media.ts'
import { asPlainText } from '../domain/plain-text.ts'
import { apartFromSubject } from '../domain/subject.ts'
import type { OutgoingAttempt, SendOutcome, Transport } from '../domain/transport.ts'
import { durationInWords } from '../domain/words.ts'
import { mayGoNow } from '../store/agenda.ts'
import { openAttempt, openAttempts, partsOf, reasonOnLeg, refusalsByLane } from '../store/attempts.ts'
import { type DatabaseTransaction, withoutWaiting } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { type KeptQuote, keptQuote } from '../store/quoted.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { AttemptJob } from './agenda.ts'
import { type ClaimedAttempt, Closing } from './closing.ts'
import type { RoutingContext } from './context.ts'
import { timerOf } from './disappearing.ts'
import { LegJournal, Superseded } from './journal.ts'
import { QUOTA_EXCEEDED } from './lane-watch.ts'
import { moveMessage } from './moves.ts'
import { outgoingMedia } from './outgoing-media.ts'
import { addresseeOf, applyPlan, type Parties, partiesOf, planNow } from './plans.ts'
import { keepQuiet } from './quiet.ts'
import { withCopy } from './quoted-files.ts'

interface Claim {
  attempt: ClaimedAttempt
  transport: Transport
  outgoing: OutgoingAttempt
  journal: LegJournal
  quote: KeptQuote | undefined
}

export class Sending {
  readonly #context: RoutingContext
  readonly #closing: Closing
  /** Attempts that this process is working on: an open row that is not among them was cut off. */
  readonly #live = new Set<string>()
  /** Messages that are claimed, whether their attempt has begun or not. */
  readonly #claimed = new Set<string>()

  constructor(context: RoutingContext) {
    this.#context = context
    this.#closing = new Closing(context)
  }

  /** Claims and makes one attempt; how many parts have left. Does nothing where there is nothing to do. */
  async attempt(job: AttemptJob): Promise<number> {
    const { db, events, agenda, uses } = this.#context
    // Not waited for: before anything leaves, the journal (or the ratchet) waits for what it writes after this.
    const claim = await withoutWaiting(db)
      .transaction()
      .execute((tx) => this.#claim(tx, job))
      .catch((error: unknown) => {
        // Had it been claimed by another one, there would have been nothing to go wrong.
        this.#claimed.delete(job.messageId)
        throw error
      })
    events.poke()
    void agenda.flush()
    if (claim === undefined) return 0
    try {
      const outcome = await this.#send(claim)
      if (outcome instanceof Superseded) return 0
      // Nobody is told of it who would not ask again: a power cut before it is on the disk leaves `uncertain`.
      await withoutWaiting(db)
        .transaction()
        .execute(async (tx) => {
          await claim.journal.close(tx)
          await this.#closing.close(tx, claim, outcome)
        })
      uses.add(claim.attempt.lane, claim.journal.taken)
      if (claim.outgoing.media?.some(({ viewOnce }) => viewOnce) === true) this.#context.media.poke()
    } catch (error) {
      if (error instanceof Superseded) return 0
      throw error
    } finally {
      this.#live.delete(claim.attempt.id)
      this.#claimed.delete(claim.attempt.message_id)
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
      await db.transaction().execute((tx) => this.#closing.recover(tx, attempt))
    }
    events.poke()
    void agenda.flush()
  }

  async #claim(tx: DatabaseTransaction, job: AttemptJob): Promise<Claim | undefined> {
    const { clock, agenda, ids, transports } = this.#context
    const now = clock()
    const message = await getMessage(tx, job.messageId)
    if (message === undefined || message.state !== 'queued' || message.leg !== job.leg) return undefined
    if (this.#claimed.has(message.id)) return undefined
    const transportName = message.transport
    if (transportName === null) return undefined
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
    if (begun === undefined && (await keepQuiet(this.#context, tx, message))) return undefined
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
      if (message.code !== QUOTA_EXCEEDED && message.leg !== null) {
        await reasonOnLeg(tx, message.id, message.leg, `it waited: ${choice.reason}`)
      }
      agenda.touch(message.id)
      return undefined
    }
    if (choice.lane !== job.lane) {
      agenda.touch(message.id, choice.lane)
      return undefined
    }
    const media = await outgoingMedia(tx, this.#context.media, message)
    if (media === undefined) {
      const reason = 'Not sent: what was attached is not here any more.'
      await moveMessage(this.#context, tx, message, 'fail', { code: 'media-gone', reason, due_at_ms: null })
      return undefined
    }
    const attempt = {
      id: ids('try'),
      message_id: message.id,
      leg: message.leg,
      transport: transportName,
      lane: choice.lane,
    }
    // What goes by the modem is journalled before it leaves: that commit can hold the beginning as well.
    const isLater = transportName === 'sms'
    if (!isLater) await this.#begin(tx, attempt, message)
    this.#claimed.add(message.id)
    return { attempt, transport, ...this.#outgoing(attempt, message, parties, { isFirst, media, isLater }) }
  }

  async #begin(tx: DatabaseTransaction, attempt: ClaimedAttempt, message: MessageRow): Promise<void> {
    const { id, leg, transport, lane } = attempt
    await openAttempt(tx, { id, messageId: message.id, leg, transport, lane, atMs: this.#context.clock() })
    await moveMessage(this.#context, tx, message, 'begin', { tries: message.tries + 1, lane })
    this.#live.add(id)
  }

  /** As `#begin`, some time after the claim. Throws Superseded when that does not hold any more. */
  async #beginLater(tx: DatabaseTransaction, attempt: ClaimedAttempt, claimed: MessageRow): Promise<void> {
    const message = await getMessage(tx, claimed.id)
    const isSame =
      message?.state === 'queued' &&
      message.leg === claimed.leg &&
      message.tries === claimed.tries &&
      message.not_before_ms === claimed.not_before_ms
    if (!isSame) throw new Superseded('the message is not to be sent now any more')
    if (this.#context.pauses.over(attempt.transport, attempt.lane) !== undefined) {
      throw new Superseded('its lane has just been paused; the end of that makes another job')
    }
    await this.#begin(tx, attempt, message)
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
      parts: (limited ? transport.partsOf?.(asPlainText(message.text, keptQuote(message))) : undefined) ?? 1,
      begun,
      preferred: contact.preferred_lane ?? undefined,
      replyTo: conversation.reply_lane ?? undefined,
      last: conversation.sms_lane ?? undefined,
      pinned: transport.name === 'signal' ? undefined : (message.pinned_lane ?? undefined),
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
    attempt: ClaimedAttempt,
    message: MessageRow,
    parties: Parties,
    { isFirst, media, isLater }: { isFirst: boolean; media: readonly OutgoingMedia[]; isLater: boolean },
  ) {
    const recipient = addresseeOf(parties)
    const quote = keptQuote(message)
    const { subject, text } =
      attempt.transport === 'mms' ? apartFromSubject(message) : { subject: undefined, text: message.text }
    const outgoing: OutgoingAttempt = {
      messageId: message.id,
      attemptId: attempt.id,
      recipient,
      text: attempt.transport === 'signal' ? text : asPlainText(text, quote),
      ...(subject === undefined ? {} : { subject }),
      quote,
      ranges: message.ranges_json === null ? [] : JSON.parse(message.ranges_json),
      timer: timerOf(parties.conversation, message),
      flash: message.flash === 1,
      media,
      timestampMs: message.sent_timestamp_ms,
      validUntilMs: message.valid_until_ms ?? this.#context.clock(),
      lane: attempt.lane,
    }
    const leg = {
      messageId: message.id,
      leg: attempt.leg,
      lane: attempt.lane,
      // A status report of a text is never about a picture message.
      recipientDigits: attempt.transport === 'mms' ? 'mms' : this.#digits(recipient.e164 ?? ''),
      digitsOf: (number: string) => this.#digits(number),
      isFirst,
    }
    const beginning = {
      write: (tx: DatabaseTransaction) => this.#beginLater(tx, attempt, message),
      committed: () => this.#context.events.poke(),
    }
    return { outgoing, quote, journal: new LegJournal(this.#context.db, leg, isLater ? beginning : undefined) }
  }

  #digits(number: string): string {
    return addressDigits(number, this.#context.settings.region)
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

  async #send({ transport, outgoing, journal, quote }: Claim): Promise<SendOutcome | CausewayError | Superseded> {
    try {
      if (transport.name !== 'signal' || quote?.file === undefined) return await transport.send(outgoing, journal)
      const shown = await withCopy(this.#context, outgoing.messageId, quote)
      return await transport.send({ ...outgoing, quote: shown }, journal)
    } catch (error) {
      if (CausewayError.is(error) || error instanceof Superseded) return error
      this.#context.log.error({ err: error, messageId: outgoing.messageId }, 'a transport broke while sending')
      return new CausewayError({
        code: 'internal',
        message: 'Something broke inside the gateway while sending; the log says what.',
        retry: 'same-transport',
        cause: error,
      })
    }
  }
}

/** Its validity is over and it has not left. */
export function expire(context: RoutingContext, tx: DatabaseTransaction, message: MessageRow): Promise<MessageRow> {
  if (message.transport !== null) context.agenda.free(message.conversation_id, message.transport)
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
