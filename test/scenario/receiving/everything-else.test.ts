/** What a modem receives beside texts, through the whole gateway: AT lines in, command line out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { type DeliverFields, encodeDeliver, pduHex } from '../../../modem/pdu/encode.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { portsElement } from '../../../modem/pdu/udh.ts'
import { loadConfig } from '../../../src/config.ts'
import { type RunningService, runService } from '../../../src/service.ts'
import { type Ended, run } from '../../unit/cli/run.ts'
import { ScriptedModem } from '../../unit/modem/scripted-modem.ts'

const BEN = '+15550000102'
const peer = new ScriptedModem()
let directory: string
let service: RunningService
let slot = 0

const quiet = () => {}
const here = (...words: string[]): Promise<Ended> => run([...words, '--socket', join(directory, 'run/api.sock')])
const say = (...lines: string[]) => peer.say(lines.map((line) => `\r\n${line}\r\n`).join(''))
const ascii = (text: string) => Uint8Array.from(Buffer.from(text))

function receive(message: Partial<DeliverFields>): void {
  const scts = timestampOf(Date.UTC(2026, 0, 2), 0)
  const fields = { address: addressOf(BEN), dcs: 0, udh: [], data: new Uint8Array(), scts, ...message }
  peer.receive('ME', ++slot, pduHex(encodeDeliver(fields)))
}

/** Asks until the answer matches; the test's own limit ends a vain wait. */
async function untilSays(words: readonly string[], pattern: RegExp): Promise<string> {
  for (;;) {
    const { out } = await here(...words)
    if (pattern.test(out)) return out
  }
}

beforeAll(async () => {
  peer.reaction = (command) => {
    if (command.startsWith('AT+CSCB') || command === 'AT+CHUP') return '\r\nOK\r\n'
    if (command === 'AT+CUSD=1,"*100#",15') return '\r\nOK\r\n\r\n+CUSD: 1,"1 Balance\n2 Help",15\r\n'
    if (command === 'AT+CUSD=1,"1",15') return '\r\nOK\r\n\r\n+CUSD: 0,"You have 5",15\r\n'
    return undefined
  }
  await peer.listen()
  directory = mkdtempSync(join(tmpdir(), 'causeway-receiving-'))
  const file = join(directory, 'causeway.yaml')
  writeFileSync(
    file,
    `mode: sms_only
region: US
data_dir: .
http: { listen: 127.0.0.1:0 }
calls: { hang_up: true }
modems: [{ port: ${JSON.stringify(peer.port)}, label: scripted }]
`,
  )
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  service = await runService(loadConfig({ file, env: {} }), { log })
  await untilSays(['modem', 'list'], / ready /)
})
afterAll(async () => {
  await service.stop()
  await peer.unplug()
  rmSync(directory, { recursive: true, force: true })
})

test('flash, replaced, silent, waiting and data messages, calls and warnings each show as what they are', async () => {
  receive({ dcs: 0x10, data: ascii('flash now') })
  receive({ pid: 0x41, data: ascii('score 1:0') })
  receive({ pid: 0x41, data: ascii('score 2:0') })
  receive({ pid: 0x40, data: ascii('silent') })
  receive({ udh: [{ iei: 1, data: Uint8Array.of(0, 3) }] })
  receive({ dcs: 4, udh: [portsElement({ dst: 2948, src: 9200, bits: 16 })], data: Uint8Array.of(1, 2, 255) })
  await untilSays(['data'], /port 2948 {2}3 octets {2}0102FF/)
  say('RING', `+CLIP: "${BEN}",145`, 'NO CARRIER')
  say('+CBM: 19', '401011130F11C6F7FB4D068DC3A0B0BBEC3E01')

  const conversations = await untilSays(['inbox'], /Public warning/)
  expect(conversations).toMatch(/1 new {2}Public warning .*broadcast, extreme/)
  const said = await untilSays(['inbox', BEN], /Missed call/)
  expect(said).toMatch(/sms, flash {2}.*\n {4}flash now\n/)
  expect(said).toMatch(/sms, replaced {2}.*\n {4}score 1:0\n/)
  expect(said).toMatch(/by sms {2}.*\n {4}score 2:0\n/)
  expect(said).toMatch(/by call {2}.*\n {4}Missed call \(hung up\)\n/)
  expect(said).not.toMatch(/silent/)
  expect(await untilSays(['inbox'], /voicemail waiting: 3/)).toMatch(/\+15550000102/)
  expect(peer.count('AT+CHUP')).toBe(1)
  expect([...(peer.slots.get('ME')?.keys() ?? [])]).toEqual([])
})

test('a USSD session goes on with a reply', async () => {
  expect(await here('modem', 'ussd', 'scripted', '*100#', '--reply', '1')).toMatchObject({
    code: 0,
    out: '1 Balance\n2 Help\nYou have 5\n',
  })
})
