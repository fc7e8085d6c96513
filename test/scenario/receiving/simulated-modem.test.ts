/** Long texts of which a part is late, flash messages, and a modem that is gone, through the whole gateway: command line to simulated network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver } from '../../../modem/pdu/encode.ts'
import { toHex } from '../../../modem/pdu/octets.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import { SimulatedModem } from '../../../modem/sim/modem.ts'
import { RadioNetwork } from '../../../modem/sim/network.ts'
import { loadConfig } from '../../../src/config.ts'
import { type RunningService, runService } from '../../../src/service.ts'
import { run } from '../../unit/cli/run.ts'

const OURS = '+15550000100'
const BEN = '+15550000102'
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const network = new RadioNetwork({ retryAfterMs: 100 })
const sim = new SimulatedModem(network, { number: OURS })
const directory = mkdtempSync(join(tmpdir(), 'causeway-missing-parts-'))
const file = join(directory, 'causeway.yaml')
let service: RunningService

const [one, two, three] = split(`${'a'.repeat(153)}${'b'.repeat(153)}${'c'.repeat(20)}`, { reference: 7 })

function deliver(part: typeof one): void {
  if (part === undefined) throw new Error('a text of fewer parts')
  const fields = { ...part, address: addressOf(BEN), scts: timestampOf(Date.UTC(2026, 0, 2), 0) }
  network.inject(OURS, toHex(encodeDeliver(fields)))
}

const here = (...words: string[]) => run([...words, '--socket', join(directory, 'run/api.sock')])

/** Asks until the conversation matches; the test's own limit ends a vain wait. */
async function untilSays(pattern: RegExp, who = BEN): Promise<string> {
  for (;;) {
    const { out } = await here('inbox', who)
    if (pattern.test(out)) return out
  }
}

beforeAll(async () => {
  const port = await sim.listen()
  writeFileSync(
    file,
    `mode: sms_only
data_dir: .
http: { listen: 127.0.0.1:0 }
texts: { incomplete_after: PT1S, transliterate: true }
alerts: { to: ['+15550000104'] }
modems: [{ port: "tcp://127.0.0.1:${port}", label: kitchen }]
`,
  )
  service = await runService(loadConfig({ file, env: {} }), { log })
})
afterAll(async () => {
  await service.stop()
  await sim.stop()
  network.stop()
  rmSync(directory, { recursive: true, force: true })
})

test('a long text is shown with a mark where it misses, and is whole in the same place when the part comes, also after a restart', async () => {
  deliver(three)
  deliver(one)
  const gapped = await untilSays(/sms, incomplete {2}/)
  expect(gapped).toContain(`${'a'.repeat(153)}[…2/3]${'c'.repeat(20)}\n`)
  await service.stop()
  service = await runService(loadConfig({ file, env: {} }), { log })
  deliver(two)
  const whole = await untilSays(/b{153}/)
  expect(whole).toContain(`${'a'.repeat(153)}${'b'.repeat(153)}${'c'.repeat(20)}\n`)
  expect([whole.match(/c{20}/g)?.length, whole.includes('incomplete')]).toEqual([1, false])
})

test('a flash message leaves as class 0, and what it costs is counted by the settings for texts', async () => {
  const ben = network.person('+15550000103')
  const text = `’${'x'.repeat(150)}`
  const ended = await here('send', ben.number, text, '--flash', '--json', '--wait', '30s')
  expect(JSON.parse(ended.out)).toMatchObject({ flash: true, transport: 'sms', text, fallback: null })
  const [entry, ...more] = network.ledger.entries({ to: ben.number })
  expect([ben.inbox.map((received) => received.text), more]).toEqual([[text.replace('’', "'")], []])
  const submitted = decodePdu(`00${entry?.tpduHex ?? ''}`, 'mo')
  expect(submitted).toMatchObject({ type: 'submit', class: 0 })
  const plain = await here('send', ben.number, text, '--json')
  expect(JSON.parse(plain.out)).toMatchObject({ flash: false, segments: { count: 1, encoding: 'gsm7' } })
  expect(await here('send', ben.number, 'x', '--flash', '--attach', file)).toMatchObject({ code: 64 })
})

test('an administrator is written to about a modem that is gone, and hears of it when it is back', async () => {
  const admin = network.person('+15550000104')
  sim.unplug()
  await untilSays(/queued[^\n]*\n {4}Causeway: modem kitchen is gone\./, admin.number)
  expect(admin.inbox).toEqual([])
  await sim.plug()
  await untilSays(/(sent|delivered)[^\n]*\n {4}Causeway: modem kitchen is gone\./, admin.number)
  expect(admin.inbox).toHaveLength(1)
})
