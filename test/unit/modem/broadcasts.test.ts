/** Cell broadcasts as a modem is asked for them, and hands them over. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import { makeModem, RecordingSink, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

const peer = new ScriptedModem()
const WARNINGS = 'AT+CSCB=0,"4352-4359,4370-4399"'
let sink: RecordingSink
let modem: Modem | undefined

async function ready(broadcastChannels: readonly number[] = []): Promise<void> {
  modem = makeModem(peer.port, sink, { broadcastChannels })
  modem.start()
  await untilState(modem, 'ready')
}

beforeEach(async () => {
  sink = new RecordingSink()
  peer.heard.length = 0
  peer.reaction = () => undefined
  await peer.listen()
})
afterEach(async () => {
  await modem?.stop()
  await peer.unplug()
})

test('the warnings are asked for, in the form that the modem takes; one that takes none is used all the same', async () => {
  await ready()
  expect(peer.heard.filter((line) => line.startsWith('AT+CSCB'))).toEqual([`${WARNINGS},""`, WARNINGS])
})

test('other channels only where they are named', async () => {
  peer.reaction = (command) => (command.startsWith('AT+CSCB') ? '\r\nOK\r\n' : undefined)
  await ready([50, 919])
  expect(peer.heard.filter((line) => line.startsWith('AT+CSCB'))).toEqual(['AT+CSCB=0,"4352-4359,4370-4399,50,919",""'])
})

test('a page is handed on as it came, and not acknowledged', async () => {
  await ready()
  const page = `401011130F11${'0D'.repeat(82)}`
  peer.say(`\r\n+CBM: 88\r\n${page}\r\n`)
  await until(() => sink.pdus.length === 1)
  expect(sink.pdus[0]).toMatchObject({ kind: 'broadcast', source: 'direct', pduHex: page })
  await modem?.command('AT+CGMI', 500)
  expect(peer.heard.filter((line) => line.startsWith('AT+CNMA'))).toEqual([])
})
