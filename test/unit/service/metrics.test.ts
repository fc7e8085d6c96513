/** What Prometheus is told: it parses, it counts what is there, and neither a number nor a text nor an id is in it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { IncomingPdu, ModemStatus, SmsModem } from '../../../modem/contract.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { blankStatus } from '../../../modem/status.ts'
import { Metrics } from '../../../src/service/metrics.ts'
import type { SignalAccount } from '../../../src/signal/contract.ts'
import { type Rig, startRig } from '../http/rig.ts'

const NUMBER = '+447700900123'
const TEXT = 'the secret of the cellar'
const IMEI = '490154203237518'

let rig: Rig
let directory: string
let nowMs = 1_800_000_000_000
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'metrics-'))
  rig = await startRig()
})
afterEach(async () => {
  await rig.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Only what `Metrics` asks of a modem. */
function modem(facts: Partial<ModemStatus>): SmsModem {
  const status = { ...blankStatus({ port: '/dev/x', imei: IMEI, clock: systemClock }), number: NUMBER, ...facts }
  return { id: status.id, status: () => status } as unknown as SmsModem
}

function metrics(): Metrics {
  const made = new Metrics({ db: rig.db, databasePath: join(directory, 'none.db'), clock: () => nowMs })
  const storage = [{ memory: 'SM', used: 3, total: 20 }]
  const modems = [modem({ label: 'kitchen', state: 'ready', signalDbm: -71, storage }), modem({ state: 'absent' })]
  const status = () => ({ state: 'connected', e164: NUMBER })
  const envelopes = () => ({ received: 5, 'envelope-malformed': 2 })
  made.watch(modems, { status, envelopes } as unknown as SignalAccount)
  return made
}

async function send(): Promise<void> {
  const token = await rig.token('messages:send')
  const reply = await rig.call('POST', '/api/v1/messages', { token, json: { to: NUMBER, text: TEXT } })
  expect(reply.status).toBe(202)
}

/** Samples by name and labels. Throws for a line of no known form (the text format, version 0.0.4). */
function parsed(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = /^# (?:HELP [a-z_]+ .+|TYPE ([a-z_]+) (gauge|counter|histogram))$/.exec(line)
    if (type?.[1] !== undefined) types.set(type[1], type[2] ?? '')
    if (type !== null) continue
    const sample = /^([a-z_]+)(\{(?:[a-z_]+="[^"\n]*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN)$/.exec(line)
    if (sample === null) throw new Error(`no line of the format: ${line}`)
    const [, name = '', labels = '', value = ''] = sample
    const family = name.replace(/_(bucket|sum|count)$/, '')
    expect(types.has(name) || types.get(family) === 'histogram', line).toBe(true)
    expect(samples.has(name + labels), line).toBe(false)
    samples.set(name + labels, Number(value))
  }
  return samples
}

test('what is there is counted, and parses', async () => {
  await send()
  const made = metrics()
  const samples = parsed(await made.text())
  const counted = [...samples].filter(([name]) => name.startsWith('causeway_messages{direction="out"'))
  expect(counted.map(([, value]) => value)).toEqual([1])
  expect(Object.fromEntries(samples)).toMatchObject({
    'causeway_modem_state{modem="kitchen",state="ready"}': 1,
    'causeway_modem_state{modem="modem-2",state="absent"}': 1,
    'causeway_modem_signal_dbm{modem="kitchen"}': -71,
    'causeway_modem_storage_messages{modem="kitchen",memory="SM",of="used"}': 3,
    'causeway_modem_recovery_steps{modem="kitchen",step="restart"}': 0,
    'causeway_signal_state{state="connected"}': 1,
    'causeway_signal_envelopes{outcome="received"}': 5,
    'causeway_signal_envelopes{outcome="envelope-malformed"}': 2,
    'causeway_database_bytes{file="main"}': 0,
  })
  expect(made.contentType).toMatch(/^text\/plain; version=/)
})

test('all messages are counted no more often than the bound, and again behind it', async () => {
  const made = metrics()
  const outgoing = (text: string) => [...parsed(text).keys()].filter((name) => name.includes('direction="out"'))
  expect(outgoing(await made.text())).toEqual([])
  await send()
  expect(outgoing(await made.text())).toEqual([])
  nowMs += 10_000
  expect(outgoing(await made.text())).toHaveLength(1)
})

test('reception is timed when it is safe, and not when it is refused', async () => {
  const made = metrics()
  let isRefusing = true
  const sink = made.timed({
    incoming: async () => {
      if (isRefusing) throw new Error('disk full')
      nowMs += 7
    },
    released: async () => {},
    inventory: async () => {},
    call: async () => {},
  })
  const pdu: IncomingPdu = {
    modemId: 'mdm',
    source: 'direct',
    kind: 'deliver',
    slot: undefined,
    pduHex: '00',
    receivedAtMs: nowMs,
  }
  await expect(sink.incoming(pdu)).rejects.toThrow('disk full')
  isRefusing = false
  await sink.incoming(pdu)
  const samples = parsed(await made.text())
  expect(samples.get('causeway_reception_seconds_count{kind="deliver"}')).toBe(1)
  expect(samples.get('causeway_reception_seconds_bucket{le="0.005",kind="deliver"}')).toBe(0)
  expect(samples.get('causeway_reception_seconds_bucket{le="0.01",kind="deliver"}')).toBe(1)
})

test('no number, no text, no id of a module or a message is in it', async () => {
  await send()
  const text = await metrics().text()
  for (const secret of [NUMBER.slice(1), TEXT, IMEI, 'mdm_', 'msg_']) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/\d{7}/)
})

test('over HTTP it wants a token that may read the system, and none over the Unix socket', async () => {
  rig.ports.metrics = metrics()
  expect((await rig.call('GET', '/metrics')).status).toBe(401)
  expect((await rig.call('GET', '/metrics', { token: await rig.token('messages:read') })).status).toBe(403)
  expect((await rig.call('POST', '/metrics', { local: true })).status).toBe(405)
  for (const options of [{ token: await rig.token('system:read') }, { local: true }]) {
    const reply = await rig.call('GET', '/metrics', options)
    expect([reply.status, reply.headers['content-type']]).toEqual([200, rig.ports.metrics.contentType])
    expect(parsed(reply.text).size).toBeGreaterThan(0)
  }
})
