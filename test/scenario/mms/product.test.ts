/** Picture messages through the whole gateway: AT lines and a scripted MMSC on one side, command line and API on the other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import { APPLICATION_MMS, encodePush } from '../../../modem/mms/push.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver, pduHex } from '../../../modem/pdu/encode.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { portsElement } from '../../../modem/pdu/udh.ts'
import { loadConfig } from '../../../src/config.ts'
import { type RunningService, runService } from '../../../src/service.ts'
import { type Ended, run } from '../../unit/cli/run.ts'
import { ScriptedModem } from '../../unit/modem/scripted-modem.ts'
import { BEN, JPEG, picture, ScriptedMmsc } from '../../unit/transports/mms-rig.ts'

const peer = new ScriptedModem()
const mmsc = new ScriptedMmsc()
let directory: string
let service: RunningService
let slot = 0

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const here = (...words: string[]): Promise<Ended> => run([...words, '--socket', join(directory, 'run/api.sock')])

function push(pdu: NewPdu): void {
  const contentType = { media: 'application/vnd.wap.mms-message', params: new Map() }
  const body = encodePdu(pdu)
  const data = encodePush({ transactionId: 1, contentType, applicationId: APPLICATION_MMS, body })
  const udh = [portsElement({ dst: 2948, src: 9200, bits: 16 })]
  const fields = { address: addressOf('+15550009999'), pid: 0, dcs: 4, udh, scts: timestampOf(Date.UTC(2026, 0, 2), 0) }
  peer.receive('ME', ++slot, pduHex(encodeDeliver({ ...fields, data })))
}

function announce(transactionId: string, contentLocation: string): void {
  const from = { address: BEN, addressType: 'PLMN' }
  push({ type: 'm-notification-ind', version: '1.2', transactionId, from, messageSize: 900, contentLocation })
}

/** Asks until the answer matches; the test's own limit ends a vain wait. */
async function untilSays(words: readonly string[], pattern: RegExp): Promise<string> {
  for (;;) {
    const { out } = await here(...words)
    if (pattern.test(out)) return out
  }
}

const start = async () => {
  const config = loadConfig({ file: join(directory, 'causeway.yaml'), env: {} })
  service = await runService(config, { log, mms: { exchange: () => mmsc } })
  await untilSays(['modem', 'list'], / ready .*MMS/)
}

beforeAll(async () => {
  await peer.listen()
  directory = mkdtempSync(join(tmpdir(), 'causeway-mms-'))
  writeFileSync(
    join(directory, 'causeway.yaml'),
    `mode: sms_only
region: US
data_dir: .
http: { listen: 127.0.0.1:0 }
modems:
  - port: ${JSON.stringify(peer.port)}
    number: "+15550000001"
    mms: { apn: mms.example, mmsc: http://mmsc.example/, proxy: "10.1.2.3:8080" }
`,
  )
  await start()
})
afterAll(async () => {
  await service.stop()
  await peer.unplug()
  rmSync(directory, { recursive: true, force: true })
})

test('a picture that is pushed is in the conversation, with its file; the text that announced it is deleted', async () => {
  mmsc.stored.set('http://mmsc/1', [picture()])
  announce('T1', 'http://mmsc/1')
  const said = await untilSays(['inbox', BEN, '--json'], /"state": ?"here"/)
  const id = /att_\w{26}/.exec(said)?.[0] ?? ''
  const copy = join(directory, 'cat.jpg')
  expect(await here('attachments', 'get', id, '--output', copy)).toMatchObject({ code: 0 })
  expect(new Uint8Array(readFileSync(copy))).toEqual(JPEG)
  expect(await untilSays(['inbox', BEN], /look/)).toMatch(/by mms/)
  await expect.poll(() => mmsc.told()).toEqual(['m-notifyresp-ind 81'])
  await expect.poll(() => [...(peer.slots.get('ME')?.keys() ?? [])]).toEqual([])
})

test('one that cannot be had is told of, and fetched when somebody asks, also after a restart', async () => {
  mmsc.stored.set('http://mmsc/2', [{ kind: 'status', status: 403 }, picture()])
  announce('T2', 'http://mmsc/2')
  await untilSays(['inbox', BEN], /could not be fetched: the carrier answered HTTP 403/)
  const listed = await untilSays(['mms', 'list'], /refused/)
  const id = /mmn_\w{26}/.exec(listed.split('\n').find((line) => /refused/.test(line)) ?? '')?.[0] ?? ''
  await service.stop()
  await start()
  expect(await here('mms', 'fetch', id)).toMatchObject({ code: 0 })
  await untilSays(['inbox', BEN], /has been fetched/)
  expect((await here('mms', 'fetch', id)).err).toMatch(/It is here already/)
  expect((await here('mms', 'fetch', 'mmn_none')).code).not.toBe(0)
})

test('a picture to somebody without Signal leaves as a picture message, and is delivered by the carrier’s report', async () => {
  const file = join(directory, 'mine.jpg')
  writeFileSync(file, JPEG)
  const before = mmsc.heard.length
  const sent = await here('send', BEN, 'mine', '--attach', file, '--json')
  expect(sent).toMatchObject({ code: 0 })
  const id = /msg_\w{26}/.exec(sent.out)?.[0] ?? ''
  await expect.poll(() => mmsc.heard.slice(before).map(({ type }) => type)).toContain('m-send-req')
  await untilSays(['show', id], /sent/)
  const to = [{ address: BEN, addressType: 'PLMN' }]
  push({ type: 'm-delivery-ind', version: '1.2', messageId: 'M1', date: 1, to, status: 0x81 })
  await untilSays(['show', id], /delivered/)
})

test('the doctor says what is not set up', async () => {
  await service.stop()
  const file = join(directory, 'causeway.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {4}mms: .*$/m, ''))
  service = await runService(loadConfig({ file, env: {} }), { log })
  await untilSays(['modem', 'list'], / ready /)
  announce('T3', 'http://mmsc/3')
  await untilSays(['inbox', BEN], /MMS is not set up for this modem/)
  await untilSays(['doctor'], /1 picture messages wait at the carrier/)
})
