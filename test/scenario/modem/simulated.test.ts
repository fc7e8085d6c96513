/** The driver on the simulated modem: texts both ways, reports, and every fault that the simulator knows. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ModemSubmitError } from '../../../modem/contract.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { openTransport } from '../../../modem/serial/transport.ts'
import type { Fault } from '../../../modem/sim/faults.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { BEN, Gateway, OURS } from './gateway.ts'

const LAST = { moreToFollow: false }
const LONG = 'Ein langer Text, der nicht in eine einzige Nachricht passt. '.repeat(6)

let gateway: Gateway
afterEach(() => gateway.close())

async function ready(...options: Parameters<typeof Gateway.open>): Promise<Gateway> {
  gateway = await Gateway.open(...options)
  gateway.modem.start()
  await untilState(gateway.modem, 'ready')
  return gateway
}

/** Texts and reports that the sink has, decoded. */
function received(): string[] {
  return gateway.sink.pdus.map(({ pduHex }) => {
    const tpdu = decodePdu(pduHex, 'mt')
    if (tpdu.type === 'deliver') return `text ${tpdu.text}`
    return tpdu.type === 'status-report' ? `report ${tpdu.messageReference} ${tpdu.outcome}` : tpdu.type
  })
}

async function stageOf(submission: Promise<unknown>): Promise<string> {
  try {
    await submission
    return 'accepted'
  } catch (error) {
    return error instanceof ModemSubmitError ? `${error.stage} ${error.code}` : String(error)
  }
}

test('the simulated modem is brought up with direct, acknowledged reports', async () => {
  await ready()
  expect(gateway.modem.status()).toMatchObject({
    id: `mdm_${gateway.sim.imei}`,
    number: OURS,
    registration: 'home',
    networks: { circuit: 'home', packet: 'home', eps: 'home', ims: true },
    storage: expect.arrayContaining([{ memory: 'SM', used: 0, total: 20 }]),
  })
  expect(gateway.sim.settings).toMatchObject({ csms: 1, cmgf: 0, cnmi: { mode: 2, mt: 1, bm: 2, ds: 1, bfr: 0 } })
})

test('a long text goes out part by part over one link, and each part is reported', async () => {
  const { modem, network, sim } = await ready()
  const ben = network.person(BEN, 'Ben')
  const parts = gateway.tpdus(BEN, LONG)
  const references: number[] = []
  for (const [at, tpdu] of parts.entries()) {
    references.push((await modem.submit(tpdu, { moreToFollow: at < parts.length - 1 })).messageReference)
  }
  await until(() => gateway.sink.pdus.length === parts.length)
  expect(ben.inbox.map(({ text }) => text)).toEqual([LONG])
  expect(received()).toEqual(references.map((reference) => `report ${reference} delivered`))
  await until(() => sim.commandLines.includes('AT+CMMS=0'))
  await until(() => network.ledger.entries({ from: OURS }).every((entry) => entry.reportsTaken === 1))
})

test('texts that arrive are read, safe, deleted and released, in their order', async () => {
  const { network, sim } = await ready()
  const ben = network.person(BEN, 'Ben')
  for (let n = 1; n <= 30; n += 1) ben.send(OURS, `text ${n}`)
  await until(() => gateway.sink.pdus.length === 30)
  expect(received()).toEqual(Array.from({ length: 30 }, (_, n) => `text text ${n + 1}`))
  await until(() => [...sim.storages.values()].every((storage) => storage.used === 0))
})

test('texts from before the start, in both memories, are drained before it is ready', async () => {
  gateway = await Gateway.open()
  const { sim, network } = gateway
  sim.fillStorage('SM')
  network.person(BEN).send(OURS, 'in the meantime')
  gateway.modem.start()
  await untilState(gateway.modem, 'ready')
  expect(gateway.sink.pdus.length).toBeGreaterThanOrEqual(20)
  await until(() => received().includes('text in the meantime'))
  expect(sim.storage('SM').used).toBe(0)
})

test('the simulated network answers by USSD', async () => {
  const { modem } = await ready()
  expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'Balance: 12.34 EUR' })
  expect(await modem.ussd('*999#')).toEqual({ status: 'not-supported', text: undefined })
})

test('a flash message that comes direct is acknowledged', async () => {
  const { network } = await ready({ profile: { cnmi: { mode: [0, 1, 2], mt: [0, 2], bm: [0], ds: [0, 1], bfr: [0] } } })
  network.person(BEN).send(OURS, 'now', { messageClass: 0 })
  network.person(BEN).send(OURS, 'and later')
  await until(() => gateway.sink.pdus.length === 2)
  await until(() => network.ledger.entries({ to: OURS }).every((entry) => entry.outcome === 'taken'))
  expect(gateway.sink.pdus.map(({ source }) => source)).toEqual(['direct', 'direct'])
})

test('a report that the sink refuses is offered again by the network until the sink has it', async () => {
  const { modem, network } = await ready({ cnmaTimeoutMs: 60 }, { timings: { routingCheckMs: 100 } })
  network.person(BEN)
  let full = true
  gateway.sink.onIncoming = () => {
    if (full) throw new Error('disk full')
  }
  const { messageReference } = await modem.submit(gateway.tpdu(BEN, 'hello'), LAST)
  await until(() => gateway.sink.events.includes('incoming direct status-report'))
  full = false
  await until(() => received().includes(`report ${messageReference} delivered`))
  await until(() => network.ledger.entries({ from: OURS })[0]?.reportsTaken === 1)
})

test.each<[name: string, profile: object]>([
  ['reports in a memory of their own', { csms1: false }],
  ['no memory for reports', { csms1: false, memories: { SM: 20, ME: 50 } }],
  [
    'one small SIM memory, numbered from 0, empty slots an error',
    { memories: { SM: 5 }, firstSlot: 0, emptySlot: 'error' },
  ],
  ['empty slots of length zero', { emptySlot: 'length-zero' }],
  [
    'a narrow choice of indications',
    { cnmi: { mode: [0, 1], mt: [0, 1], bm: [0], ds: [0], bfr: [1] }, unroutedReports: 'dropped' },
  ],
  ['no held link and a bare prompt', { cmms: false, promptText: '\r\n>' }],
])('a modem with %s carries texts both ways', async (_name, profile) => {
  const { modem, network } = await ready({ profile })
  const ben = network.person(BEN, 'Ben')
  const { messageReference } = await modem.submit(gateway.tpdu(BEN, 'out'), { moreToFollow: true })
  await until(() => ben.inbox.length === 1)
  for (let n = 0; n < 12; n += 1) ben.send(OURS, `in ${n}`)
  await until(() => received().filter((each) => each.startsWith('text')).length === 12)
  if (gateway.sim.settings.cnmi.ds > 0) await until(() => received().includes(`report ${messageReference} delivered`))
})

describe('a fault of the simulator', () => {
  const faults: [name: string, fault: Fault, stage: string | string[], accepted: number][] = [
    ['refused by the network', { kind: 'error', family: 'cms', code: 38 }, 'refused cms-38', 0],
    ['refused at the prompt', { kind: 'error', family: 'cms', code: 515, at: 'prompt' }, 'refused cms-515', 0],
    ['H14 two final results', { kind: 'double-answer', line: 'OK' }, 'accepted', 1],
    ['H4 a lost final result', { kind: 'lost-result' }, 'unknown timeout', 1],
    ['H4 a late final result', { kind: 'late-answer', command: '+CMGS', delayMs: 640 }, 'accepted', 1],
    ['H3 no prompt', { kind: 'no-prompt', times: 2 }, 'not-sent prompt-timeout', 0],
    ['H3 a prompt that is lost once', { kind: 'no-prompt' }, 'accepted', 1],
    ['H13 a prompt that comes too late', { kind: 'no-prompt', delayMs: 640 }, 'accepted', 1],
    ['H3 a URC between prompt and body', { kind: 'urc', where: 'prompt', lines: ['+CMTI: "SM",3'] }, 'accepted', 1],
    [
      'H1 a URC inside the answer',
      { kind: 'urc', command: '+CMGS', where: 'inside', lines: ['RING', '+CMTI: "SM",3'] },
      'accepted',
      1,
    ],
    [
      'H7 garbage inside the answer',
      { kind: 'garbage', command: '+CMGS', where: 'inside', hex: '00fffe0d0a7f80ff0d0a' },
      'accepted',
      1,
    ],
    ['one-octet chunks', { kind: 'chunks', bytes: 1 }, 'accepted', 1],
    ['H9 unplugged before the prompt', { kind: 'unplug', phase: 'before-prompt', forMs: 50 }, 'not-sent gone', 0],
    // The far end takes our body in the same moment: what we know of it is a matter of luck, what we claim must be safe.
    [
      'H9 unplugged at the prompt',
      { kind: 'unplug', phase: 'after-prompt', forMs: 50 },
      ['not-sent gone', 'unknown gone'],
      0,
    ],
    ['H9 unplugged inside the body', { kind: 'unplug', phase: 'in-body', forMs: 50 }, 'unknown gone', 0],
    ['H9 unplugged once accepted', { kind: 'unplug', phase: 'after-accept', forMs: 50 }, 'unknown gone', 1],
    ['H11 restarted before the prompt', { kind: 'reboot', phase: 'before-prompt' }, 'not-sent reset', 0],
    ['H11 restarted once accepted', { kind: 'reboot', phase: 'after-accept' }, 'unknown reset', 1],
    [
      'H11 restarted in silence once accepted',
      { kind: 'reboot', phase: 'after-accept', silent: true },
      'unknown timeout',
      1,
    ],
    [
      'H11 restarted in silence before the prompt',
      { kind: 'reboot', phase: 'before-prompt', silent: true },
      'not-sent reset',
      0,
    ],
  ]

  test.each(faults)(
    '%s: the stage is told rightly, and the next text goes out',
    async (_name, fault, stage, accepted) => {
      const { modem, network, sim } = await ready({}, { timings: { pollEveryMs: 100 } })
      const ben = network.person(BEN, 'Ben')
      sim.fault(fault)
      const told = await stageOf(modem.submit(gateway.tpdu(BEN, 'disturbed'), LAST))
      expect([stage].flat()).toContain(told)
      if (told === 'accepted' || told.startsWith('refused')) expect(gateway.accepted('disturbed')).toBe(accepted)
      expect(gateway.accepted('disturbed')).toBeLessThanOrEqual(accepted)
      let next = ''
      while (next !== 'accepted') {
        await untilState(modem, 'ready')
        next = await stageOf(modem.submit(gateway.tpdu(BEN, 'undisturbed'), LAST))
        expect(next).toMatch(/^(accepted|not-sent)/)
      }
      expect(gateway.accepted('undisturbed')).toBe(1)
      await until(() => ben.inbox.some(({ text }) => text === 'undisturbed'))
      ben.send(OURS, 'and back')
      await until(() => received().includes('text and back'))
    },
  )

  test('a command that is swallowed does not confuse the start', async () => {
    gateway = await Gateway.open()
    for (const command of ['+CPMS', '+CNMI', '+CSMS', '+CGSN', '+CREG']) {
      gateway.sim.fault({ kind: 'no-answer', command })
    }
    gateway.sim.fault({ kind: 'chunks', bytes: 3 })
    gateway.modem.start()
    await untilState(gateway.modem, 'ready')
    expect(gateway.sim.settings.cnmi).toMatchObject({ mt: 1, ds: 1 })
  })

  test('H15 floods of lines and of octets: texts go on', async () => {
    const { modem, network, sim } = await ready()
    const ben = network.person(BEN, 'Ben')
    sim.flood(200_000)
    sim.flood(500_000, false)
    sim.say('\r\n')
    await modem.submit(gateway.tpdu(BEN, 'through the flood'), LAST)
    ben.send(OURS, 'back through it')
    await until(() => received().includes('text back through it'))
    expect(gateway.accepted('through the flood')).toBe(1)
  })

  test('a full memory is emptied, and what waited in the network comes', async () => {
    const { network, sim } = await ready({ profile: { memories: { SM: 3 }, fullLines: ['+SMS FULL'] } })
    gateway.sink.onIncoming = (pdu) => {
      if (gateway.sink.events.length < 12 && pdu.source === 'stored') throw new Error('busy')
    }
    for (let n = 0; n < 8; n += 1) network.person(BEN).send(OURS, `n${n}`)
    await until(() => new Set(received()).size === 8)
    await until(() => sim.storage('SM').used === 0)
    await until(() => network.ledger.entries({ to: OURS }).every((entry) => entry.outcome === 'taken'))
  })

  test('hostile slots are handed on and gone, and honest ones come through', async () => {
    const { network, sim } = await ready()
    for (const hostile of ['DEADBEEF', '00', '07911326040000F0', 'FFFFFFFFFF', '0'.repeat(600)])
      sim.plant('ME', hostile)
    network.person(BEN).send(OURS, 'honest')
    await until(() => gateway.sink.pdus.length === 6)
    expect(gateway.sink.pdus.at(-1)?.kind).toBe('deliver')
    await until(() => sim.storage('ME').used === 0)
  })
})

describe('hot plugging', () => {
  test('out and in again, many times, loses and doubles nothing that comes in', async () => {
    const { network, sim } = await ready()
    const ben = network.person(BEN, 'Ben')
    const sent: string[] = []
    for (let round = 0; round < 8; round += 1) {
      for (let n = 0; n < 5; n += 1) {
        const text = `round ${round} text ${n}`
        sent.push(`text ${text}`)
        ben.send(OURS, text)
      }
      await until(() => gateway.sink.events.some((event) => event.startsWith('incoming')))
      sim.unplug({ forMs: 30, power: round % 2 === 0 ? 'lost' : 'kept' })
      await untilState(gateway.modem, 'absent')
      await untilState(gateway.modem, 'ready')
    }
    await until(() => new Set(received()).size === sent.length)
    expect(new Set(received())).toEqual(new Set(sent))
    await until(() => [...sim.storages.values()].every((storage) => storage.used === 0))
    // The same octets in a slot that was not told to be free are the sink's to recognise: released ones never come again.
    const released = gateway.sink.events.filter((event) => event.startsWith('released'))
    expect(released.length).toBeGreaterThanOrEqual(1)
  })

  test('a SIM with a PIN that loses its power is opened again with the PIN that it took before', async () => {
    const { modem, sim } = await ready({ pin: '4321' }, { pin: '4321' })
    sim.unplug({ forMs: 30 })
    await untilState(modem, 'absent')
    await untilState(modem, 'ready')
    expect(sim.card.pinTriesLeft).toBe(3)
  })

  test('a wrong PIN costs one try, however often the modem is replugged', async () => {
    gateway = await Gateway.open({ pin: '4321' }, { pin: '1111' })
    gateway.modem.start()
    await untilState(gateway.modem, 'sim-locked')
    for (let round = 0; round < 3; round += 1) {
      gateway.sim.unplug({ forMs: 20 })
      await untilState(gateway.modem, 'absent')
      await untilState(gateway.modem, 'sim-locked')
    }
    expect(gateway.sim.card.pinTriesLeft).toBe(2)
  })

  test('a lost network is searching, and texts go again when it is back', async () => {
    const { modem, network, sim } = await ready()
    network.person(BEN)
    sim.setCoverage('denied')
    await untilState(modem, 'searching')
    expect(await stageOf(modem.submit(gateway.tpdu(BEN, 'x'), LAST))).toBe('not-sent unavailable')
    sim.setCoverage('home')
    await untilState(modem, 'ready')
    expect(await stageOf(modem.submit(gateway.tpdu(BEN, 'x'), LAST))).toBe('accepted')
  })
})

const hasSocat = spawnSync('socat', ['-V']).status === 0

describe.runIf(hasSocat)('on a serial device', () => {
  /** A PTY in front of the simulated modem; ending the process is pulling the stick. */
  async function stick(link: string, simPort: number): Promise<ChildProcess> {
    const socat = spawn('socat', [`pty,raw,echo=0,link=${link}`, `tcp:127.0.0.1:${simPort}`])
    await until(() => existsSync(link))
    return socat
  }

  test('texts go both ways, and again after the stick was pulled and has returned', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'causeway-stick-'))
    const link = join(directory, 'modem')
    gateway = await Gateway.open({}, { port: link, timings: { presenceEveryMs: 50 } })
    const { modem, network } = gateway
    const ben = network.person(BEN, 'Ben')
    let socat = await stick(link, gateway.simPort)
    modem.start()
    try {
      for (let round = 1; round <= 3; round += 1) {
        await untilState(modem, 'ready')
        await modem.submit(gateway.tpdu(BEN, `out ${round}`), LAST)
        ben.send(OURS, `in ${round}`)
        await until(() => received().includes(`text in ${round}`) && ben.inbox.length === round)
        const ended = new Promise((resolve) => socat.once('exit', resolve))
        socat.kill()
        await ended
        await untilState(modem, 'absent')
        socat = await stick(link, gateway.simPort)
      }
    } finally {
      socat.kill()
      await rm(directory, { recursive: true, force: true })
    }
    expect(ben.inbox.map(({ text }) => text)).toEqual(['out 1', 'out 2', 'out 3'])
  })
  test('that another program holds the port is told until it lets go, and it is ours then by itself', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'causeway-held-'))
    const link = join(directory, 'modem')
    gateway = await Gateway.open({}, { port: link })
    const { modem } = gateway
    const socat = await stick(link, gateway.simPort)
    // Closed by everybody the PTY would end, unlike a device.
    const keeper = openSync(link, constants.O_RDWR | constants.O_NOCTTY)
    try {
      const timings = { baudRate: 115_200, openTimeoutMs: 2_000, closeTimeoutMs: 500, presenceEveryMs: 1_000 }
      const other = await openTransport(link, { ...timings, clock: systemClock })
      modem.start()
      await until(() => modem.status().openFailure === 'busy')
      expect(modem.status()).toMatchObject({ state: 'absent', port: link })
      await other.close()
      await untilState(modem, 'ready')
      expect(modem.status().openFailure).toBeUndefined()
    } finally {
      closeSync(keeper)
      socat.kill()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
