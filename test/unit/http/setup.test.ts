import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Log } from '../../../src/log.ts'
import { LogLines } from '../../../src/service/log-lines.ts'
import { SignalHistory } from '../../../src/service/signal-history.ts'
import type { Answer } from './answer.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const call = (method: string, path: string, json?: unknown) =>
  rig.call(method, `/api/v1${path}`, { local: true, ...(json === undefined ? {} : { json }) })
const states = (body: Answer) => Object.fromEntries(body.steps.map(({ step, state }) => [step, state]))

test('the steps of the first hour are done, skipped or open, also after a restart', async () => {
  rig.modem.state = 'starting'
  const { body } = await call('GET', '/setup')
  expect(states(body)).toEqual({
    password: 'open',
    modem: 'open',
    mode: 'open',
    signal: 'open',
    'backup-key': 'open',
    notifications: 'open',
  })
  expect(body.next).toBe('password')
  await call('POST', '/setup/steps/password', { action: 'done' })
  await call('POST', '/setup/steps/modem', { action: 'skip' })
  await rig.restart(async () => {})
  const later = (await call('GET', '/setup')).body
  expect([states(later).password, states(later).modem, later.next]).toEqual(['done', 'skipped', 'mode'])
  rig.modem.state = 'ready'
  expect(states((await call('GET', '/setup')).body).modem).toBe('done')
  expect((await call('POST', '/setup/steps/nothing', { action: 'skip' })).status).toBe(404)
})

test('the log is shown from a number on, of a level and graver, without numbers, keys and debug lines', async () => {
  const written: string[] = []
  const write = (_fields: object, message: string) => written.push(message)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const lines = new LogLines(() => 1_700_000_000_000)
  const both = lines.beside(log)
  rig.ports.logLines = lines
  both.debug({ text: 'secret words' }, 'a text')
  both.info({ id: 'msg_01J', tries: 2, to: '+1 (555) 000-0201', imei: 490154203237518 }, 'sent to +15550000201')
  both.error({ err: new Error('token cw_01ARZ3NDEKTSV4RRFFQ69G5FAV_abcdefghij is bad') }, 'failed')
  expect(written).toHaveLength(3)
  const { body } = await call('GET', '/system/logs')
  expect(body.data).toEqual([
    {
      n: 1,
      at: '2023-11-14T22:13:20.000Z',
      level: 'info',
      message: 'sent to [number]',
      fields: { id: 'msg_01J', tries: 2, to: '[number]', imei: '[number]' },
    },
    expect.objectContaining({ n: 2, level: 'error', fields: { err: 'token [hidden] is bad' } }),
  ])
  expect((await call('GET', '/system/logs?level=warn')).body.data).toHaveLength(1)
  expect((await call('GET', '/system/logs?after=2')).body).toEqual({ data: [], last: 2 })
  for (let n = 0; n < 1_200; n++) both.info({}, 'more')
  expect(lines.since(0, 'info')).toHaveLength(1_000)
})

test('the signal of a modem is kept for a day, and unknown while it is away', () => {
  let now = 0
  const status = { state: 'ready', signalDbm: -67 }
  const modem = { id: 'mdm_1', status: () => status }
  const history = new SignalHistory([modem as never], () => now)
  history.sample()
  now = 120_000
  status.state = 'lost'
  history.sample()
  expect(history.of('mdm_1').slice(0, 2)).toEqual([
    { atMs: 0, dbm: -67 },
    { atMs: 120_000, dbm: undefined },
  ])
  for (let n = 0; n < 1_000; n++) history.sample()
  expect(history.of('mdm_1')).toHaveLength(721)
  expect(history.of('mdm_2')).toEqual([])
})
