/** Calls to the SIM, as modems tell of them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { DELIVER, makeModem, RecordingSink, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

const peer = new ScriptedModem()
let sink: RecordingSink
let modem: Modem

async function ready(hangUpCalls = false): Promise<void> {
  modem = makeModem(peer.port, sink, { hangUpCalls })
  modem.start()
  await untilState(modem, 'ready')
}
const say = (...lines: string[]) => peer.say(lines.map((line) => `\r\n${line}\r\n`).join(''))
const calls = () => sink.calls.map(({ from, withheld, hungUp }) => [from, withheld, hungUp])

beforeEach(async () => {
  sink = new RecordingSink()
  peer.heard.length = 0
  peer.reaction = () => undefined
  await peer.listen()
})
afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

test('a call is one call, however often it rings and says who it is', async () => {
  await ready()
  for (let ring = 0; ring < 3; ring += 1) say('+CRING: VOICE', '+CLIP: "15550000102",145,,,,0')
  say('NO CARRIER')
  await until(() => sink.calls.length === 1)
  expect(calls()).toEqual([['+15550000102', false, false]])
  expect(sink.calls[0]?.modemId).toBe(modem.id)
  expect(peer.heard).not.toContain('AT+CHUP')
})

test('a modem that never says that a call has ended: it is over when the rings stop', async () => {
  await ready()
  say('RING', '+CLIP: "07700900123",129,"",0,"",0')
  await until(() => sink.calls.length === 1)
  expect(calls()).toEqual([['07700900123', false, false]])
  say('RING', 'NO CARRIER')
  await until(() => sink.calls.length === 2)
  expect(sink.calls[0]?.startedAtMs).not.toBe(sink.calls[1]?.startedAtMs)
})

test('a withheld number is told from one that the network does not know', async () => {
  await ready()
  say(
    'RING',
    '+CLIP: "",128,,,,1',
    'NO CARRIER',
    'RING',
    '+CLIP: "",128,,,,2',
    'MISSED_CALL: 10:10AM',
    'RING',
    '^CEND: 1',
  )
  await until(() => sink.calls.length === 3)
  expect(calls()).toEqual([
    [undefined, true, false],
    [undefined, false, false],
    [undefined, false, false],
  ])
})

test('NO CARRIER, BUSY and the end of a voice call without a ring before are no calls', async () => {
  await ready()
  say('NO CARRIER', 'BUSY', 'VOICE CALL: END: 000012', 'RING', 'VOICE CALL: BEGIN', 'VOICE CALL: END: 000012')
  await until(() => sink.calls.length === 1)
  expect(sink.calls).toHaveLength(1)
})

test('where calls are refused, this one is, once, when its caller is known', async () => {
  peer.reaction = (command) => (command === 'AT+CHUP' ? '\r\nOK\r\n' : undefined)
  await ready(true)
  say('RING', '+CLIP: "+15550000102",145', 'RING', '+CLIP: "+15550000102",145')
  await until(() => peer.count('AT+CHUP') === 1)
  say('NO CARRIER')
  await until(() => sink.calls.length === 1)
  expect([peer.count('AT+CHUP'), calls()]).toEqual([1, [['+15550000102', false, true]]])
})

test('a caller who is never named is refused all the same, by ATH where there is no AT+CHUP', async () => {
  peer.reaction = (command) => (command === 'ATH' ? '\r\nOK\r\n' : undefined)
  await ready(true)
  say('RING')
  await until(() => peer.count('ATH') === 1)
  expect(peer.count('AT+CHUP')).toBe(1)
  await until(() => sink.calls.length === 1)
})

test('a call that could not be stored is offered again', async () => {
  await ready()
  let full = true
  sink.onCall = () => {
    if (full) throw new Error('disk full')
  }
  say('RING', '+CLIP: "+15550000102",145', 'NO CARRIER')
  setTimeout(() => {
    full = false
  }, 60)
  await until(() => sink.calls.length === 1)
  expect(calls()).toEqual([['+15550000102', false, false]])
})

test('a call in whose middle the modem is unplugged is noted', async () => {
  await ready()
  say('RING', '+CLIP: "+15550000102",145')
  // Lines are taken in order: with what came behind it, the call is known.
  peer.receive('ME', 1, DELIVER)
  await until(() => sink.pdus.length === 1)
  await peer.unplug()
  await until(() => sink.calls.length === 1)
  expect(calls()).toEqual([['+15550000102', false, false]])
})

test('a call while a text is being sent does not disturb it', async () => {
  peer.onBody = () => null
  await ready()
  const sent = modem.submit(Uint8Array.from(Buffer.from('0001000B915155010000F000000AE8329BFD4697D9EC37', 'hex')), {
    moreToFollow: false,
  })
  await until(() => peer.heard.some((line) => line.startsWith('BODY')))
  say('RING', '+CLIP: "+15550000102",145', 'NO CARRIER', '+CMGS: 7', 'OK')
  expect(await sent).toEqual({ messageReference: 7 })
  await until(() => sink.calls.length === 1)
})
