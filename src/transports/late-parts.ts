/**
 * Shows long texts of which parts are overdue, with marks where those miss. What is due is read from the database, so a
 * restart loses and doubles none; the parts that come later fill the gaps (`SmsInbound`).
 */
import { PduError } from '../../modem/pdu/error.ts'
import type { KeptSegment, TransportSink } from '../domain/sink.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { gappedKey, joinedSegments, messageOf, type PartFacts } from './text-parts.ts'

/** How often is looked; sooner where the owner waits less. */
const LOOK_INTERVAL_MS = 30_000
/** Texts that one look shows; the next one goes on. */
const SHOWN_MAX = 200

/** Texts that wait for parts. The store fulfils it. */
export interface OverdueShelf {
  /** Hands over one text of which the last part came before `beforeMs`; false when there is none. */
  take(beforeMs: number, show: (parts: readonly KeptSegment[], unit: UnitOfWork) => Promise<boolean>): Promise<boolean>
}

export class LateParts {
  readonly #sink: Pick<TransportSink, 'message' | 'committed'>
  readonly #shelf: OverdueShelf
  readonly #afterMs: number
  readonly #clock: () => number
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  /** `afterMs`: how long after the last part that came the others are overdue. */
  constructor(options: {
    sink: Pick<TransportSink, 'message' | 'committed'>
    shelf: OverdueShelf
    afterMs: number
    clock: () => number
    log: Log
  }) {
    this.#sink = options.sink
    this.#shelf = options.shelf
    this.#afterMs = options.afterMs
    this.#clock = options.clock
    this.#log = options.log
  }

  start(): void {
    const look = () => {
      this.#looking = this.#looking
        .then(() => this.look())
        .catch((error: unknown) => {
          this.#log.warn({ err: error }, 'texts with missing parts could not be looked at; they are again soon')
        })
    }
    look()
    this.#timer = setInterval(look, Math.min(this.#afterMs, LOOK_INTERVAL_MS))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Shows what is overdue now. */
  async look(): Promise<void> {
    const beforeMs = this.#clock() - this.#afterMs
    for (let shown = 0; shown < SHOWN_MAX; shown++) {
      if (!(await this.#shelf.take(beforeMs, (parts, unit) => this.#show(parts, unit)))) return
      this.#sink.committed()
    }
  }

  /** False for what is for a program or a device: half of that is of no use to anybody. */
  async #show(parts: readonly KeptSegment[], unit: UnitOfWork): Promise<boolean> {
    const [first] = parts
    const text = textOf(parts)
    if (first === undefined || text === undefined) return false
    const { lane, fromAddress: address, factsJson } = first
    const receivedAtMs = Math.max(...parts.map((part) => part.receivedAtMs))
    const facts: PartFacts =
      factsJson === undefined ? { sentAtMs: first.receivedAtMs, flash: false, forPerson: true } : JSON.parse(factsJson)
    if (!facts.forPerson) return false
    const message = messageOf({ lane, address, receivedAtMs, dedupeKey: gappedKey(first.setId) }, text, facts)
    await this.#sink.message({ ...message, incomplete: true }, unit)
    return true
  }
}

function textOf(parts: readonly KeptSegment[]): string | undefined {
  try {
    const { text, ports } = joinedSegments(parts)
    return text === null || ports !== undefined ? undefined : text
  } catch (error) {
    if (error instanceof PduError) return undefined
    throw error
  }
}
