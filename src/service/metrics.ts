/**
 * What is counted for Prometheus (`GET /metrics`): how many messages in which state, what waits, how modems and the
 * account are, how long reception takes, how large the database is. No number, no text, no id of a person or of a module:
 * a modem is named by its label, or by its place in the configuration. The only file that imports prom-client.
 */
import { stat } from 'node:fs/promises'
import { Gauge, Histogram, Registry } from 'prom-client'
import type { IncomingPdu, ModemSink, SmsModem } from '../../modem/contract.ts'
import type { SignalAccount } from '../signal/contract.ts'
import type { Database } from '../store/database.ts'
import { messageCounts, waitingCounts } from '../store/mailbox.ts'
import type { BackupRunRow } from '../store/tables/backup.ts'

/** Counting goes over all messages: not more often than this, however often it is asked. */
const COUNTED_EVERY_MS = 10_000
/** From the modem's line to the commit; a storage that is read through at start takes longer. */
const RECEPTION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30]

/** The newest run first. */
interface BackupFacts {
  runs: readonly BackupRunRow[]
  good: BackupRunRow | undefined
}

export interface MetricsParts {
  db: Database
  /** The database file; its write-ahead log lies beside it. */
  databasePath: string
  clock: () => number
}

export class Metrics {
  readonly contentType: string
  readonly #parts: MetricsParts
  readonly #registry = new Registry()
  readonly #messages: Gauge
  readonly #waiting: Gauge
  readonly #modemState: Gauge
  readonly #modemSignal: Gauge
  readonly #modemStorage: Gauge
  readonly #modemRecovery: Gauge
  readonly #signalState: Gauge
  readonly #signalEnvelopes: Gauge
  readonly #discovery: Gauge
  readonly #databaseBytes: Gauge
  readonly #backup: Gauge
  readonly #reception: Histogram
  #modems: readonly SmsModem[] = []
  #account: SignalAccount | undefined
  #backups: (() => Promise<BackupFacts>) | undefined
  #countedAtMs: number | undefined
  #running: Promise<string> | undefined

  constructor(parts: MetricsParts) {
    this.#parts = parts
    this.contentType = this.#registry.contentType
    const gauge = (name: string, help: string, labelNames: string[]) =>
      new Gauge({ name: `causeway_${name}`, help, labelNames, registers: [this.#registry] })
    this.#messages = gauge('messages', 'Messages that are kept, by the transport they went or go by.', [
      'direction',
      'transport',
      'state',
    ])
    this.#waiting = gauge('queue_messages', 'Outgoing messages that are not settled.', ['transport', 'modem', 'state'])
    this.#modemState = gauge('modem_state', '1 for the state that the modem is in.', ['modem', 'state'])
    this.#modemSignal = gauge('modem_signal_dbm', 'How well the modem hears.', ['modem'])
    this.#modemStorage = gauge('modem_storage_messages', 'Places in the modem’s memories.', ['modem', 'memory', 'of'])
    this.#modemRecovery = gauge('modem_recovery_steps', 'How often each step was done to bring the modem back.', [
      'modem',
      'step',
    ])
    this.#signalState = gauge('signal_state', '1 for the state that the Signal account is in.', ['state'])
    this.#signalEnvelopes = gauge('signal_envelopes', 'What became of the envelopes from Signal since the start.', [
      'outcome',
    ])
    this.#discovery = gauge('signal_discovery', 'Contact discovery: numbers asked and remembered, seconds to wait.', [
      'of',
    ])
    this.#databaseBytes = gauge('database_bytes', 'Size of the database on the disk.', ['file'])
    this.#backup = gauge(
      'backup',
      'The last backup: when it was begun (Unix time), its octets; 1 where the last try failed.',
      ['of'],
    )
    this.#reception = new Histogram({
      name: 'causeway_reception_seconds',
      help: 'From the modem’s line to the commit that holds what was received.',
      labelNames: ['kind'],
      buckets: RECEPTION_BUCKETS_S,
      registers: [this.#registry],
    })
  }

  /** What is to be told of, once it is there. */
  watch(modems: readonly SmsModem[], account: SignalAccount): void {
    this.#modems = modems
    this.#account = account
  }

  /** Likewise. */
  watchBackups(status: () => Promise<BackupFacts>): void {
    this.#backups = status
  }

  /** The same sink, with a watch on how long it takes. */
  timed(sink: ModemSink): ModemSink {
    return {
      incoming: async (pdu: IncomingPdu) => {
        await sink.incoming(pdu)
        this.#reception.observe({ kind: pdu.kind }, Math.max(0, this.#parts.clock() - pdu.receivedAtMs) / 1_000)
      },
      released: (pdu) => sink.released(pdu),
      inventory: (modemId, memory, occupied) => sink.inventory(modemId, memory, occupied),
      call: (call) => sink.call(call),
    }
  }

  /** The text for Prometheus. Those who ask at the same time get the same answer. */
  text(): Promise<string> {
    this.#running ??= this.#collect().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #collect(): Promise<string> {
    this.#collectModems()
    this.#signalState.reset()
    if (this.#account !== undefined) this.#signalState.set({ state: this.#account.status().state }, 1)
    this.#collectDiscovery()
    this.#signalEnvelopes.reset()
    for (const [outcome, count] of Object.entries(this.#account?.envelopes() ?? {})) {
      this.#signalEnvelopes.set({ outcome }, count)
    }
    const nowMs = this.#parts.clock()
    if (this.#countedAtMs === undefined || nowMs - this.#countedAtMs >= COUNTED_EVERY_MS || nowMs < this.#countedAtMs) {
      await this.#collectMessages()
      this.#countedAtMs = nowMs
    }
    for (const [file, suffix] of [
      ['main', ''],
      ['log', '-wal'],
    ] as const) {
      const size = await stat(`${this.#parts.databasePath}${suffix}`).then(
        (facts) => facts.size,
        () => 0,
      )
      this.#databaseBytes.set({ file }, size)
    }
    await this.#collectBackups()
    return this.#registry.metrics()
  }

  async #collectBackups(): Promise<void> {
    this.#backup.reset()
    const facts = await this.#backups?.()
    if (facts === undefined) return
    const { runs, good } = facts
    if (good !== undefined) {
      this.#backup.set({ of: 'began_seconds' }, good.began_at_ms / 1_000)
      this.#backup.set({ of: 'bytes' }, good.bytes ?? 0)
    }
    const last = runs.find(({ ended_at_ms: endedAtMs }) => endedAtMs !== null)
    if (last !== undefined) this.#backup.set({ of: 'failed' }, last.code === null ? 0 : 1)
  }

  #collectDiscovery(): void {
    this.#discovery.reset()
    const use = this.#account?.status().discovery
    if (use === undefined) return
    const waitMs = Math.max(0, (use.notBeforeMs ?? 0) - this.#parts.clock())
    this.#discovery.set({ of: 'new_numbers_today' }, use.newToday)
    this.#discovery.set({ of: 'remembered_numbers' }, use.remembered)
    this.#discovery.set({ of: 'wait_seconds' }, waitMs / 1_000)
  }

  async #collectMessages(): Promise<void> {
    const { db } = this.#parts
    const messages = await messageCounts(db)
    const waiting = await waitingCounts(db)
    this.#messages.reset()
    for (const { direction, transport, state, count } of messages) {
      this.#messages.inc({ direction, transport: transport ?? 'none', state }, count)
    }
    this.#waiting.reset()
    for (const { transport, lane, state, count } of waiting) {
      this.#waiting.inc({ transport: transport ?? 'none', modem: this.#nameOfLane(lane), state }, count)
    }
  }

  #collectModems(): void {
    for (const gauge of [this.#modemState, this.#modemSignal, this.#modemStorage, this.#modemRecovery]) gauge.reset()
    for (const [at, modem] of this.#modems.entries()) {
      const { state, signalDbm, storage, recovery } = modem.status()
      const name = nameOf(modem, at)
      this.#modemState.set({ modem: name, state }, 1)
      if (signalDbm !== undefined) this.#modemSignal.set({ modem: name }, signalDbm)
      for (const { memory, used, total } of storage) {
        this.#modemStorage.set({ modem: name, memory, of: 'used' }, used)
        this.#modemStorage.set({ modem: name, memory, of: 'total' }, total)
      }
      for (const [step, count] of Object.entries(recovery.counts)) {
        this.#modemRecovery.set({ modem: name, step }, count)
      }
    }
  }

  #nameOfLane(lane: string | null): string {
    if (lane === null) return 'none'
    const at = this.#modems.findIndex(({ id }) => id === lane)
    const modem = this.#modems[at]
    return modem === undefined ? 'other' : nameOf(modem, at)
  }
}

function nameOf(modem: SmsModem, at: number): string {
  return modem.status().label ?? `modem-${at + 1}`
}
