/**
 * Brings announced picture messages here and answers for them, one at a time over each modem:
 *
 *   due ─► GET ─► ONE transaction { octets · message with its files · answer owed } ─► POST of the answer, until taken
 *            └─► missed: again later, or ended and told
 *
 * What is due is on record, so a crash forgets nothing: before that transaction it is fetched again, after it only the
 * answer is given again, which the MMSC takes any number of times.
 */
import type { MmscAnswer } from '../../modem/mms/exchange.ts'
import { CausewayError } from '../domain/errors.ts'
import { answered, askedFor, fetched, type IncomingStep, lapsed, missed, unanswered } from '../domain/mms-incoming.ts'
import type { Announced, CarrierShelf, NotificationShelf } from '../domain/mms-record.ts'
import { Rounds } from '../domain/rounds.ts'
import type { TransportSink } from '../domain/sink.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { answerPdu } from './mms-answers.ts'
import { shownMessage } from './mms-content.ts'
import type { MmsLine, MmsLines } from './mms-lines.ts'
import { addressKey, type Participants, participants, senderOf } from './mms-people.ts'
import type { MmsReading } from './mms-reading.ts'
import { isAnswerTaken, type Retrieved, retrieved } from './mms-results.ts'
import { pictureNotice, SENDS_ONLY_CODE } from './mms-words.ts'

/** A timer may not wait longer than this; the clock may be set, and lines come back unheard. */
const LOOK_AT_LEAST_MS = 60_000

export interface MmsDeskOptions {
  shelf: NotificationShelf
  carriers: CarrierShelf
  reading: Pick<MmsReading, 'came'>
  sink: Pick<TransportSink, 'message' | 'picture' | 'committed'>
  lines: MmsLines
  /** What is taken in at most, in octets of the whole message. */
  bytesMax: number
  /** Whether senders may hear that their message has arrived. */
  reportsAllowed: boolean
  region: string | undefined
  clock: () => number
  log: Log
}

export class MmsDesk {
  readonly #options: MmsDeskOptions
  readonly #stopping = new AbortController()
  readonly #byLane = new Map<string, Rounds>()
  readonly #lapses: Rounds
  #timer: NodeJS.Timeout | undefined
  #unsubscribe = () => {}
  #started = false

  constructor(options: MmsDeskOptions) {
    this.#options = options
    this.#lapses = new Rounds(() => this.#lapse(), this.#failed)
  }

  start(): void {
    this.#started = true
    this.#unsubscribe = this.#options.lines.onChange(() => this.poke())
    this.poke()
  }

  async stop(): Promise<void> {
    this.#started = false
    clearTimeout(this.#timer)
    this.#unsubscribe()
    this.#stopping.abort()
    await this.#lapses.stop()
    for (const rounds of this.#byLane.values()) await rounds.stop()
  }

  /** Something may be due. Cheap; called after commits. */
  poke(): void {
    if (this.#started) void this.look()
  }

  /** Does what is due now, and waits for the next. */
  async look(): Promise<void> {
    const rounds = [this.#lapses, ...this.#options.lines.all().map(({ lane }) => this.#rounds(lane))]
    await Promise.all(rounds.map((one) => one.run()))
    await this.#wait()
  }

  /** Fetches one that the owner asks for. Errors: CausewayError `unknown-picture`, `wrong-state`. */
  async fetchAgain(id: string): Promise<Announced> {
    const { shelf, clock, lines } = this.#options
    const record = await shelf.find({ id })
    if (record === undefined) {
      const message = 'There is no announced picture message of this id.'
      throw new CausewayError({ code: 'unknown-picture', message, retry: 'never' })
    }
    const asked = askedFor(record, clock())
    if (asked === undefined || record.location === '') {
      const message = record.state === 'fetched' ? 'It is here already.' : 'The carrier no longer keeps it.'
      throw new CausewayError({ code: 'wrong-state', message, retry: 'never' })
    }
    const line = lines.all().find(({ lane }) => lane === record.lane)
    if (line?.sendsOnly !== undefined) {
      throw new CausewayError({
        code: SENDS_ONLY_CODE,
        message: `It cannot be fetched: ${line.sendsOnly}.`,
        retry: 'after-human',
      })
    }
    if (line === undefined) {
      const message = 'MMS is not set up for the modem that it came to (see mms in the configuration).'
      throw new CausewayError({ code: 'mms-not-set-up', message, retry: 'after-human' })
    }
    const change = { ...asked, code: undefined, reason: undefined }
    await shelf.together((unit) => shelf.change(id, record.state, change, unit))
    this.poke()
    return { ...record, ...change }
  }

  readonly #failed = (error: unknown) =>
    this.#options.log.error({ err: error }, 'announced picture messages could not be looked after; they are again soon')

  #rounds(lane: string): Rounds {
    const known = this.#byLane.get(lane)
    if (known !== undefined) return known
    const rounds = new Rounds(() => this.#round(lane), this.#failed)
    this.#byLane.set(lane, rounds)
    return rounds
  }

  /** One fetch or one answer over this modem. Answers first: an MMSC that waits for one repeats itself. */
  async #round(lane: string): Promise<boolean> {
    const { shelf, clock, lines } = this.#options
    const line = lines.all().find((one) => one.lane === lane)
    if (line === undefined || line.problem !== undefined || this.#stopping.signal.aborted) return false
    const owed = await shelf.due({ kind: 'answer', lane }, clock())
    if (owed !== undefined) {
      await this.#answer(line, owed)
      return true
    }
    const due = await shelf.due({ kind: 'fetch', lane }, clock())
    if (due === undefined) return false
    await this.#fetch(line, due)
    return true
  }

  async #fetch(line: MmsLine, record: Announced): Promise<void> {
    const { bytesMax } = this.#options
    const { location: url, transactionId } = record
    const answer = await line.exchange.retrieve({ url, transactionId, bytesMax }, this.#stopping.signal)
    // The stop cut it off, which says nothing about the message.
    if (this.#stopping.signal.aborted && answer.kind === 'unreachable') return
    const came = retrieved(answer)
    await (came.kind === 'message' ? this.#keep(line, record, came) : this.#miss(record, came))
    this.#options.sink.committed()
  }

  async #keep(line: MmsLine, record: Announced, came: Retrieved & { kind: 'message' }): Promise<void> {
    const { shelf, carriers, sink, clock, region } = this.#options
    const { conf, octets } = came
    const nowMs = clock()
    const { transactionId } = conf
    const { now } = fetched(record, nowMs, transactionId !== undefined)
    const from = senderOf(conf.from, region) ?? record.fromAddress
    const numbersIn = (list: typeof conf.to) => (list ?? []).map((address) => addressKey(address, region))
    await shelf.together(async (unit) => {
      const change = {
        ...now,
        fromAddress: from,
        retrieveTransactionId: transactionId,
        code: undefined,
        reason: undefined,
      }
      if (!(await shelf.change(record.id, 'pushed', change, unit))) return
      const learnt = await carriers.ownNumbers(line.lane, unit)
      const between = { from, to: numbersIn(conf.to), cc: numbersIn(conf.cc) }
      const who = participants(between, { sure: line.ownNumber, learnt })
      if (who.learnt !== undefined) await carriers.learnOwnNumber(line.lane, who.learnt, nowMs, unit)
      if (who.isOwnEcho) return
      await shelf.keepPdu(record.id, octets, unit)
      await this.#show(record, came, { from, numbers: who.numbers }, unit)
      const told = { ...record, state: 'fetched', code: 'fetched' } as const
      await sink.picture(pictureNotice(told), unit)
    })
  }

  async #show(
    record: Announced,
    { conf }: Retrieved & { kind: 'message' },
    { from, numbers }: { from: string | undefined } & Pick<Participants, 'numbers'>,
    unit: UnitOfWork,
  ): Promise<void> {
    const { text, subjectChars, ranges, media } = shownMessage(conf, record.id)
    const { id, lane, receivedAtMs } = record
    const sentAtMs = conf.date === undefined ? receivedAtMs : Math.min(conf.date * 1_000, this.#options.clock())
    await this.#options.sink.message(
      {
        transport: 'mms',
        lane,
        from: { address: from, aci: undefined, pni: undefined, name: undefined },
        text,
        subjectChars,
        ranges,
        media,
        numbers,
        sentAtMs,
        receivedAtMs,
        encrypted: false,
        dedupeKey: id,
      },
      unit,
    )
    await this.#options.reading.came(conf, { id, lane, from, sentAtMs }, unit)
  }

  async #miss(record: Announced, { miss, code, words: reason, values }: Retrieved & { kind: 'missed' }): Promise<void> {
    const step = missed(record, miss, this.#options.clock())
    this.#options.log.info({ id: record.id, code, state: step.now.state }, 'a picture message could not be fetched')
    // Nothing is left to be fetched then, whatever the last try met.
    await this.#step(record, step, { code: step.now.state === 'expired' ? 'expired' : code, reason, values })
  }

  async #lapse(): Promise<boolean> {
    const { shelf, clock, sink } = this.#options
    const record = await shelf.due({ kind: 'lapse' }, clock())
    const step = record === undefined ? undefined : lapsed(record, clock())
    if (record === undefined || step === undefined) return false
    const reason = record.reason ?? 'nobody asked for it, or the carrier could not be reached'
    await this.#step(record, step, { code: 'expired', reason, values: undefined })
    sink.committed()
    return true
  }

  async #step(
    record: Announced,
    { now, tell }: IncomingStep,
    why: Pick<Announced, 'code' | 'reason' | 'values'>,
  ): Promise<void> {
    const { shelf, sink } = this.#options
    await shelf.together(async (unit) => {
      const isOurs = await shelf.change(record.id, record.state, { ...now, ...why }, unit)
      if (isOurs && tell) await sink.picture(pictureNotice({ ...record, ...now, ...why }), unit)
    })
  }

  async #answer(line: MmsLine, record: Announced): Promise<void> {
    const { shelf, clock, reportsAllowed } = this.#options
    const pdu = answerPdu(record, reportsAllowed)
    const url = line.carrier.answersAtLocation && record.location !== '' ? { url: record.location } : {}
    const outcome: MmscAnswer =
      pdu === undefined ? { kind: 'accepted' } : await line.exchange.submit({ pdu, ...url }, this.#stopping.signal)
    if (this.#stopping.signal.aborted && outcome.kind === 'unreachable') return
    await shelf.together(async (unit) => {
      // It may have been fetched, or announced again, while the answer was under way.
      const current = await shelf.find({ id: record.id }, unit)
      if (current === undefined || current.answer !== record.answer) return
      const next = isAnswerTaken(outcome) ? answered(current) : unanswered(current, clock())
      await shelf.change(record.id, current.state, next, unit)
    })
  }

  async #wait(): Promise<void> {
    const { shelf, clock, log } = this.#options
    const nowMs = clock()
    await shelf.prune(nowMs).catch((error: unknown) => log.warn({ err: error }, 'old picture messages were not pruned'))
    if (!this.#started) return
    const at = await shelf.nextDueAtMs().catch(() => undefined)
    clearTimeout(this.#timer)
    if (!this.#started) return
    // What is overdue waits for its line, which calls when it is back.
    const waitMs = at === undefined || at <= nowMs ? LOOK_AT_LEAST_MS : Math.min(LOOK_AT_LEAST_MS, at - nowMs)
    this.#timer = setTimeout(() => this.poke(), waitMs)
  }
}
