/**
 * Tells senders of picture messages that theirs was read, where they have asked for it and the owner allows it:
 *
 *   comes, and asks ─► unread ─markRead─► owed ─► leaving ─POST─► forgotten
 *                                           ▲ had not left ┘
 *
 * Each at most once: what may have left, or was cut off by a crash while it did, is not given again.
 */
import { encodePdu } from '../../modem/mms/encode.ts'
import { MmsError } from '../../modem/mms/error.ts'
import type { MmscAnswer } from '../../modem/mms/exchange.ts'
import type { RetrieveConf } from '../../modem/mms/types.ts'
import { reportAgainAtMs } from '../domain/mms-reading.ts'
import type { OwedReport, ReadReportShelf } from '../domain/mms-record.ts'
import { Rounds } from '../domain/rounds.ts'
import type { Recipient, UnitOfWork } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { MMS_VERSION } from './mms-answers.ts'
import type { MmsLine, MmsLines } from './mms-lines.ts'

const READ = 0x80
/** A timer may not wait longer than this; the clock may be set, and lines come back unheard. */
const LOOK_AT_LEAST_MS = 60_000

export interface MmsReadingOptions {
  shelf: ReadReportShelf
  lines: MmsLines
  /** Whether anybody is told (`mms.send_read_reports`). */
  allowed: boolean
  clock: () => number
  log: Log
}

export class MmsReading {
  readonly #options: MmsReadingOptions
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds
  #timer: NodeJS.Timeout | undefined
  #unsubscribe = () => {}
  #started = false

  constructor(options: MmsReadingOptions) {
    this.#options = options
    this.#rounds = new Rounds(
      () => this.#round(),
      (error) => options.log.error({ err: error }, 'read reports could not be looked after; they are again soon'),
    )
  }

  /** What a crash cut off while it left is not given again. */
  async start(): Promise<void> {
    const { shelf, clock, lines, allowed } = this.#options
    await shelf.prune(clock())
    if (!allowed) return
    this.#started = true
    this.#unsubscribe = lines.onChange(() => this.#poke())
    this.#poke()
  }

  async stop(): Promise<void> {
    this.#started = false
    clearTimeout(this.#timer)
    this.#unsubscribe()
    this.#stopping.abort()
    await this.#rounds.stop()
  }

  /** Inside the transaction that keeps the message: its sender may want to hear of its reading. */
  async came(
    conf: RetrieveConf,
    { id, lane, from, sentAtMs }: { id: string; lane: string; from: string | undefined; sentAtMs: number },
    unit: UnitOfWork,
  ): Promise<void> {
    const { allowed, shelf } = this.#options
    const { readReport, messageId, messageClass } = conf
    // What a machine sent wants no answer (OMA-TS-MMS_ENC §6.7.2).
    if (!allowed || readReport !== true || messageId === undefined || messageClass === 'auto') return
    if (from === undefined) return
    await shelf.ask({ notificationId: id, lane, mmscMessageId: messageId, to: from, sentAtMs }, unit)
  }

  /** As `Transport.markRead`. */
  async markRead(author: Recipient, timestampsMs: readonly number[], unit: UnitOfWork): Promise<() => void> {
    const { allowed, shelf, clock } = this.#options
    if (!allowed || author.e164 === undefined) return () => {}
    const isOwed = await shelf.read(author.e164, timestampsMs, clock(), unit)
    return () => {
      if (isOwed) this.#poke()
    }
  }

  /** Gives what is due now, and waits for the next. */
  async look(): Promise<void> {
    await this.#rounds.run()
    await this.#wait()
  }

  #poke(): void {
    if (this.#started) void this.look()
  }

  /** One report over one of the lines. */
  async #round(): Promise<boolean> {
    const { shelf, lines, clock } = this.#options
    for (const line of lines.all()) {
      if (line.problem !== undefined || this.#stopping.signal.aborted) continue
      const owed = await shelf.due(line.lane, clock())
      if (owed === undefined) continue
      await this.#give(line, owed)
      return true
    }
    return false
  }

  async #give(line: MmsLine, owed: OwedReport): Promise<void> {
    const { shelf, clock, log } = this.#options
    const pdu = reportOf(owed)
    if (pdu === undefined) return await shelf.left(owed.notificationId)
    await shelf.leaving(owed.notificationId)
    const answer = await line.exchange.submit({ pdu }, this.#stopping.signal)
    if (mayHaveLeft(answer)) return await shelf.left(owed.notificationId)
    const again = reportAgainAtMs(owed.tries + 1, clock())
    if (again === undefined) log.info({ id: owed.notificationId }, 'a read report could not be given')
    await shelf.stayed(owed, again)
  }

  async #wait(): Promise<void> {
    const { shelf, clock } = this.#options
    if (!this.#started) return
    const at = await shelf.nextDueAtMs().catch(() => undefined)
    clearTimeout(this.#timer)
    if (!this.#started) return
    const nowMs = clock()
    const waitMs = at === undefined || at <= nowMs ? LOOK_AT_LEAST_MS : Math.min(LOOK_AT_LEAST_MS, at - nowMs)
    this.#timer = setTimeout(() => this.#poke(), waitMs)
  }
}

/** An MMSC that says so has refused it; every other answer, and every silence, may mean that it has it. */
function mayHaveLeft(answer: MmscAnswer): boolean {
  if (answer.kind === 'unreachable') return answer.bodySent
  return answer.kind !== 'status' || (answer.status < 500 && answer.status !== 408 && answer.status !== 429)
}

/** An m-read-rec-ind (OMA-TS-MMS_ENC §6.7.2); undefined where a name has no place in a PDU. */
function reportOf({ mmscMessageId: messageId, to, readAtMs }: OwedReport): Uint8Array | undefined {
  try {
    return encodePdu({
      type: 'm-read-rec-ind',
      version: MMS_VERSION,
      messageId,
      to: [to.includes('@') ? { address: to } : { address: to, addressType: 'PLMN' }],
      from: { insertAddress: true },
      date: Math.floor(readAtMs / 1_000),
      readStatus: READ,
    })
  } catch (error) {
    if (error instanceof MmsError) return undefined
    throw error
  }
}
