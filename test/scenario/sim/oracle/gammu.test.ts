/**
 * gammu, through a serial port, on our simulated modem: it reads out of the SIM what our codec wrote there, and what it
 * writes and sends itself is read by our codec. It knows no national tables and no ports, so those are left to tshark.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { addressOf } from '../../../../modem/pdu/address.ts'
import { encodeDeliver, pduHex } from '../../../../modem/pdu/encode.ts'
import { timestampOf } from '../../../../modem/pdu/timestamp.ts'
import { decodePdu } from '../../../../modem/pdu/tpdu.ts'
import { SimulatedModem } from '../../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../../modem/sim/network.ts'
import { hasSocat, Stick } from '../../modem/stick.ts'
import { seededSubmits } from './submits.ts'

const hasGammu = spawnSync('gammu', ['--version']).status === 0
const missing = [...(hasGammu ? [] : ['gammu']), ...(hasSocat ? [] : ['socat'])].join(' and ')
const reason = missing === '' ? '' : ` (skipped: no ${missing} installed)`

const OURS = '+4915550001'
const BEN = '+4915550002'

const cleaning: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const step of cleaning.splice(0).reverse()) await step()
})

interface Table {
  network: RadioNetwork
  sim: SimulatedModem
  gammu(...parameters: string[]): Promise<string>
}

async function table(slots: number): Promise<Table> {
  const network = new RadioNetwork()
  const sim = new SimulatedModem(network, { number: OURS, profile: { memories: { SM: slots } } })
  const stick = await Stick.plug(await sim.listen())
  const directory = await mkdtemp(join(tmpdir(), 'causeway-gammu-'))
  cleaning.push(
    () => network.stop(),
    () => sim.stop(),
    () => stick.pull(),
    () => rm(directory, { recursive: true, force: true }),
  )
  const config = join(directory, 'gammurc')
  await writeFile(config, `[gammu]\ndevice = ${stick.path}\nconnection = at115200\ngammucoding = utf8\n`)
  const gammu = async (...parameters: string[]) => {
    const environment = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
    const run = promisify(execFile)('gammu', ['-c', config, ...parameters], { env: environment })
    return (await run).stdout
  }
  return { network, sim, gammu }
}

/** What gammu shows of one message. */
interface Shown {
  location: number
  number: string | undefined
  coding: string | undefined
  concat: string | undefined
  sent: string | undefined
  text: string
}

function shownBy(listing: string): Shown[] {
  return listing.split(/^(?=Location \d+, )/m).flatMap((entry) => {
    const location = /^Location (\d+), /.exec(entry)?.[1]
    if (location === undefined) return []
    const field = (name: string) => new RegExp(`^${name} *: "?(.*?)"?$`, 'm').exec(entry)?.[1]
    const header = /ID \((?:8|16) bit\) (\d+), part (\d+) of (\d+)/.exec(entry)
    return [
      {
        location: Number(location),
        number: field('Remote number'),
        coding: field('Coding'),
        concat: header?.slice(1, 4).join(' '),
        sent: field('Sent'),
        text: entry.slice(entry.indexOf('\n\n') + 2).replace(/\n\n+(?:\d+ SMS parts in .*\n)?$/, ''),
      },
    ]
  })
}

test.skipIf(missing !== '')(`gammu reads out of the SIM every text that we encode${reason}`, async () => {
  // gammu 1.42 refuses every enhanced validity, right or wrong.
  const submits = seededSubmits(200).filter(
    ({ kind, fields }) => kind !== 'national' && kind !== 'data' && fields.validity?.format !== 'enhanced',
  )
  const { sim, gammu } = await table(2 * submits.length)
  const scts = timestampOf(Date.UTC(2026, 10, 22, 9, 26, 53), 60)
  const expected = new Map<number, unknown>()
  for (const { to, fields, part, tpdu } of submits) {
    if (part === undefined) throw new Error('each of these has a text')
    const about = {
      number: to,
      coding: `${part.alphabet === 'ucs2' ? 'Unicode' : 'Default GSM alphabet'} (no compression)`,
      concat: part.concat === null ? undefined : `${part.concat.ref} ${part.concat.seq} ${part.concat.total}`,
      text: part.text,
    }
    const draft = sim.storage('SM').add(pduHex(tpdu, null), 2)?.index ?? 0
    expected.set(draft, { location: draft, sent: undefined, ...about })
    const deliver = pduHex(encodeDeliver({ ...fields, scts }), addressOf(sim.smsc))
    const received = sim.storage('SM').add(deliver, 1)?.index ?? 0
    expected.set(received, { location: received, sent: 'Sun Nov 22 10:26:53 2026 +0100', ...about })
  }
  const shown = shownBy(await gammu('getallsms'))
  expect(shown).toHaveLength(expected.size)
  for (const message of shown) expect(message).toEqual(expected.get(message.location))
})

test.skipIf(missing !== '').concurrent.each<[name: string, text: string, options: readonly string[]]>([
  ['a short one with a report', 'Grüße aus Ålesund: {[~^|\\]} §5, 12 €', ['-report', '-validity', 'DAY']],
  ['a flash message in UCS-2', 'Привет, как дела?', ['-unicode', '-flash']],
  ['a long one', 'long text {} '.repeat(40), ['-autolen', '600']],
  ['a long one in UCS-2 with a 16-bit reference', 'и так далее '.repeat(30), ['-autolen', '600', '-unicode', '-16bit']],
])(`what gammu sends is read by us: %s${reason}`, async (_name, text, options) => {
  const { network, gammu } = await table(20)
  const ben = network.person(BEN, 'Ben')
  await gammu('sendsms', 'TEXT', BEN, '-textutf8', text, ...options)
  expect(ben.inbox.map((message) => message.text)).toEqual([text])
  const [first] = network.ledger.entries({ from: OURS })
  expect(first?.reportRequested).toBe(options.includes('-report'))
})

test.skipIf(missing !== '').concurrent(`what gammu stores is read by us${reason}`, async () => {
  const { sim, gammu } = await table(20)
  await gammu('savesms', 'TEXT', '-folder', '2', '-unsent', '-sender', BEN, '-textutf8', 'kept for later')
  const stored = sim.storage('SM').slots()
  expect(stored.map(({ pduHex: hex }) => decodePdu(hex, 'mo'))).toMatchObject([
    { type: 'submit', text: 'kept for later' },
  ])
})
