/**
 * The modem driver alone against simulated modems, without the gateway: no database, no queue. Judged by the ledger of the
 * simulated network. `percentOfIdeal` compares with what the air alone takes.
 */
import { performance } from 'node:perf_hooks'
import type { IncomingPdu, ModemSink } from '../modem/contract.ts'
import { Modem } from '../modem/modem.ts'
import { addressOf } from '../modem/pdu/address.ts'
import { encodeSubmit } from '../modem/pdu/encode.ts'
import { split } from '../modem/pdu/segments.ts'
import { type Log, systemClock } from '../modem/serial/surroundings.ts'
import { SimulatedModem } from '../modem/sim/modem.ts'
import { RadioNetwork } from '../modem/sim/network.ts'
import type { SimulatedModemOptions } from '../modem/sim/options.ts'
import type { Benchmark, Measured } from './benchmark.ts'
import { goodEntry, malformedEntries } from './malformed-entries.ts'

const BEN = '+4915559999'
const SUBMIT_S = 3.0
const LINKED_S = 1.6
/** Entries that have not come by then are counted as blocked. */
const MALFORMED_LIMIT_MS = 10_000
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Takes everything at once and tells who waits. */
class Sink implements ModemSink {
  readonly taken = new Set<string>()
  onTaken: (pdu: IncomingPdu) => void = () => {}
  doubled = 0

  incoming(pdu: IncomingPdu): Promise<void> {
    if (this.taken.has(pdu.pduHex)) this.doubled += 1
    this.taken.add(pdu.pduHex)
    this.onTaken(pdu)
    return Promise.resolve()
  }

  released(): Promise<void> {
    return Promise.resolve()
  }

  inventory(): Promise<void> {
    return Promise.resolve()
  }

  call(): Promise<void> {
    return Promise.resolve()
  }
}

interface Line {
  sim: SimulatedModem
  modem: Modem
  sink: Sink
}

async function onLines(
  count: number,
  options: Partial<SimulatedModemOptions>,
  run: (network: RadioNetwork, lines: readonly [Line, ...Line[]]) => Promise<Measured>,
): Promise<Measured> {
  const network = new RadioNetwork()
  network.person(BEN)
  const lines: Line[] = []
  try {
    const opened: Line[] = []
    for (let n = 0; n < count; n++) {
      const sim = new SimulatedModem(network, { number: `+49155500${String(n).padStart(2, '0')}`, ...options })
      const sink = new Sink()
      const port = `tcp://127.0.0.1:${await sim.listen()}`
      const line = { sim, sink, modem: new Modem({ port, sink, clock: systemClock, log: silent }) }
      lines.push(line)
      opened.push(line)
      line.modem.start()
    }
    await Promise.all(opened.map(({ modem }) => ready(modem)))
    const [first, ...others] = opened
    if (first === undefined) throw new Error('no line')
    return await run(network, [first, ...others])
  } finally {
    for (const { modem, sim } of lines) {
      await modem.stop()
      await sim.stop()
    }
    network.stop()
  }
}

function ready(modem: Modem): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (modem.status().state !== 'ready') return
      unlisten()
      resolve()
    }
    const unlisten = modem.onStatus(look)
    look()
  })
}

/** Submits a text, its parts one behind the other. */
async function send(modem: Modem, text: string, reference: number): Promise<number> {
  const parts = split(text, { reference: reference & 0xff })
  for (const [at, part] of parts.entries()) {
    const tpdu = encodeSubmit({ ...part, address: addressOf(BEN) })
    await modem.submit(tpdu, { moreToFollow: at < parts.length - 1 })
  }
  return parts.length
}

function seconds(sinceMs: number): number {
  return (performance.now() - sinceMs) / 1000
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function share(sorted: readonly number[], part: number): number {
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
}

const zero = () =>
  onLines(1, {}, async (network, [{ modem }]) => {
    const count = 2_000
    const startMs = performance.now()
    for (let i = 0; i < count; i++) await send(modem, `text ${i}`, i)
    const messagesPerSecond = Math.round(count / seconds(startMs))
    return { messagesPerSecond, acceptedOnce: network.ledger.entries().length / count }
  })

const single = () =>
  onLines(1, { timing: 'realistic' }, async (_network, [{ modem }]) => {
    const count = 5
    const startMs = performance.now()
    for (let i = 0; i < count; i++) await send(modem, `text ${i}`, i)
    return { percentOfIdeal: rounded((100 * count * SUBMIT_S) / seconds(startMs)) }
  })

const multipart = () =>
  onLines(1, { timing: 'realistic' }, async (_network, [{ modem }]) => {
    let idealS = 0
    const startMs = performance.now()
    for (let i = 0; i < 3; i++) {
      const parts = await send(modem, `${i} ${'long '.repeat(80)}`, i)
      idealS += SUBMIT_S + (parts - 1) * LINKED_S
    }
    return { percentOfIdeal: rounded((100 * idealS) / seconds(startMs)) }
  })

/** From the moment the modem says +CMTI to the moment the sink has the message. */
const latency = () =>
  onLines(1, {}, async (network, [{ sim, sink }]) => {
    const ben = network.person(BEN)
    const tookMs: number[] = []
    const warmUp = 200
    for (let i = 0; i < 1_200; i++) {
      const taken = new Promise<void>((resolve) => {
        sink.onTaken = () => resolve()
      })
      const startMs = performance.now()
      ben.send(sim.number, `inbound ${i}`)
      await taken
      if (i >= warmUp) tookMs.push(performance.now() - startMs)
    }
    tookMs.sort((a, b) => a - b)
    return { p50Ms: share(tookMs, 0.5), p95Ms: share(tookMs, 0.95) }
  })

const burst = () =>
  onLines(1, { profile: { memories: { SM: 20 } } }, async (network, [{ sim, sink }]) => {
    const count = 200
    const ben = network.person(BEN)
    const startMs = performance.now()
    const all = new Promise<void>((resolve) => {
      sink.onTaken = () => {
        if (sink.taken.size >= count) resolve()
      }
    })
    for (let i = 0; i < count; i++) ben.send(sim.number, `burst ${i}`)
    await all
    return {
      messagesPerSecond: Math.round(count / seconds(startMs)),
      lost: count - sink.taken.size,
      doubled: sink.doubled,
    }
  })

/** Every kind of entry gone bad beside a good one, all at once: how many of each reach the sink, and how soon. */
const malformed = () => {
  const entries = malformedEntries('bench')
  return onLines(1, { profile: { memories: { SM: 2 * entries.length } } }, async (_network, [{ sim, sink }]) => {
    const good = entries.map(({ name }) => goodEntry(`beside ${name}`))
    const bad = entries.map(({ line, isUnsaid }) => {
      if (isUnsaid === true) return ''
      return /^(?:[0-9A-F]{2})*$/i.test(line)
        ? line.toUpperCase()
        : Buffer.from(line, 'latin1').toString('hex').toUpperCase()
    })
    const storage = sim.storage('SM')
    for (const [at, { line, told }] of entries.entries()) {
      storage.put(2 * at + 1, good[at] ?? '', 0)
      storage.put(2 * at + 2, line, 0, told)
    }
    const blocked = () => good.filter((pduHex) => !sink.taken.has(pduHex)).length
    const unseen = () => bad.filter((pduHex) => !sink.taken.has(pduHex)).length
    const startMs = performance.now()
    const all = new Promise<void>((resolve) => {
      const late = setTimeout(resolve, MALFORMED_LIMIT_MS)
      sink.onTaken = () => {
        if (blocked() + unseen() > 0) return
        clearTimeout(late)
        resolve()
      }
    })
    sim.notify('+CMTI: "SM"')
    await all
    const tookMs = Math.round(performance.now() - startMs)
    return { kinds: entries.length, goodBlocked: blocked(), badUnseen: unseen(), tookMs }
  })
}

/** From the return of the port to the first text after it. */
const unplug = () =>
  onLines(1, {}, async (_network, [{ sim, modem }]) => {
    const tookS: number[] = []
    for (let round = 0; round < 5; round++) {
      sim.unplug({ power: 'lost' })
      await new Promise((resolve) => setTimeout(resolve, 300))
      await sim.plug()
      const startMs = performance.now()
      await ready(modem)
      await send(modem, `after ${round}`, round)
      tookS.push(seconds(startMs))
    }
    tookS.sort((a, b) => a - b)
    return { p50Seconds: share(tookS, 0.5), worstSeconds: share(tookS, 1) }
  })

/**
 * Begun one after the other over the time of one text, as 64 queues would: all at once, each would wait for the others'
 * turns of the event loop. The simulated modems run in this process too, so the share of the core is an upper bound.
 */
const many = () =>
  onLines(64, { timing: 'realistic' }, async (_network, lines) => {
    const texts = 5
    const before = process.cpuUsage()
    const startMs = performance.now()
    const rates = await Promise.all(
      lines.map(async ({ modem }, at) => {
        await new Promise((resolve) => setTimeout(resolve, (at / lines.length) * SUBMIT_S * 1000))
        const beganMs = performance.now()
        for (let i = 0; i < texts; i++) await send(modem, `text ${i}`, i)
        return (100 * texts * SUBMIT_S) / seconds(beganMs)
      }),
    )
    const { user, system } = process.cpuUsage(before)
    const percentOfCore = rounded((user + system) / 1e4 / seconds(startMs))
    return { slowestPercentOfIdeal: rounded(Math.min(...rates)), percentOfCore }
  })

export const benchmarks: readonly Benchmark[] = [
  { name: 'modem-send', ideal: { messagesPerSecond: 100, acceptedOnce: 1 }, run: zero },
  { name: 'modem-send-realistic', ideal: { percentOfIdeal: 100 }, run: single },
  { name: 'modem-send-long-realistic', ideal: { percentOfIdeal: 100 }, run: multipart },
  { name: 'modem-receive-latency', ideal: { p50Ms: 5, p95Ms: 10 }, run: latency },
  { name: 'modem-receive-burst', ideal: { messagesPerSecond: 200, lost: 0, doubled: 0 }, run: burst },
  { name: 'modem-malformed', ideal: { kinds: 78, goodBlocked: 0, badUnseen: 0, tookMs: 0 }, run: malformed },
  { name: 'modem-unplug', ideal: { p50Seconds: 5, worstSeconds: 5 }, run: unplug },
  { name: 'modem-64', ideal: { slowestPercentOfIdeal: 100, percentOfCore: 50 }, run: many },
]
