/**
 * The router with everything around it under the test's hand: a real encrypted database, a clock that moves when told, an
 * outbox that runs its jobs when told, and two transports that fulfil the contract with a network that counts what
 * arrived. `crash` cuts the database off as a killed process would, `reboot` opens it again.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIds } from '../../../src/domain/ids.ts'
import type { InboundMessage, Receipt } from '../../../src/domain/sink.ts'
import type { Transport } from '../../../src/domain/transport.ts'
import type { RoutingSettings } from '../../../src/routing/facts.ts'
import { Router } from '../../../src/routing/router.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { getMessage, listAttempts, listMessages, listParts } from '../../../src/store/mailbox.ts'
import type { MessageRow } from '../../../src/store/tables/mailbox.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { mediaRig } from '../media-rig.ts'
import { FakeSignal, FakeSms } from './fake-transports.ts'
import { HandOutbox } from './hand-outbox.ts'

export const ANA = '+15550000101'
export const BEN = '+15550000102'
export const ANA_ACI = 'a0000000-0000-4000-8000-000000000101'
export const START_MS = 1_790_000_000_000
const KEY = new Uint8Array(32).fill(7)
const SETTLE_ROUNDS = 400

export class Crash extends Error {}

export class World {
  readonly #directory: string
  nowMs = START_MS
  readonly sms: FakeSms
  readonly signal = new FakeSignal(new Map([[ANA, ANA_ACI]]))
  readonly settings: RoutingSettings = {
    mode: 'integrated',
    region: 'US',
    defaultPolicy: 'auto',
    fallbackAfterMs: 900_000,
    validityMs: 86_400_000,
    resendWhenUncertain: false,
    whenRoaming: 'ask',
    quietHours: 'off',
    timeZone: 'UTC',
  }
  db!: Database
  events!: EventLog
  router!: Router
  outbox!: HandOutbox
  #random = 1

  /** Further transports, made anew at each boot. */
  readonly #more: (world: World) => readonly Transport[]

  private constructor(more: (world: World) => readonly Transport[]) {
    this.#more = more
    this.#directory = mkdtempSync(join(tmpdir(), 'causeway-routing-'))
    this.sms = new FakeSms(this.clock)
  }

  static async open(
    settings: Partial<RoutingSettings> = {},
    more: (world: World) => readonly Transport[] = () => [],
  ): Promise<World> {
    const world = new World(more)
    Object.assign(world.settings, settings)
    await world.boot()
    return world
  }

  readonly clock = () => this.nowMs
  /** Numbers that look random and are the same in every run (a linear congruential generator). */
  readonly random = () => {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31
    return this.#random / 2 ** 31
  }

  async boot(): Promise<void> {
    this.db = await freshDatabase({ path: join(this.#directory, 'causeway.db'), key: KEY })
    this.events = new EventLog(this.db, this.clock)
    this.outbox = new HandOutbox(this.clock)
    const quiet = () => {}
    this.router = new Router({
      media: await mediaRig(join(this.#directory, 'files')),
      db: this.db,
      events: this.events,
      outbox: this.outbox,
      settings: this.settings,
      ids: createIds(this.clock, (count) => Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256))),
      clock: this.clock,
      random: this.random,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    })
    await this.router.start([this.sms, this.signal, ...this.#more(this)])
  }

  /** The process dies here: nothing more reaches the database. Throw the result. */
  async crash(): Promise<Crash> {
    await this.db.destroy()
    return new Crash('killed')
  }

  /** A new process on what the dead one left. Jobs are gone, as after a wiped Redis. */
  async reboot(): Promise<void> {
    await this.router.stop()
    await this.db.destroy()
    await this.boot()
  }

  async close(): Promise<void> {
    await this.router.stop()
    await this.db.destroy()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Runs jobs whose time has come until there are none. A job that dies with the process is swallowed. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let round = 0; round < SETTLE_ROUNDS && quiet < 4; round++) {
      await new Promise((resolve) => setTimeout(resolve, round < 40 ? 0 : 10))
      await this.#disk()
      const due = [...this.outbox.jobs].filter(([, { atMs }]) => atMs <= this.nowMs)
      quiet = due.length === 0 ? quiet + 1 : 0
      await Promise.all(
        due.map(async ([id, { run }]) => {
          this.outbox.jobs.delete(id)
          await run().catch((error: unknown) => {
            if (!String(error).match(/killed|driver has already been destroyed|not open|closed/i)) throw error
          })
        }),
      )
    }
  }

  /** Whatever waited for the disk before this has gone on. */
  async #disk(): Promise<void> {
    try {
      await this.db.replaceInto('settings').values({ key: 'settled', value_json: 'null' }).execute()
    } catch (error) {
      if (!/driver has already been destroyed|not open|closed/i.test(String(error))) throw error
    }
  }

  /** Lets time pass, with jobs run at their moments. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms
    for (;;) {
      await this.settle()
      const next = Math.min(...[...this.outbox.jobs.values()].map(({ atMs }) => atMs))
      if (next > end) break
      this.nowMs = Math.max(this.nowMs, next)
    }
    this.nowMs = end
    await this.settle()
  }

  /** Submits, lets everything run, and gives the message as it is then. */
  async send(to: string, text: string, more: Partial<Parameters<Router['submit']>[0]> = {}): Promise<MessageRow> {
    const { message } = await this.router.submit({ to, text, ...more })
    await this.settle()
    return this.message(message.id)
  }

  async message(id: string): Promise<MessageRow> {
    const row = await getMessage(this.db, id)
    if (row === undefined) throw new Error(`no message ${id}`)
    return row
  }

  async ledger(id: string): Promise<string[]> {
    const rows = await listAttempts(this.db, id)
    return rows.map(({ n, transport, result, code }) => `${n} ${transport} ${result}${code === null ? '' : ` ${code}`}`)
  }

  parts(id: string) {
    return listParts(this.db, id)
  }

  async all(): Promise<MessageRow[]> {
    return (await listMessages(this.db, { limit: 200, order: 'oldest' })).data
  }

  async contact(e164: string) {
    return this.db.selectFrom('contacts').selectAll().where('e164', '=', e164).executeTakeFirstOrThrow()
  }

  /** A text from outside. */
  text(from: string, text: string, more: Partial<InboundMessage> = {}): Promise<boolean> {
    return this.router.sink.message({
      transport: 'sms',
      lane: 'mdm_1',
      from: { address: from, aci: undefined, pni: undefined, name: undefined },
      text,
      sentAtMs: this.nowMs,
      receivedAtMs: this.nowMs,
      encrypted: false,
      dedupeKey: `sms-${this.random()}`,
      ...more,
    })
  }

  /** A Signal message from outside. */
  note(aci: string, text: string, e164?: string, more: Partial<InboundMessage> = {}): Promise<boolean> {
    return this.router.sink.message({
      transport: 'signal',
      lane: 'signal',
      from: { address: e164, aci, pni: undefined, name: undefined },
      text,
      sentAtMs: this.nowMs,
      receivedAtMs: this.nowMs,
      encrypted: true,
      dedupeKey: `signal-${this.random()}`,
      ...more,
    })
  }

  /** Signal's receipt for a message. */
  async receipt(kind: 'delivered' | 'read', message: MessageRow, fromAci = ANA_ACI): Promise<void> {
    await this.router.sink.receipt({
      transport: 'signal',
      kind,
      fromAci,
      timestampsMs: [message.sent_timestamp_ms],
      atMs: this.nowMs,
    })
    await this.settle()
  }

  /** The network's status report for a part it took. */
  async report(taken: FakeSms['network'][number], more: Partial<Receipt & { transport: 'sms' }> = {}): Promise<void> {
    await this.router.sink.receipt({
      transport: 'sms',
      lane: taken.lane,
      messageReference: taken.reference,
      recipientAddress: taken.to,
      // Service centres say whole seconds.
      submittedAtMs: Math.floor(taken.atMs / 1000) * 1000,
      dischargedAtMs: this.nowMs,
      outcome: 'delivered',
      status: 0,
      detail: 'delivered (TP-ST 0)',
      ...more,
    })
    await this.settle()
  }
  /** The network reports that each part it took has arrived. */
  async reportAll(): Promise<void> {
    for (const taken of this.sms.network) await this.report(taken)
  }
}
