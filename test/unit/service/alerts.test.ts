import { expect, test } from 'vitest'
import type { ModemStatus } from '../../../modem/contract.ts'
import { Alerts } from '../../../src/service/alerts.ts'
import type { SignalStatus } from '../../../src/signal/contract.ts'
import type { NewEvent } from '../../../src/store/events.ts'

function setUp() {
  const told: NewEvent[] = []
  const account = { state: 'connected', challenge: undefined } as unknown as SignalStatus
  let onAccount = (_status: SignalStatus) => {}
  let onModem = (_status: ModemStatus) => {}
  let oldestMs: number | undefined
  let nowMs = 0
  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const alerts = new Alerts({
    events: {
      record: async (event) => {
        told.push(event)
      },
    },
    account: {
      status: () => account,
      onStatus: (listener) => {
        onAccount = listener
        return () => {}
      },
    },
    modems: [
      {
        id: 'mdm_1',
        onStatus: (listener) => {
          onModem = listener
          return () => {}
        },
      },
    ],
    oldestWaitingMs: async () => oldestMs,
    clock: () => nowMs,
    log: quiet,
  })
  const watching = alerts.watch()
  return {
    told: async () => {
      await watching.stop()
      return told.map(({ type, data }) => [type, data])
    },
    account: (change: Partial<SignalStatus>) => onAccount(Object.assign(account, change)),
    signal: (signalDbm: number) => onModem({ signalDbm } as ModemStatus),
    waiting: async (sinceMs: number | undefined, atMs: number) => {
      oldestMs = sinceMs
      nowMs = atMs
      await alerts.look()
    },
  }
}

test('the state of the account is told whenever it is another', async () => {
  const { told, account } = setUp()
  account({ state: 'connected' })
  account({ state: 'unreachable' as SignalStatus['state'] })
  account({ state: 'connected' })
  expect(await told()).toEqual([
    ['signal.account', { state: 'connected' }],
    ['signal.account', { state: 'unreachable' }],
    ['signal.account', { state: 'connected' }],
  ])
})

test('each challenge is told once, without its token', async () => {
  const { told, account } = setUp()
  const challenge = { token: 'secret', pageUrl: 'https://captcha.test/', retryAtMs: undefined }
  account({ challenge })
  account({ challenge: { ...challenge } })
  account({ challenge: undefined })
  account({ challenge })
  expect((await told()).slice(1)).toEqual([
    ['signal.challenge', { page_url: 'https://captcha.test/' }],
    ['signal.challenge', { page_url: 'https://captcha.test/' }],
  ])
})

test('a weak signal is told when it begins, not again while it wavers', async () => {
  const { told, signal } = setUp()
  for (const dbm of [-80, -106, -104, -110, -99, -107]) signal(dbm)
  expect((await told()).slice(1)).toEqual([
    ['modem.signal_low', { modem_id: 'mdm_1', signal_dbm: -106 }],
    ['modem.signal_low', { modem_id: 'mdm_1', signal_dbm: -107 }],
  ])
})

test('messages that do not move on are told of once, until they do', async () => {
  const { told, waiting } = setUp()
  await waiting(0, 599_000)
  await waiting(0, 601_000)
  await waiting(0, 660_000)
  await waiting(undefined, 700_000)
  await waiting(700_000, 1_400_000)
  expect((await told()).slice(1)).toEqual([
    ['queue.stalled', { waited_s: 601 }],
    ['queue.stalled', { waited_s: 700 }],
  ])
})
