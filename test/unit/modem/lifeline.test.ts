/** Staying alive: unplugging, silent restarts, silence, and what a person can do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { DELIVER, makeModem, RecordingSink, SUBMIT, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

let peer: ScriptedModem
let sink: RecordingSink
let modem: Modem
const states: string[] = []

beforeEach(async () => {
  peer = new ScriptedModem()
  await peer.listen()
  sink = new RecordingSink()
  states.length = 0
})
afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

async function ready(options: Partial<ModemOptions> = {}): Promise<void> {
  modem = makeModem(peer.port, sink, options)
  modem.onStatus(({ state }) => {
    if (states.at(-1) !== state) states.push(state)
  })
  modem.start()
  await untilState(modem, 'ready')
  peer.heard.length = 0
}

test('an unplugged modem is absent, keeps its id, and is ready again after it has returned', async () => {
  await ready()
  await peer.unplug()
  await untilState(modem, 'absent')
  expect(modem.status()).toMatchObject({ id: 'mdm_356938035643809', reason: expect.any(String) })
  peer.slots.get('SM')?.set(1, { status: 0, pdu: DELIVER })
  await peer.listen()
  await untilState(modem, 'ready')
  expect(sink.events).toContain('released SM:1')
  await expect(modem.submit(SUBMIT, { moreToFollow: false })).resolves.toEqual({ messageReference: 1 })
})

test('a port that is not there at the start is waited for', async () => {
  await peer.unplug()
  modem = makeModem(peer.port, sink)
  modem.start()
  await until(() => modem.status().reason?.includes('no connection') ?? false)
  expect(modem.status().state).toBe('absent')
  await peer.listen()
  await untilState(modem, 'ready')
})

test('a boot line has everything set up anew', async () => {
  await ready()
  peer.cnmi = '0,0,0,0,0'
  peer.echo = true
  peer.say('\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n')
  await untilState(modem, 'starting')
  await untilState(modem, 'ready')
  expect(peer.cnmi).toBe('2,1,2,1,0')
})

test.each([
  ['H11 lost indications', () => (peer.cnmi = '0,0,0,0,0')],
  ['H11 text mode again', () => (peer.cmgf = '1')],
])('%s: a restart in silence is noticed by polling', async (_name, restart) => {
  await ready({ timings: { pollEveryMs: 40 } })
  restart()
  await untilState(modem, 'starting')
  await untilState(modem, 'ready')
  expect([peer.cnmi, peer.cmgf]).toEqual(['2,1,2,1,0', '0'])
})

test('H6 an echo that is on again is seen before the prompt: no body is written, everything is set up anew', async () => {
  await ready()
  peer.echo = true
  peer.cmgf = '1'
  const submission = modem.submit(SUBMIT, { moreToFollow: false })
  await expect(submission).rejects.toMatchObject({ stage: 'not-sent', code: 'reset' })
  await untilState(modem, 'ready')
  expect(peer.heard.filter((text) => text.startsWith('BODY'))).toEqual([])
  expect([peer.echo, peer.cmgf]).toEqual([false, '0'])
  await expect(modem.submit(SUBMIT, { moreToFollow: false })).resolves.toEqual({ messageReference: 1 })
})

test('H6 a modem that never stops echoing is used as it is', async () => {
  peer.reaction = (text) => (text === 'ATE0' ? '\r\nERROR\r\n' : undefined)
  await ready()
  await expect(modem.submit(SUBMIT, { moreToFollow: false })).resolves.toEqual({ messageReference: 1 })
  expect(modem.status().state).toBe('ready')
  expect(peer.count('ATE0')).toBe(0)
})

test('three commands in a row without an answer have the port opened anew', async () => {
  await ready({ timings: { commandTimeoutMs: 60, slowCommandTimeoutMs: 60, pollEveryMs: 20 } })
  const connections = peer.connections
  peer.reaction = (text) => (text === 'AT+CGSN' || text === 'AT' ? undefined : null)
  await until(() => peer.connections > connections)
  peer.reaction = () => undefined
  await untilState(modem, 'ready')
})

test('a modem that says nothing at all is restarted in the end, and given up in words after that', async () => {
  await ready({
    timings: {
      commandTimeoutMs: 40,
      slowCommandTimeoutMs: 40,
      hardResetsPerDayMax: 1,
      handshakeTriesMax: 2,
      handshakeTimeoutMs: 20,
      startFailuresMax: 2,
    },
  })
  peer.reaction = () => null
  await modem.command('AT+CSQ', 20).catch(() => {})
  await untilState(modem, 'failed')
  expect(peer.count('AT+CFUN=1,1')).toBe(1)
  expect(modem.status().reason).toContain('plug it in again')
})

test('the radio of a modem without a network is switched off and on, and everything is set up again', async () => {
  peer.reaction = (text) => (text === 'AT+CREG?' ? '\r\n+CREG: 2,2\r\n\r\nOK\r\n' : undefined)
  modem = makeModem(peer.port, sink, { timings: { pollEveryMs: 20, unregisteredMaxMs: 60 } })
  modem.start()
  await until(() => peer.heard.includes('AT+CFUN=4'))
  peer.reaction = () => undefined
  await untilState(modem, 'ready')
  expect(peer.heard.indexOf('AT+CFUN=1')).toBeGreaterThan(peer.heard.indexOf('AT+CFUN=4'))
  expect(modem.status().recovery).toMatchObject({ counts: { radio: 1, restart: 0 }, last: { step: 'radio' } })
})

test('too low a supply that the modem told of is named when it falls silent', async () => {
  await ready()
  peer.say('\r\nUNDER-VOLTAGE WARNNING\r\n')
  await peer.unplug()
  await until(() => modem.status().reason?.includes('supply voltage is too low') ?? false)
})

describe('registration', () => {
  test('lost and found again is shown at once', async () => {
    await ready()
    peer.say('\r\n+CREG: 2\r\n')
    await untilState(modem, 'searching')
    expect(modem.status().registration).toBe('searching')
    peer.say('\r\n+CREG: 5,"00C3","1A2B",7\r\n')
    await untilState(modem, 'ready')
    expect(modem.status().registration).toBe('roaming')
  })

  test('the best of the networks counts', async () => {
    await ready()
    peer.say('\r\n+CREG: 0\r\n\r\n+CEREG: 1\r\n')
    await until(() => modem.status().registration === 'home' && modem.status().state === 'ready')
    peer.say('\r\n+CEREG: 3\r\n')
    await untilState(modem, 'searching')
    expect(modem.status().registration).toBe('denied')
  })
})

describe('a person', () => {
  test('can run a command and gets its lines', async () => {
    await ready()
    await expect(modem.command('at+csq', 500)).rejects.toMatchObject({ kind: 'error' })
    await expect(modem.command('AT+CSQ', 500)).resolves.toEqual(['+CSQ: 20,99'])
    await expect(modem.command('AT+CGMI', 500)).resolves.toEqual(['Scripted'])
  })

  test.each([
    'AT+CMGS=10',
    'AT+CMGW=10',
    'ATD*99#',
    'AT+CNMA=1',
    'hello',
    'AT\rAT+CMGS=1',
    'ATO',
    `AT${'A'.repeat(300)}`,
  ])('cannot run %s', async (text) => {
    await ready()
    await expect(modem.command(text, 500)).rejects.toMatchObject({ kind: 'forbidden' })
    expect(peer.heard).toEqual([])
  })

  test('who changes a setting has it set right again', async () => {
    await ready()
    await modem.command('AT+CMGF=1', 500)
    await untilState(modem, 'starting')
    await untilState(modem, 'ready')
    expect(peer.cmgf).toBe('0')
  })

  test('can reset the module, which is ready again when that resolves', async () => {
    await ready()
    await modem.reset()
    expect(peer.count('AT+CFUN=1,1')).toBe(1)
    await untilState(modem, 'ready')
  })

  test('who stops it has the port closed, and can start it again', async () => {
    await ready()
    await modem.stop()
    expect(modem.status()).toMatchObject({ state: 'absent', reason: 'stopped' })
    await until(() => peer.socket?.destroyed ?? false)
    await expect(modem.reset()).rejects.toMatchObject({ kind: 'gone' })
    modem.start()
    await untilState(modem, 'ready')
  })
})
