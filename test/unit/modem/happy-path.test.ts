import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { DELIVER, makeModem, RecordingSink, SUBMIT, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

let peer: ScriptedModem
let sink: RecordingSink
let modem: Modem

beforeEach(async () => {
  peer = new ScriptedModem()
  await peer.listen()
  sink = new RecordingSink()
  modem = makeModem(peer.port, sink, { label: 'desk' })
})

afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

test('the start sequence ends ready, with everything known that the modem tells', async () => {
  expect(modem.id).toBe('mdm_desk')
  modem.start()
  await untilState(modem, 'ready')
  expect(modem.status()).toMatchObject({
    id: 'mdm_356938035643809',
    state: 'ready',
    reason: undefined,
    manufacturer: 'Scripted',
    imei: '356938035643809',
    imsi: '001010123456789',
    iccid: '8901001012345678901',
    number: '+15550100',
    smsc: '+15550199',
    operator: 'Testnet',
    registration: 'home',
    signalDbm: -73,
  })
  expect(peer.cnmi).toBe('2,1,2,1,0')
  expect(peer.cmgf).toBe('0')
})

test('a submission resolves with the reference that the modem gave', async () => {
  modem.start()
  await untilState(modem, 'ready')
  await expect(modem.submit(SUBMIT, { moreToFollow: false })).resolves.toEqual({ messageReference: 1 })
  expect(peer.heard.slice(-2)).toEqual([
    `AT+CMGS=${SUBMIT.length}`,
    `BODY 00${Buffer.from(SUBMIT).toString('hex').toUpperCase()}`,
  ])
})

test('a message is deleted only after the sink has it, and released after it is deleted', async () => {
  modem.start()
  await untilState(modem, 'ready')
  sink.events.length = 0
  sink.onIncoming = () => {
    sink.events.push(`still there: ${peer.slots.get('SM')?.has(3)}`)
  }
  peer.receive('SM', 3, DELIVER)
  await until(() => sink.events.includes('released SM:3'))
  expect(sink.events).toEqual(['incoming SM:3', 'still there: true', 'safe SM:3', 'released SM:3'])
  expect(sink.pdus[0]).toMatchObject({ kind: 'deliver', source: 'stored', pduHex: DELIVER })
  expect(peer.slots.get('SM')?.has(3)).toBe(false)
})
