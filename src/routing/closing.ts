/**
 * How an attempt ends: the ledger's entry and the message's state, by the outcome or by what the error lets us do. Runs inside
 * the one transaction that `sending.ts` opens for it; the same rules close what a crash left open, by what the journal proves:
 * nothing handed over → queued again; handed over without an answer → uncertain.
 */

import { CausewayError, type RetryClass } from '../domain/errors.ts'
import { keptValues } from '../domain/told.ts'
import type { SendOutcome } from '../domain/transport.ts'
import { asClause, durationInWords, withDetail } from '../domain/words.ts'
import {
  type AttemptEnd,
  closeAttempt,
  findLeg,
  isOpen,
  movePartsOf,
  partsOf,
  refusalsByLane,
} from '../store/attempts.ts'
import { noteSmsLane } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { putRecipient } from '../store/groups.ts'
import { getMessage } from '../store/mailbox.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { AttemptRow, PartRow } from '../store/tables/sending.ts'
import type { RoutingContext } from './context.ts'
import { rollUpGroup } from './groups.ts'
import type { LegJournal } from './journal.ts'
import { moveMessage } from './moves.ts'
import { flagIdentity } from './people.ts'
import { applyPlan, hasten, partiesOf, planNow } from './plans.ts'
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

/** What an attempt is known by from its claim on. */
export type ClaimedAttempt = Pick<AttemptRow, 'id' | 'message_id' | 'leg' | 'transport' | 'lane'>

interface Ended {
  attempt: ClaimedAttempt
  journal: Pick<LegJournal, 'mayBeReported'>
}

export class Closing {
  readonly #context: RoutingContext

  constructor(context: RoutingContext) {
    this.#context = context
  }

  /** Closes an attempt that came to an end. */
  async close(
    tx: DatabaseTransaction,
    { attempt, journal }: Ended,
    outcome: SendOutcome | CausewayError,
  ): Promise<void> {
    const message = await getMessage(tx, attempt.message_id)
    if (message === undefined) return
    this.#makeRoom(message, attempt)
    if (outcome instanceof CausewayError) {
      this.#context.agenda.touch(message.id)
      await this.#refused(tx, attempt, message, outcome)
    } else if (outcome.kind === 'accepted') {
      const sent = await this.#accepted(tx, attempt, message, outcome, journal.mayBeReported)
      if (sent.due_at_ms !== null) this.#context.agenda.touch(message.id)
    } else {
      this.#context.agenda.touch(message.id)
      await this.#uncertain(tx, attempt, message, outcome.detail)
    }
  }

  async #accepted(
    tx: DatabaseTransaction,
    attempt: ClaimedAttempt,
    message: MessageRow,
    outcome: SendOutcome & { kind: 'accepted' },
    mayBeReported: boolean,
  ): Promise<MessageRow> {
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
    if (outcome.recipients !== undefined) {
      for (const { aci, outcome: state, detail } of outcome.recipients) {
        await putRecipient(tx, { message_id: message.id, aci, state, detail, at_ms: now })
      }
      return await rollUpGroup(this.#context, tx, sent, now)
    }
    if (attempt.transport !== 'signal') {
      await noteSmsLane(tx, message.conversation_id, attempt.lane, 'out')
      return mayBeReported ? await rollUp(this.#context, tx, sent, attempt.leg, now) : sent
    }
    const { contact } = await partiesOf(tx, message)
    if (contact.signal_standing === 'unknown') {
      await noteEvidence(this.#context, tx, contact, { kind: 'registered' })
    }
    return sent
  }

  async #uncertain(
    tx: DatabaseTransaction,
    attempt: ClaimedAttempt,
    message: MessageRow,
    detail: string,
  ): Promise<void> {
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
    attempt: ClaimedAttempt,
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
    const said = withDetail(detail, error.detail)
    const { code, values } = error
    const why = values === undefined ? { code } : { code, values_json: keptValues(code, values) }
    const end = (result: AttemptEnd['result']) => this.#end(tx, attempt, { result, code: error.code, detail: said })
    switch (retry) {
      case 'same-transport': {
        await end('retry')
        const waiting = await moveMessage(this.#context, tx, message, 'back-off', {
          not_before_ms: this.#context.clock() + waitMs,
          ...why,
          reason: `waits: ${asClause(detail)}`,
        })
        if (attempt.transport !== 'signal') return
        const { contact } = await partiesOf(tx, waiting)
        await hasten(this.#context, tx, waiting, await planNow(this.#context, tx, waiting, contact))
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
          ...why,
          reason: detail,
          ...(isIdentity ? { due_at_ms: message.valid_until_ms } : {}),
        })
        return
      }
      case 'never': {
        await end('failed')
        await moveMessage(this.#context, tx, message, 'fail', { ...why, reason: detail, due_at_ms: null })
      }
    }
  }

  /** What an error lets us do, after what this leg has met already. */
  async #repetition(
    tx: DatabaseTransaction,
    attempt: ClaimedAttempt,
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

  /** Closes an attempt that was cut off. */
  async recover(tx: DatabaseTransaction, attempt: ClaimedAttempt): Promise<void> {
    const message = await getMessage(tx, attempt.message_id)
    // It may have been closed, the ordinary way, while this waited for its turn.
    if (message === undefined || !(await isOpen(tx, attempt.id))) return
    this.#makeRoom(message, attempt)
    this.#context.agenda.touch(message.id)
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
    attempt: ClaimedAttempt,
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

  #end(tx: DatabaseTransaction, attempt: ClaimedAttempt, end: AttemptEnd): Promise<void> {
    return closeAttempt(tx, attempt.id, end, this.#context.clock())
  }

  /** It is not being sent any more: the next one of its conversation may go. */
  #makeRoom(message: MessageRow, attempt: ClaimedAttempt): void {
    this.#context.agenda.free(message.conversation_id, attempt.transport)
  }

  #backOffMs(tries: number, retryAfterMs: number | undefined): number {
    const grown = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(20, Math.max(0, tries - 1)))
    const spread = grown * (0.8 + 0.4 * this.#context.random())
    return Math.round(Math.max(retryAfterMs ?? 0, spread))
  }
}
