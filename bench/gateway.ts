/**
 * The gateway as a whole, as a process of its own: texts through a simulated modem, Signal messages through the mock
 * server, the API, the start, the memory. Judged by the ledger of the simulated network and by what devices decrypted.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { House, type HouseOptions } from '../src/sandbox/house.ts'
import type { Benchmark, Measured } from './benchmark.ts'

const WAIT_MS = 300_000
/** Requests at a time. */
const CLIENTS = 16
const RECIPIENTS = 20

async function inHouse(options: HouseOptions, run: (house: House) => Promise<Measured>): Promise<Measured> {
  const house = await House.open({ config: { log: { level: 'warn', format: 'json' } }, ...options })
  try {
    return await run(house)
  } finally {
    await house.close()
  }
}

/** Runs `work` for 0…count-1 with CLIENTS at a time. */
async function together(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const client = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

/** People with phones, none of them on Signal and known not to be. */
async function strangers(house: House): Promise<string[]> {
  const numbers = Array.from({ length: RECIPIENTS }, (_, i) => `+155500009${String(i).padStart(2, '0')}`)
  for (const number of numbers) house.world.network.person(number)
  return numbers
}

function perSecond(count: number, sinceMs: number): number {
  return count / ((performance.now() - sinceMs) / 1_000)
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

/** Time from request to report for `count` texts to many people. */
async function sendTexts(house: House, count: number, text: (index: number) => string): Promise<number> {
  const numbers = await strangers(house)
  const { ledger } = house.world.network
  const before = ledger.entries().length
  const wanted =
    before + Array.from({ length: count }, (_, i) => Math.ceil(text(i).length / 153)).reduce((a, b) => a + b, 0)
  const startMs = performance.now()
  await together(count, (i) => house.send(numbers[i % numbers.length] ?? '', text(i)))
  await house.eventually('all texts left', () => ledger.entries().length >= wanted, WAIT_MS)
  return perSecond(count, startMs)
}

const smsOnly = { signal: false, config: { mode: 'sms_only', log: { level: 'warn', format: 'json' } } }

const smsSendZero = () =>
  inHouse(smsOnly, async (house) => ({
    messagesPerSecond: rounded(await sendTexts(house, 500, (i) => `text number ${i}`)),
  }))

/** What was handed in while there was no coverage, from the moment that there is. */
const smsSendQueued = () =>
  inHouse(smsOnly, async (house) => {
    const count = 500
    const numbers = await strangers(house)
    const { ledger } = house.world.network
    const modem = house.world.modems[0]?.modem
    modem?.setCoverage('none')
    await together(count, (i) => house.send(numbers[i % numbers.length] ?? '', `queued ${i}`))
    const wanted = ledger.entries().length + count
    const startMs = performance.now()
    modem?.setCoverage('home')
    await house.eventually('all texts left', () => ledger.entries().length >= wanted, WAIT_MS)
    return { messagesPerSecond: rounded(perSecond(count, startMs)) }
  })

/** 3.0 s a message is what the air takes; whatever is above that is ours. */
const smsSendRealistic = () =>
  inHouse({ ...smsOnly, timing: 'realistic' }, async (house) => {
    const count = 10
    const rate = await sendTexts(house, count, (i) => `text number ${i}`)
    return { percentOfAirTime: rounded(rate * 3 * 100) }
  })

/** Air time of three parts with the link held: 3.0 s for the first, 1.6 s for each of the others. */
const LONG_TEXT_S = 6.2

const smsSendLongRealistic = () =>
  inHouse({ ...smsOnly, timing: 'realistic' }, async (house) => {
    const count = 4
    const rate = await sendTexts(house, count, (i) => `${i} ${'long '.repeat(80)}`)
    return { percentOfAirTime: rounded(rate * LONG_TEXT_S * 100) }
  })

const smsReceive = () =>
  inHouse(smsOnly, async (house) => {
    const count = 500
    const [number = ''] = await strangers(house)
    const person = house.world.network.person(number)
    const startMs = performance.now()
    for (let i = 0; i < count; i++) person.send(house.world.gatewayNumber, `inbound ${i}`)
    await house.eventually('all are here', async () => (await house.messages('&direction=in')).length >= count, WAIT_MS)
    return { messagesPerSecond: rounded(perSecond(count, startMs)) }
  })

/**
 * From the first octet of the notification of a text to the command that deletes it in the modem, which leaves the gateway
 * once the text is on the disk: the commit, and the way of two commands and an answer over TCP.
 */
const smsReceiveLatency = () =>
  inHouse(smsOnly, async (house) => {
    const [number = ''] = await strangers(house)
    const person = house.world.network.person(number)
    let notifiedMs = 0
    let deleted: (atMs: number) => void = () => {}
    for (const { modem } of house.world.modems) {
      modem.onTraffic = (from, text) => {
        if (from === 'modem' && text.includes('+CMTI')) notifiedMs = performance.now()
        if (from === 'host' && text.startsWith('AT+CMGD')) deleted(performance.now())
      }
    }
    const tookMs: number[] = []
    for (let i = 0; i < 300; i++) {
      const deletedMs = new Promise<number>((resolve) => {
        deleted = resolve
      })
      person.send(house.world.gatewayNumber, `latency ${i}`)
      const endMs = await deletedMs
      if (i >= 50) tookMs.push(endMs - notifiedMs)
      await sleep(20)
    }
    tookMs.sort((a, b) => a - b)
    const share = (part: number) => Math.round((tookMs[Math.floor(tookMs.length * part)] ?? 0) * 10) / 10
    return { p50Ms: share(0.5), p95Ms: share(0.95) }
  })

const signalSend = () =>
  inHouse({}, async (house) => {
    const count = 500
    const ana = house.world.signalPerson('ana')
    const dev = house.world.signalPerson('dev')
    for (const { e164 } of [ana, dev]) await house.reaches(await house.send(e164, 'first'), 'delivered')
    const startMs = performance.now()
    await together(count, (i) => house.send(i % 2 === 0 ? ana.e164 : dev.e164, `signal ${i}`))
    await house.eventually('all decrypted', () => ana.texts.length + dev.texts.length >= count + 2, WAIT_MS)
    return { messagesPerSecond: rounded(perSecond(count, startMs)) }
  })

const signalReceive = () =>
  inHouse({}, async (house) => {
    const count = 500
    const ana = house.world.signalPerson('ana')
    const startMs = performance.now()
    for (let i = 0; i < count; i++) await ana.sendText(house.world.gatewayNumber, `inbound ${i}`)
    await house.eventually('all are here', async () => (await house.messages('&direction=in')).length > count, WAIT_MS)
    return { messagesPerSecond: rounded(perSecond(count, startMs)) }
  })

const apiAccept = () =>
  inHouse(smsOnly, async (house) => {
    const count = 1_000
    const numbers = await strangers(house)
    house.world.modems[0]?.modem.setCoverage('none')
    const took: number[] = []
    const startMs = performance.now()
    await together(count, async (i) => {
      const sentMs = performance.now()
      await house.send(numbers[i % numbers.length] ?? '', `accepted ${i}`)
      took.push(performance.now() - sentMs)
    })
    const rate = rounded(perSecond(count, startMs))
    took.sort((a, b) => a - b)
    const share = (part: number) => Math.round((took[Math.floor(took.length * part)] ?? 0) * 10) / 10
    return { acceptedPerSecond: rate, p50Ms: share(0.5), p95Ms: share(0.95) }
  })

const startUp = () =>
  inHouse({}, async (house) => {
    const tookMs: number[] = []
    const connectedMs: number[] = []
    for (let round = 0; round < 5; round++) {
      await house.stop()
      const startMs = performance.now()
      await house.start()
      tookMs.push(performance.now() - startMs)
      await house.modemsReady()
      await house.signalConnected()
      connectedMs.push(performance.now() - startMs)
    }
    const median = (values: number[]) => Math.round(values.sort((a, b) => a - b)[2] ?? 0)
    return { readyMs: median(tookMs), everythingConnectedMs: median(connectedMs) }
  })

/** As on a small machine. */
const memory = () =>
  inHouse({ config: { memory: 'small', log: { level: 'warn', format: 'json' } } }, async (house) => {
    const ana = house.world.signalPerson('ana')
    const numbers = await strangers(house)
    const gateway = residentMb(house.gatewayPid ?? 0)
    await together(600, (i) => house.send(i % 2 === 0 ? ana.e164 : (numbers[i % numbers.length] ?? ''), `message ${i}`))
    await house.eventually('all decrypted', () => ana.texts.length >= 300, WAIT_MS)
    const after = residentMb(house.gatewayPid ?? 0)
    const redis = childrenOf(house.gatewayPid ?? 0).reduce((sum, pid) => sum + residentMb(pid), 0)
    return { idleMb: gateway + redis, afterLoadMb: after + redis, redisMb: redis }
  })

function residentMb(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(match?.[1] ?? 0) / 1024)
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'sms-send', ideal: { messagesPerSecond: 100 }, run: smsSendZero },
  { name: 'sms-send-queued', ideal: { messagesPerSecond: 100 }, run: smsSendQueued },
  { name: 'sms-send-realistic', ideal: { percentOfAirTime: 100 }, run: smsSendRealistic },
  { name: 'sms-send-long-realistic', ideal: { percentOfAirTime: 100 }, run: smsSendLongRealistic },
  { name: 'sms-receive', ideal: { messagesPerSecond: 200 }, run: smsReceive },
  { name: 'sms-receive-latency', ideal: { p50Ms: 5, p95Ms: 10 }, run: smsReceiveLatency },
  { name: 'signal-send', ideal: { messagesPerSecond: 100 }, run: signalSend },
  { name: 'signal-receive', ideal: { messagesPerSecond: 100 }, run: signalReceive },
  { name: 'api-accept', ideal: { acceptedPerSecond: 200, p50Ms: 20, p95Ms: 100 }, run: apiAccept },
  { name: 'start-up', ideal: { readyMs: 2_000, everythingConnectedMs: 3_000 }, run: startUp },
  { name: 'memory', ideal: { idleMb: 160, afterLoadMb: 160, redisMb: 12 }, run: memory },
]
