/**
 * How a scenario's gateway receives and sends picture messages: the service's own reading of pushes, its own fetching and
 * its own transport, over the simulated MMSC, with a memory that lives as long as the run. What the service repeats over
 * minutes is repeated over fractions of a second here.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { interfaceBearer } from '../../../modem/mms/bearer/interface.ts'
import { createMmsExchange, EXCHANGE_TIMINGS } from '../../../modem/mms/client.ts'
import type { Modem } from '../../../modem/modem.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import type { SimulatedMmsc } from '../../../modem/sim/mmsc.ts'
import { simulatedCarrier } from '../../../modem/sim/mmsc-carrier.ts'
import type { Incoming } from '../../domain/mms-incoming.ts'
import type { Announced, CarrierShelf, NotificationShelf } from '../../domain/mms-record.ts'
import type { UnitOfWork } from '../../domain/transport.ts'
import type { Log } from '../../log.ts'
import { Fitting } from '../../media/fitting.ts'
import { Pictures } from '../../media/pictures.ts'
import { Recordings } from '../../media/recordings.ts'
import { MmsTransport } from '../../transports/mms.ts'
import { MmsDesk } from '../../transports/mms-desk.ts'
import type { MmsLine, MmsLines } from '../../transports/mms-lines.ts'
import { MmsPushes } from '../../transports/mms-pushes.ts'
import type { PushTaker } from '../../transports/sms-inbound.ts'
import type { ScenarioInbox } from './inbox.ts'

const RETRY_EVERY_MS = 200
/** How long the MMSC may be silent here. */
const SILENCE_MS = 1_000
const BYTES_MAX = 5_000_000

export class ScenarioPictures {
  readonly pushes: PushTaker
  readonly transport: MmsTransport
  readonly #desk: MmsDesk
  readonly #pictures = new Pictures()
  readonly #lines: MmsLine[] = []
  #listener: () => void = () => {}

  /** `named`: the carrier has taken a message and calls it so. */
  constructor(inbox: ScenarioInbox, log: Log, named: (messageId: string, mmscMessageId: string) => void) {
    const lines: MmsLines = {
      all: () => this.#lines,
      onChange: (listener) => {
        this.#listener = listener
        return () => {}
      },
    }
    const clock = () => Date.now()
    const shelf = new Shelf()
    const common = { shelf, sink: inbox, lines, bytesMax: BYTES_MAX, region: undefined, clock }
    this.#desk = new MmsDesk({
      ...common,
      carriers: NOTHING_LEARNT,
      reading: NOBODY_IS_TOLD,
      reportsAllowed: true,
      log,
    })
    this.pushes = new MmsPushes({
      ...common,
      mode: 'immediate',
      strangersBytesMax: BYTES_MAX,
      wake: () => this.#desk.poke(),
    })
    const carriers: CarrierShelf = {
      ...NOTHING_LEARNT,
      sent: async ({ messageId, mmscMessageId }) => {
        named(messageId, mmscMessageId)
        return []
      },
    }
    const recordings = new Recordings({ directory: join(tmpdir(), `causeway-scenario-${process.pid}`) })
    this.transport = new MmsTransport({
      lines,
      notifications: shelf,
      reading: NOBODY_IS_TOLD,
      carriers,
      fitting: new Fitting({ pictures: this.#pictures, recordings, log }),
      sink: inbox,
      settings: { bytesMax: undefined, deliveryReports: true, readReports: false },
      clock,
    })
  }

  /** A modem's way to the MMSC, which from now on announces there. */
  async connect(modem: Modem, number: string, mmsc: SimulatedMmsc, log: Log): Promise<void> {
    const carrier = await simulatedCarrier(mmsc, number)
    const bearer = interfaceBearer({ interfaceName: 'lo', dns: [] })
    const timings = { ...EXCHANGE_TIMINGS, firstByteMs: SILENCE_MS, silenceMs: SILENCE_MS }
    const { maxMessageSize: bytesMax, recipientLimit: recipientsMax, maxSubject: subjectCharsMax } = carrier
    this.#lines.push({
      lane: modem.id,
      exchange: createMmsExchange({ carrier, bearer, clock: systemClock, log, timings }),
      carrier: { id: carrier.id, bytesMax, recipientsMax, subjectCharsMax, answersAtLocation: false },
      problem: undefined,
      ownNumber: number,
      roaming: false,
      rules: undefined,
    })
    // Its name is another one when it is known.
    modem.onStatus(({ id: lane }) => {
      const at = this.#lines.findIndex(({ ownNumber }) => ownNumber === number)
      const line = this.#lines[at]
      if (line === undefined || line.lane === lane) return
      this.#lines[at] = { ...line, lane }
      this.#listener()
    })
  }

  start(): void {
    this.#desk.start()
  }

  async stop(): Promise<void> {
    await this.#desk.stop()
    await this.#pictures.close()
  }
}

const NOTHING_LEARNT: CarrierShelf = {
  sent: async () => [],
  bytesMax: async () => undefined,
  learnBytesMax: async () => {},
  ownNumbers: async () => [],
  learnOwnNumber: async () => {},
}

/** Nobody reads here. */
const NOBODY_IS_TOLD = { came: async () => {}, markRead: async () => () => {} }

/** All in memory: there is nothing to commit. */
class Shelf implements NotificationShelf {
  readonly #kept = new Map<string, Announced>()
  /** When each was last changed: what waits is tried again after a moment. */
  readonly #changedAtMs = new Map<string, number>()

  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    return work({} as UnitOfWork)
  }

  async find(key: Parameters<NotificationShelf['find']>[0]): Promise<Announced | undefined> {
    if ('id' in key) return this.#kept.get(key.id)
    const { lane, transactionId, location } = key
    return [...this.#kept.values()].find(
      (one) => one.lane === lane && one.transactionId === transactionId && one.location === location,
    )
  }

  async add(announcement: Parameters<NotificationShelf['add']>[0], incoming: Incoming): Promise<Announced> {
    const id = `mmn_${String(this.#kept.size + 1).padStart(26, '0')}`
    const nothing = { retrieveTransactionId: undefined, code: undefined, reason: undefined, values: undefined }
    const record = { ...announcement, ...incoming, ...nothing, id }
    this.#kept.set(id, record)
    return record
  }

  async change(...[id, from, change]: Parameters<NotificationShelf['change']>): Promise<boolean> {
    const record = this.#kept.get(id)
    if (record?.state !== from) return false
    this.#kept.set(id, { ...record, ...change })
    this.#changedAtMs.set(id, Date.now())
    return true
  }

  async keepPdu(): Promise<void> {}

  async pdu(): Promise<undefined> {
    return undefined
  }

  async due(what: Parameters<NotificationShelf['due']>[0], nowMs: number): Promise<Announced | undefined> {
    return [...this.#kept.values()].find((one) => {
      if (what.kind === 'lapse') return one.state === 'pushed' && one.expiresAtMs <= nowMs
      const wantedAtMs = what.kind === 'fetch' ? one.dueAtMs : one.answerDueAtMs
      const againAtMs = (this.#changedAtMs.get(one.id) ?? 0) + RETRY_EVERY_MS
      return one.lane === what.lane && wantedAtMs !== null && (wantedAtMs <= nowMs || againAtMs <= nowMs)
    })
  }

  async nextDueAtMs(): Promise<number | undefined> {
    const waits = [...this.#kept.values()].some(
      ({ dueAtMs, answerDueAtMs }) => dueAtMs !== null || answerDueAtMs !== null,
    )
    return waits ? Date.now() + RETRY_EVERY_MS : undefined
  }

  async prune(): Promise<void> {}
}
