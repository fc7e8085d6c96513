/**
 * Receipts that we owe: for messages received, and for messages read (to their author, and to our own other devices).
 * Noted in the transaction of the fact itself, sent in batches afterwards, and after a restart or a lost connection as
 * well.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { prepared } from '../store/prepared.ts'
import type { Clock, OwnTimestamps } from './clock.ts'
import { asCauseway } from './errors.ts'
import { serviceIdOctets } from './ids.ts'
import type { Content } from './proto/messages.ts'
import type { Sender } from './sender.ts'

const timestampsPerReceipt = 100
/** A receipt costs more than what it is for: of a stream of messages, those of this time share one. */
const gatherMs = 100
/** Nobody waits longer than this for a receipt. */
const keptMs = 7 * 24 * 3600_000
const unreachable = 'signal-unreachable'
/** People who are passed over in one run; where it are more, it is not they. */
const heldMax = 20
const receiptTypes = { delivered: 0, read: 1, viewed: 2 } as const

type Kind = keyof typeof receiptTypes | 'read-here' | 'viewed-here' | 'opened-here'

export class ReceiptDesk {
  readonly #db: Database
  readonly #sender: Sender
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #log: Log
  readonly #self: string
  readonly #signal: AbortSignal
  readonly #rounds: Rounds
  #gathering = false
  #gathered = false
  /** Whom something ails that is theirs alone: passed over in this run. */
  readonly #heldUp = new Set<string>()

  constructor(parts: {
    db: Database
    sender: Sender
    clock: Clock
    timestamps: OwnTimestamps
    log: Log
    /** Our own ACI. */
    self: string
    /** Ends the waiting for more. */
    signal: AbortSignal
  }) {
    this.#db = parts.db
    this.#sender = parts.sender
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#log = parts.log
    this.#self = parts.self
    this.#signal = parts.signal
    this.#rounds = new Rounds(
      () => this.#sendOne(),
      (error) => this.#log.debug({ code: asCauseway(error).code }, 'receipts wait'),
    )
  }

  /** Forgets what nobody waits for any more. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('signal_receipts_due')
      .where('due_at_ms', '<', this.#clock.now() - keptMs)
      .execute()
  }

  /** Sends nothing more; resolves when what is being sent is settled. What is owed stays so. */
  async stop(): Promise<void> {
    await this.#rounds.stop()
  }

  async owe(transaction: DatabaseTransaction, kind: Kind, aci: string, timestampMs: number): Promise<void> {
    await insertDue(transaction, { kind, aci, timestampMs, dueAtMs: this.#clock.now() })
  }

  /** Sends what is owed. Never throws; what the network kept from being sent stays owed. */
  async flush(): Promise<void> {
    await this.#rounds.run()
  }

  /** As `flush`, but not again before some time has passed: what is owed meanwhile goes together. */
  flushSoon(): void {
    this.#gathered = true
    if (!this.#gathering) void this.#gather()
  }

  async #gather(): Promise<void> {
    this.#gathering = true
    while (this.#gathered && !this.#signal.aborted) {
      this.#gathered = false
      void this.flush()
      await this.#clock.wait(gatherMs, this.#signal).catch(() => undefined)
    }
    this.#gathering = false
  }

  /** One kind of receipt for one person, of those who are not held up; false when none is owed. */
  async #sendOne(): Promise<boolean> {
    const held = this.#heldUp
    const first = await this.#db
      .selectFrom('signal_receipts_due')
      .select(['kind', 'aci'])
      .$if(held.size > 0, (query) => query.where('aci', 'not in', [...held]))
      .orderBy('due_at_ms')
      .executeTakeFirst()
    if (first === undefined) {
      held.clear()
      return false
    }
    const rows = await this.#db
      .selectFrom('signal_receipts_due')
      .select('timestamp_ms')
      .where('kind', '=', first.kind)
      .where('aci', '=', first.aci)
      .orderBy('timestamp_ms')
      .limit(first.kind === 'opened-here' ? 1 : timestampsPerReceipt)
      .execute()
    const timestamps = rows.map((row) => row.timestamp_ms)
    try {
      await this.#sender.send({
        to: first.kind.endsWith('-here') ? this.#self : first.aci,
        content: contentOf(first.kind, first.aci, timestamps),
        timestampMs: this.#timestamps.next(),
        urgent: false,
        hint: ContentHint.Implicit,
        log: false,
      })
    } catch (error) {
      // Somebody who has left, or whom we may not write to at present, gets no receipt; the rest waits for the network.
      if (!CausewayError.is(error) || error.code === unreachable || held.size >= heldMax) {
        held.clear()
        throw error
      }
      if (error.retry === 'same-transport') {
        // What ails one person alone is no reason to let all others wait.
        held.add(first.aci)
        this.#log.debug({ code: error.code }, 'receipts of one person wait')
        return true
      }
    }
    await this.#db
      .deleteFrom('signal_receipts_due')
      .where('kind', '=', first.kind)
      .where('aci', '=', first.aci)
      .where('timestamp_ms', 'in', timestamps)
      .execute()
    return true
  }
}

const insertDue = prepared((db, $: { kind: Kind; aci: string; timestampMs: number; dueAtMs: number }) =>
  db
    .insertInto('signal_receipts_due')
    .values({ kind: $.kind, aci: $.aci, timestamp_ms: $.timestampMs, due_at_ms: $.dueAtMs })
    .onConflict((conflict) => conflict.doNothing()),
)

function contentOf(kind: Kind, aci: string, timestamps: readonly number[]): Content {
  const senderAciBinary = serviceIdOctets(aci)
  const named = timestamps.map((timestamp) => ({ timestamp, senderAciBinary }))
  switch (kind) {
    case 'read-here':
      return { syncMessage: { read: named } }
    case 'viewed-here':
      return { syncMessage: { viewed: named } }
    case 'opened-here': {
      const [viewOnceOpen] = named
      return { syncMessage: viewOnceOpen === undefined ? {} : { viewOnceOpen } }
    }
    default:
      return { receiptMessage: { type: receiptTypes[kind], timestamp: timestamps } }
  }
}
