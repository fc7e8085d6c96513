/**
 * A message memory with entries gone bad, of every kind that `malformed-entries.ts` knows: each is handed on with its
 * octets and is gone, and none holds up a good message, told by +CMTI or found in a list, alone or all at once.
 */
import { afterEach, expect, test } from 'vitest'
import { goodEntry, type MalformedEntry, malformedEntries } from '../../../bench/malformed-entries.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { until, untilState } from '../../unit/modem/bench.ts'
import { Gateway } from './gateway.ts'

/** The fewest kinds that the issue asks for. */
const KINDS_MIN = 78

let gateway: Gateway
const cleaning: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const step of cleaning.splice(0)) await step()
})

/** Those that go once they are safe, and those that no command can read. */
function kinds(mark: string, readable: boolean): readonly MalformedEntry[] {
  return malformedEntries(mark).filter(({ isUnreadable = false }) => isUnreadable !== readable)
}

const isHex = (line: string) => /^(?:[0-9A-Fa-f]{2})*$/.test(line)

/** What must reach the sink of an entry: its octets, or those of its characters. */
function octetsOf({ line, isUnsaid }: MalformedEntry): string {
  if (isUnsaid === true) return ''
  return isHex(line) ? line.toUpperCase() : Buffer.from(line, 'latin1').toString('hex').toUpperCase()
}

/** What the sink was given, its quarantine apart: what the codec refuses by name. */
function given(): { texts: string[]; quarantined: string[] } {
  const texts: string[] = []
  const quarantined: string[] = []
  for (const { pduHex } of gateway.sink.pdus) {
    try {
      const tpdu = decodePdu(pduHex, 'mt')
      if (tpdu.type === 'deliver') texts.push(tpdu.text ?? '')
      else quarantined.push(pduHex)
    } catch (error) {
      if (!(error instanceof PduError)) throw error
      quarantined.push(pduHex)
    }
  }
  return { texts: texts.sort(), quarantined: quarantined.sort() }
}

function store({ line, told }: MalformedEntry, index: number): void {
  gateway.sim.storage('SM').put(index, line, 0, told)
}

async function ready(size: number): Promise<void> {
  gateway = await Gateway.open({ profile: { memories: { SM: size } } })
  cleaning.push(() => gateway.close())
  gateway.modem.start()
  await untilState(gateway.modem, 'ready')
}

/** Until nothing is left but what cannot be read; that is taken out by hand. */
async function untilLeft(entries: readonly MalformedEntry[]): Promise<void> {
  const storage = gateway.sim.storage('SM')
  const staying = new Set(entries.filter(({ isUnreadable }) => isUnreadable).map(({ line }) => line))
  await until(() => storage.slots().every(({ pduHex }) => staying.has(pduHex)))
  expect(storage.used).toBe(staying.size)
  await until(() => gateway.sink.pdus.filter(({ pduHex }) => pduHex === '').length >= staying.size)
}

test('the table has each kind once, and the codec reads none of them', () => {
  const entries = malformedEntries('x')
  expect(entries.length).toBeGreaterThanOrEqual(KINDS_MIN)
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length)
  for (const entry of entries) {
    const read = () => {
      const { type } = decodePdu(octetsOf(entry), 'mt')
      return type
    }
    expect(read, entry.name).toThrow(PduError)
  }
})

test('each kind alone, among good ones in a list', async () => {
  await ready(3)
  for (const entry of kinds('listed', true)) {
    gateway.sink.pdus.length = 0
    gateway.sim.storage('SM').put(1, goodEntry(`before ${entry.name}`), 0)
    store(entry, 2)
    gateway.sim.storage('SM').put(3, goodEntry(`after ${entry.name}`), 0)
    // Names no slot: the memory is looked through.
    gateway.sim.notify('+CMTI: "SM"')
    await untilLeft([entry])
    expect(given(), entry.name).toEqual({
      texts: [`after ${entry.name}`, `before ${entry.name}`],
      quarantined: [octetsOf(entry)],
    })
  }
})

test('each kind alone, told by +CMTI, with a good one behind it', async () => {
  await ready(3)
  for (const entry of kinds('told', true)) {
    gateway.sink.pdus.length = 0
    store(entry, 1)
    gateway.sim.notify('+CMTI: "SM",1')
    gateway.sim.plant('SM', goodEntry(`behind ${entry.name}`), 2)
    await untilLeft([entry])
    expect(given(), entry.name).toEqual({ texts: [`behind ${entry.name}`], quarantined: [octetsOf(entry)] })
  }
})

test.each(kinds('alone', false))("$name: shown, left where it is, and in nobody's way", async (entry) => {
  await ready(3)
  gateway.sim.storage('SM').put(1, goodEntry('before'), 0)
  store(entry, 2)
  gateway.sim.storage('SM').put(3, goodEntry('after'), 0)
  gateway.sim.notify('+CMTI: "SM"')
  await untilLeft([entry])
  gateway.sim.plant('SM', goodEntry('later'), 1)
  await untilLeft([entry])
  expect(given()).toEqual({ texts: ['after', 'before', 'later'], quarantined: [''] })
})

test.each(['works', 'refused'] as const)(
  'all kinds at once between good ones, where listing is %s',
  async (listing) => {
    const entries = malformedEntries('at once')
    gateway = await Gateway.open({ profile: { memories: { SM: 2 * entries.length }, listing } })
    cleaning.push(() => gateway.close())
    for (const [at, entry] of entries.entries()) {
      gateway.sim.storage('SM').put(2 * at + 1, goodEntry(`beside ${entry.name}`), 0)
      store(entry, 2 * at + 2)
    }
    gateway.modem.start()
    await untilState(gateway.modem, 'ready')
    await untilLeft(entries)
    const { texts, quarantined } = given()
    expect(texts).toEqual(entries.map(({ name }) => `beside ${name}`).sort())
    expect(quarantined).toEqual(entries.map(octetsOf).sort())
  },
)
