/**
 * Contents that are owed to somebody: reactions, edits, deletions, changes of a timer, and what our own other devices are to
 * know. Noted in the transaction of the fact itself, sent afterwards in their order for each recipient, again after a lost
 * connection or a restart, and always under the timestamp of the first time, so that a copy is recognised as one.
 */
import type { Selectable } from 'kysely'
import type { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { SignalContentsDueTable } from '../store/tables/signal.ts'
import type { Clock } from './clock.ts'
import type { OutgoingAction } from './contract.ts'
import { asCauseway, signalError } from './errors.ts'
import type { SignalSink } from './facts.ts'
import { type Content, contentCodec } from './proto/messages.ts'

/** First wait before a repetition; doubles with each… */
const backOffMs = 2_000
/** …up to this. */
const backOffMaxMs = 5 * 60_000
/** Nobody wants a change to a message that is older. */
const keptMs = 24 * 3600_000
/** What our own devices share holds for longer. */
const ownKeptMs = 30 * 24 * 3600_000
const unreachable = 'signal-unreachable'

type Row = Selectable<SignalContentsDueTable>

export interface OwedContent {
  to: OutgoingAction['to']
  content: Content
  timestampMs: number
  /** By what the sink is told how it ended; undefined: nobody wants to know. */
  reference: string | undefined
}

/**
 * There is no account any more that could send what is owed: nothing of it stays, and whoever waits for one of them hears that
 * it failed. Inside a transaction after whose commit the caller calls `sink.committed`.
 */
export async function giveUpOwed(transaction: DatabaseTransaction, sink: SignalSink, atMs: number): Promise<void> {
  const owed = await transaction.deleteFrom('signal_contents_due').returning(['reference', 'timestamp_ms']).execute()
  for (const { reference, timestamp_ms: timestampMs } of owed) {
    if (reference === null) continue
    await sink.settled({ reference, timestampMs, failure: signalError('signal-no-account'), atMs }, transaction)
  }
}

export class ContentDesk {
  readonly #db: Database
  readonly #clock: Clock
  readonly #log: Log
  readonly #sink: SignalSink
  readonly #deliver: (owed: Omit<OwedContent, 'reference'>) => Promise<void>
  readonly #stopping = new AbortController()
  #flushing: Promise<void> | undefined
  #again = false
  #waking = new AbortController()

  constructor(parts: {
    db: Database
    clock: Clock
    log: Log
    sink: SignalSink
    /** Encrypts and sends. Rejects with a CausewayError. */
    deliver: (owed: Omit<OwedContent, 'reference'>) => Promise<void>
  }) {
    this.#db = parts.db
    this.#clock = parts.clock
    this.#log = parts.log
    this.#sink = parts.sink
    this.#deliver = parts.deliver
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#waking.abort()
    await this.#flushing
  }

  async owe(transaction: DatabaseTransaction, { to, content, timestampMs, reference }: OwedContent): Promise<void> {
    await transaction
      .insertInto('signal_contents_due')
      .values({
        to_json: JSON.stringify(to),
        content: contentCodec.encode(content),
        timestamp_ms: timestampMs,
        reference: reference ?? null,
        owed_at_ms: this.#clock.now(),
      })
      .execute()
  }

  /** There is a connection: what only waited for one need not wait longer. */
  async connected(): Promise<void> {
    await this.#db
      .updateTable('signal_contents_due')
      .set({ not_before_ms: 0 })
      .where('code', '=', unreachable)
      .execute()
    await this.flush()
  }

  /** Sends what is owed by now, and sees to it that the rest is looked at in time. Never throws. */
  async flush(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    if (this.#flushing !== undefined) {
      this.#again = true
      return await this.#flushing
    }
    this.#flushing = this.#sendAll().finally(() => {
      this.#flushing = undefined
    })
    await this.#flushing
  }

  async #sendAll(): Promise<void> {
    try {
      do {
        this.#again = false
        while (!this.#stopping.signal.aborted && (await this.#sendNext()));
      } while (this.#again && !this.#stopping.signal.aborted)
      await this.#wakeLater()
    } catch (error) {
      this.#log.warn({ err: error }, 'contents that are owed could not be looked at')
    }
  }

  /** The first one that may go now; false when there is none. A recipient's contents keep their order. */
  async #sendNext(): Promise<boolean> {
    const row = await this.#db
      .selectFrom('signal_contents_due as due')
      .selectAll()
      .where('not_before_ms', '<=', this.#clock.now())
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('signal_contents_due as earlier')
              .select('earlier.id')
              .whereRef('earlier.to_json', '=', 'due.to_json')
              .whereRef('earlier.id', '<', 'due.id'),
          ),
        ),
      )
      .orderBy('id')
      .executeTakeFirst()
    if (row === undefined) return false
    await this.#send(row)
    return true
  }

  async #send(row: Row): Promise<void> {
    const { timestamp_ms: timestampMs } = row
    try {
      await this.#deliver({ to: JSON.parse(row.to_json), content: contentCodec.decode(row.content), timestampMs })
      await this.#settle(row, undefined)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const failure = asCauseway(error)
      const again = failure.retry === 'same-transport' || failure.retry === 'after-human'
      const kept = row.reference === null ? ownKeptMs : keptMs
      if (again && this.#clock.now() - row.owed_at_ms < kept) await this.#putOff(row, failure)
      else await this.#settle(row, failure)
    }
  }

  async #putOff(row: Row, { code, retryAfterMs }: CausewayError): Promise<void> {
    const waitMs = Math.max(retryAfterMs ?? 0, Math.min(backOffMaxMs, backOffMs * 2 ** Math.min(20, row.tries)))
    await this.#db
      .updateTable('signal_contents_due')
      .set({ tries: row.tries + 1, not_before_ms: this.#clock.now() + waitMs, code })
      .where('id', '=', row.id)
      .execute()
  }

  async #settle(row: Row, failure: CausewayError | undefined): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('signal_contents_due').where('id', '=', row.id).execute()
      if (row.reference === null) return
      await this.#sink.settled(
        { reference: row.reference, timestampMs: row.timestamp_ms, failure, atMs: this.#clock.now() },
        transaction,
      )
    })
    this.#sink.committed()
  }

  async #wakeLater(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const next = await this.#db
      .selectFrom('signal_contents_due')
      .select('not_before_ms')
      .orderBy('not_before_ms')
      .executeTakeFirst()
    this.#waking.abort()
    if (next === undefined || this.#stopping.signal.aborted) return
    this.#waking = new AbortController()
    const waitMs = Math.min(backOffMaxMs, Math.max(1, next.not_before_ms - this.#clock.now()))
    void this.#clock.wait(waitMs, this.#waking.signal).then(
      () => this.flush(),
      () => undefined,
    )
  }
}
