/**
 * Texts through the modems, as the router sees them: one lane a modem, one attempt = its parts, each journalled before
 * its first octet reaches the modem. Receiving is `sms-inbound.ts`.
 *
 * A part whose answer was lost is `uncertain` and never sent again from here; the parts after it still go, so that one
 * report settles the whole message. A crash leaves a part `submitting`, which means the same.
 */

import { ModemSubmitError, type SmsModem } from '../../modem/contract.ts'
import { addressOf } from '../../modem/pdu/address.ts'
import type { EncodingOptions } from '../../modem/pdu/encoding.ts'
import { assembleSubmit } from '../../modem/pdu/envelope.ts'
import { fromHex, toHex } from '../../modem/pdu/octets.ts'
import { countSegments, split } from '../../modem/pdu/segments.ts'
import { relativeValidity } from '../../modem/pdu/validity.ts'
import { CausewayError } from '../domain/errors.ts'
import { told } from '../domain/told.ts'
import type {
  AttemptJournal,
  Lane,
  LaneRules,
  OutgoingAttempt,
  PartRecord,
  Reach,
  Recipient,
  SendOutcome,
  Transport,
} from '../domain/transport.ts'
import { withDetail } from '../domain/words.ts'
import { CODE_WORDS } from './sms-refusal-words.ts'
import { isUnclear, refusal, stopsLane } from './sms-refusals.ts'

/** A text of more parts than this is refused: the UDH could count to 255, but no phone shows such a thing. */
const PARTS_MAX = 20
/** Of one message to several numbers, which is a text for each. */
const JOURNALLED_MAX = 255
const VALIDITY_MIN_MINUTES = 5
const DAY_MS = 24 * 3_600_000
/** How soon to ask again for a modem that is away; its return wakes the lane anyway. */
const MODEM_AWAY_RETRY_MS = 15_000
/** After a refusal that nobody understands the modem gets this long to say that it is in step. */
const CHECK_TIMEOUT_MS = 5_000

/** What may be done to a text where that saves a part, and how its parts are held together. */
type WritingOptions = EncodingOptions & { referenceBits?: 8 | 16 }

export class SmsTransport implements Transport {
  readonly name = 'sms'
  readonly #modems: readonly SmsModem[]
  readonly #clock: () => number
  readonly #rules: readonly LaneRules[]
  readonly #writing: WritingOptions
  readonly #listeners = new Set<() => void>()
  /** Modems whose SIM a person must see to, by id: why, and the state (its time) in which that was found. */
  readonly #stopped = new Map<string, { reason: string; sinceMs: number }>()

  /**
   * `modems` may be absent, starting or failed; `clock` gives ms since the epoch; `rules` are the owner's for each modem,
   * in the same order; `writing` says what may be done to a text where that saves a part.
   */
  constructor(
    modems: readonly SmsModem[],
    clock: () => number,
    rules: readonly LaneRules[] = [],
    writing: WritingOptions = {},
  ) {
    this.#modems = modems
    this.#clock = clock
    this.#rules = rules
    this.#writing = writing
  }

  lanes(): readonly Lane[] {
    return this.#modems.map((modem, index) => {
      const rules = this.#rules[index]
      const { state, reason, number, registration, sinceMs } = modem.status()
      // A restart, a replug or another SIM makes a new state, and with it a new chance.
      const stopped = this.#stopped.get(modem.id)
      const stop = stopped?.sinceMs === sinceMs ? stopped.reason : undefined
      const available = state === 'ready' && stop === undefined
      return {
        id: modem.id,
        transport: 'sms',
        available,
        reason: available ? undefined : (stop ?? reason ?? `the modem is ${state}`),
        code: available ? undefined : stop === undefined ? 'modem-not-ready' : 'sim-stopped',
        ownNumber: number,
        roaming: registration === 'roaming',
        ...(rules === undefined ? {} : { rules }),
      }
    })
  }

  onLanes(listener: () => void): () => void {
    const unsubscribe = this.#modems.map((modem) => modem.onStatus(() => listener()))
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      for (const stop of unsubscribe) stop()
    }
  }

  /** Any number can be reached by text; a sender made of letters cannot be answered. */
  async reach(recipients: readonly Recipient[]): Promise<readonly Reach[]> {
    return recipients.map(({ e164, aci, pni }) =>
      e164 === undefined ? { kind: 'not-registered' } : { kind: 'registered', aci, pni },
    )
  }

  partsOf(text: string): number {
    return countSegments(text, this.#writing).parts
  }

  async send(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<SendOutcome> {
    const modem = this.#ready(attempt.lane)
    const parts = await this.#plan(attempt, journal)
    let uncertain = 0
    for (const part of parts) {
      if (part.state === 'accepted' || part.state === 'delivered') continue
      if (part.state === 'failed') throw refusal('failed', part.part)
      if (part.state === 'submitting') {
        await journal.part(part.part, {
          state: 'uncertain',
          atMs: this.#clock(),
          detail: 'interrupted while the modem had it',
        })
      }
      if (part.state !== 'pending' || !(await this.#submit(modem, part, parts.length, journal))) uncertain += 1
    }
    if (uncertain > 0) {
      return {
        kind: 'uncertain',
        detail:
          parts.length === 1
            ? 'handed to the modem, whose answer was lost: only a delivery report can tell'
            : `${uncertain} of ${parts.length} parts were handed to the modem, whose answer was lost: only delivery reports can tell`,
      }
    }
    const detail = parts.length === 1 ? 'accepted by the network' : `all ${parts.length} parts accepted by the network`
    return { kind: 'accepted', detail, encrypted: false, expectsReceipt: true }
  }

  async approveIdentity(): Promise<void> {}

  /** In 16 bits the day stands in front of the counter, which comes round after 256 long texts to one person. */
  #wide(counter: number): number {
    if (this.#writing.referenceBits !== 16) return counter
    return ((Math.floor(this.#clock() / DAY_MS) & 0xff) << 8) | counter
  }

  #ready(lane: string): SmsModem {
    const modem = this.#modems.find(({ id }) => id === lane)
    const status = modem?.status()
    if (modem === undefined || status?.state !== 'ready') {
      throw new CausewayError({
        code: 'modem-unavailable',
        message: `The modem cannot send now: ${status?.reason ?? 'it is not there'}.`,
        retry: 'same-transport',
        retryAfterMs: MODEM_AWAY_RETRY_MS,
      })
    }
    return modem
  }

  /** The parts as journalled; planned on the first call, carried on afterwards whatever the text would give today. */
  async #plan(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<readonly PartRecord[]> {
    const { e164, numbers } = attempt.recipient
    const to = numbers ?? (e164 === undefined ? [] : [e164])
    if (to.length === 0) {
      throw new CausewayError({
        code: 'no-number',
        message: 'No phone number of this person is known, so no text can be sent.',
        retry: 'other-transport',
      })
    }
    const texts: { recipient: string; tpduHex: string }[] = []
    for (const recipient of to) texts.push(...(await this.#write(attempt, recipient, journal)))
    if (texts.length > JOURNALLED_MAX) throw tooLong(texts.length, JOURNALLED_MAX)
    return journal.plan(
      texts.map(({ recipient, tpduHex }, index) => ({
        part: index + 1,
        tpduHex,
        ...(numbers === undefined ? {} : { recipient }),
      })),
    )
  }

  /** The text for one recipient, part by part. */
  async #write(
    attempt: OutgoingAttempt,
    to: string,
    journal: AttemptJournal,
  ): Promise<{ recipient: string; tpduHex: string }[]> {
    const isLong = this.partsOf(attempt.text) > 1
    const reference = isLong ? this.#wide(await journal.nextConcatReference(to)) : 0
    const payloads = split(attempt.text, {
      reference,
      ...this.#writing,
      ...(attempt.flash === true ? { messageClass: 0 as const } : {}),
    })
    if (payloads.length > PARTS_MAX) throw tooLong(payloads.length, PARTS_MAX)
    const minutes = Math.max(VALIDITY_MIN_MINUTES, (attempt.validUntilMs - this.#clock()) / 60_000)
    return payloads.map((payload) => ({
      recipient: to,
      tpduHex: toHex(
        assembleSubmit({
          ...payload,
          address: addressOf(to),
          statusReportRequest: true,
          validity: relativeValidity(minutes),
        }),
      ),
    }))
  }

  /** True when the network has the part, false when that is unknown; throws when it certainly has not. */
  async #submit(modem: SmsModem, record: PartRecord, total: number, journal: AttemptJournal): Promise<boolean> {
    const { part } = record
    try {
      const { messageReference } = await modem.submit(fromHex(record.tpduHex), {
        moreToFollow: part < total,
        beforeBody: () => journal.part(part, { state: 'submitting', atMs: this.#clock() }),
      })
      await journal.part(part, { state: 'accepted', messageReference, atMs: this.#clock() })
      return true
    } catch (error) {
      if (!(error instanceof ModemSubmitError)) throw error
      const atMs = this.#clock()
      if (error.stage === 'unknown') {
        await journal.part(part, { state: 'uncertain', atMs, detail: error.message })
        return false
      }
      const refused = refusal(error.code, part, error)
      if (refused === undefined) {
        await journal.part(part, { state: 'accepted', atMs, detail: 'the network has this very part already' })
        return true
      }
      // A part that another modem may take is still to be sent, like one that this modem may take later.
      const isOpen = refused.retry === 'same-transport' || refused.repetition?.otherLane === true
      await journal.part(part, {
        state: isOpen ? 'pending' : 'failed',
        atMs,
        detail: withDetail(refused.message, error.message),
      })
      if (stopsLane(error)) this.#stop(modem, CODE_WORDS[error.code])
      if (isUnclear(error)) await this.#check(modem)
      throw refused
    }
  }

  /** Nothing more goes through this modem until it has been restarted or replugged. */
  #stop(modem: SmsModem, why: string | undefined): void {
    // The raw answer is in the ledger of the text that it refused.
    const clause = why === undefined ? '' : ` (${why})`
    const reason = `its SIM or settings need attention${clause}; see to it, then reset the modem`
    this.#stopped.set(modem.id, { reason, sinceMs: modem.status().sinceMs })
    for (const listener of this.#listeners) listener()
  }

  /** Throws `modem-unavailable` when it does not even answer to AT. */
  async #check(modem: SmsModem): Promise<void> {
    try {
      await modem.command('AT', CHECK_TIMEOUT_MS)
    } catch (cause) {
      throw new CausewayError({
        code: 'modem-unavailable',
        message: 'The modem refused the text and then did not answer; it is asked again in a moment.',
        retry: 'same-transport',
        retryAfterMs: MODEM_AWAY_RETRY_MS,
        cause,
      })
    }
  }
}

function tooLong(parts: number, max: number): CausewayError {
  return new CausewayError({
    ...told('text-too-long', { parts, max }),
    message: `As a text message this would be ${parts} parts; at most ${max} are sent. Shorten it or send it in pieces.`,
    retry: 'never',
  })
}
