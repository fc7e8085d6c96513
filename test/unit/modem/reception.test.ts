/** What comes in: persisted before it is deleted or acknowledged, and nothing holds up anything else. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { DELIVER, makeModem, REPORT, RecordingSink, until, untilState } from './bench.ts'
import { octets, ScriptedModem } from './scripted-modem.ts'

let peer: ScriptedModem
let sink: RecordingSink
let modem: Modem

beforeEach(async () => {
  peer = new ScriptedModem()
  await peer.listen()
  sink = new RecordingSink()
})
afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

async function ready(options: Partial<ModemOptions> = {}): Promise<void> {
  modem = makeModem(peer.port, sink, options)
  modem.start()
  await untilState(modem, 'ready')
  sink.events.length = 0
  peer.heard.length = 0
}

const direct = (name: '+CMT: ,' | '+CDS: ', pdu: string) => `\r\n${name}${octets(pdu)}\r\n${pdu}\r\n`

describe('stored messages', () => {
  test('a message that the sink refuses stays in its slot, is tried again, and holds up none of the others', async () => {
    await ready()
    let refusals = 2
    sink.onIncoming = (pdu) => {
      if (pdu.slot?.index === 1 && refusals-- > 0) throw new Error('disk full')
    }
    peer.receive('ME', 1, DELIVER)
    peer.receive('ME', 2, DELIVER)
    await until(() => sink.events.includes('released ME:2'))
    expect(peer.slots.get('ME')?.has(1)).toBe(true)
    await until(() => sink.events.includes('released ME:1'))
    expect(sink.events.filter((event) => event === 'incoming ME:1')).toHaveLength(3)
    expect(peer.heard.filter((text) => text.startsWith('AT+CMGD'))).toEqual(['AT+CMGD=2', 'AT+CMGD=1'])
  })

  test('a sink that never settles holds up the others only for its limit', async () => {
    await ready({ timings: { sinkTimeoutMs: 60, sinkRetryFirstMs: 60_000, sinkRetryMaxMs: 60_000 } })
    sink.onIncoming = (pdu) => (pdu.slot?.index === 1 ? new Promise(() => {}) : undefined)
    peer.receive('ME', 1, DELIVER)
    peer.receive('ME', 2, DELIVER)
    await until(() => sink.events.includes('released ME:2'))
    expect([...(peer.slots.get('ME')?.keys() ?? [])]).toEqual([1])
  })

  test('the memory that the URC names is selected first, and each number is used with its own memory only', async () => {
    await ready()
    peer.receive('SM', 5, DELIVER)
    peer.receive('ME', 5, REPORT)
    await until(() => sink.events.includes('released ME:5'))
    expect(sink.pdus.map(({ slot, pduHex }) => [slot?.memory, pduHex])).toEqual([
      ['SM', DELIVER],
      ['ME', REPORT],
    ])
    let selected = ''
    for (const text of peer.heard) {
      selected = /^AT\+CPMS="(\w+)"/.exec(text)?.[1] ?? selected
      if (text.startsWith('AT+CMGD')) expect(['SM', 'ME']).toContain(selected)
    }
    expect([peer.slots.get('SM')?.size, peer.slots.get('ME')?.size]).toEqual([0, 0])
  })

  test('a URC in the middle of an answer is served after it', async () => {
    await ready()
    peer.reaction = (text) => {
      if (text !== 'AT+CSQ') return undefined
      peer.slots.get('ME')?.set(3, { status: 0, pdu: DELIVER })
      return '\r\n+CMTI: "ME",3\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n'
    }
    await expect(modem.command('AT+CSQ', 500)).resolves.toEqual(['+CSQ: 20,99'])
    await until(() => sink.events.includes('released ME:3'))
  })

  test.each([
    ['a garbage slot', 'ZZ-not-hex', Buffer.from('ZZ-not-hex', 'latin1').toString('hex').toUpperCase()],
    ['a cut-off PDU', '0791', '0791'],
    ['an odd number of digits', '07911', Buffer.from('07911', 'latin1').toString('hex').toUpperCase()],
  ])('%s is handed on as unknown, then removed, and the next message comes', async (_name, line, pduHex) => {
    peer.slots.get('ME')?.set(1, { status: 0, pdu: line })
    peer.slots.get('ME')?.set(2, { status: 0, pdu: DELIVER })
    await ready()
    expect(sink.pdus.map(({ kind, pduHex: hex }) => [kind, hex])).toEqual([
      ['unknown', pduHex],
      ['deliver', DELIVER],
    ])
    expect(peer.slots.get('ME')?.size).toBe(0)
  })

  test('a slot that cannot be read is shown once and left where it is', async () => {
    peer.reaction = (text) =>
      text === 'AT+CMGL=4' ? '\r\nERROR\r\n' : text === 'AT+CMGR=4' ? '\r\n+CMS ERROR: 500\r\n' : undefined
    peer.slots.get('ME')?.set(6, { status: 0, pdu: DELIVER })
    modem = makeModem(peer.port, sink)
    modem.start()
    await untilState(modem, 'ready')
    expect(sink.events).toContain('inventory ME [6,4]')
    expect(sink.pdus.map(({ kind, slot, pduHex }) => [kind, slot?.index, pduHex.length > 0])).toEqual([
      ['unknown', 4, false],
      ['deliver', 6, true],
      ['unknown', 4, false],
    ])
    const inventories = () => sink.events.filter((event) => event.startsWith('inventory ME')).length
    const before = inventories()
    peer.say('\r\n+SMS FULL\r\n')
    await until(() => inventories() > before)
    await modem.command('AT+CSQ', 500)
    expect(sink.pdus).toHaveLength(3)
    expect(peer.heard.filter((text) => text === 'AT+CMGD=4')).toEqual([])
  })

  test('what else comes into a slot that could not be read is shown too', async () => {
    await ready()
    let isBroken = true
    peer.reaction = (text) => (text === 'AT+CMGR=4' && isBroken ? '\r\n+CMS ERROR: 500\r\n' : undefined)
    const shown = () => sink.pdus.filter(({ pduHex }) => pduHex === '').length
    peer.say('\r\n+CMTI: "ME",4\r\n')
    await until(() => shown() === 1)
    peer.say('\r\n+CMTI: "ME",4\r\n')
    await until(() => shown() === 2)
    expect(sink.events.filter((event) => event.endsWith('ME:4'))).toEqual([
      'incoming ME:4',
      'safe ME:4',
      'released ME:4',
      'incoming ME:4',
      'safe ME:4',
    ])
    // Emptied by somebody else; a look at the memory notices.
    isBroken = false
    peer.say('\r\n+SMS FULL\r\n')
    await until(() => sink.events.filter((event) => event === 'released ME:4').length === 2)
    expect(sink.pdus).toHaveLength(2)
  })

  test('a URC without a usable slot makes the modem look for itself', async () => {
    await ready()
    peer.slots.get('SM')?.set(9, { status: 0, pdu: DELIVER })
    peer.say('\r\n+CMTI: ,-1\r\n')
    await until(() => sink.events.includes('released SM:9'))
  })

  test('a full memory is looked through at once', async () => {
    await ready()
    peer.slots.get('SM')?.set(9, { status: 1, pdu: DELIVER })
    peer.say('\r\n+SMS FULL\r\n')
    await until(() => sink.events.includes('released SM:9'))
  })

  test('a message that nobody told of is found by polling, and the inventory is told each time', async () => {
    await ready({ timings: { pollEveryMs: 50 } })
    peer.slots.get('SM')?.set(8, { status: 1, pdu: DELIVER })
    await until(() => sink.events.includes('released SM:8'))
    await until(() => sink.events.filter((event) => event === 'inventory SM []').length >= 2)
  })

  test('a flood of URCs for one slot reads it no more often than it can be filled', async () => {
    await ready()
    peer.slots.get('ME')?.set(1, { status: 0, pdu: DELIVER })
    peer.say('\r\n+CMTI: "ME",1\r\n'.repeat(5_000))
    await until(() => sink.events.includes('released ME:1'))
    await modem.command('AT+CSQ', 1_000)
    expect(sink.pdus).toHaveLength(1)
    expect(peer.heard.filter((text) => text === 'AT+CMGR=1').length).toBeLessThan(50)
  })

  test('an inventory is never told from a list that was cut short', async () => {
    await ready()
    peer.slots.get('SM')?.set(1, { status: 0, pdu: DELIVER })
    peer.reaction = (text) =>
      text === 'AT+CMGL=4' ? `\r\n+CMGL: 1,1,,${octets(DELIVER)}\r\n${DELIVER}\r\n\r\nRDY\r\n` : undefined
    sink.events.length = 0
    peer.say('\r\n+SMS FULL\r\n')
    await untilState(modem, 'starting')
    expect(sink.events.filter((event) => event.startsWith('inventory'))).toEqual([])
    peer.reaction = () => undefined
    await untilState(modem, 'ready')
    expect(sink.events).toContain('inventory SM [1]')
  })

  test('what the sink took while the modem restarted is not deleted by its old number', async () => {
    await ready()
    let taken = () => {}
    sink.onIncoming = () =>
      new Promise<void>((resolve) => {
        taken = resolve
      })
    peer.receive('ME', 1, DELIVER)
    await until(() => sink.events.includes('incoming ME:1'))
    peer.say('\r\nRDY\r\n')
    await untilState(modem, 'starting')
    peer.slots.get('ME')?.clear()
    sink.onIncoming = () => {}
    taken()
    await untilState(modem, 'ready')
    expect(peer.heard.filter((text) => text.startsWith('AT+CMGD'))).toEqual([])
    expect(sink.events).not.toContain('released ME:1')
  })
})

describe('direct messages', () => {
  test('are acknowledged only after the sink has them', async () => {
    await ready()
    sink.onIncoming = () => {
      sink.events.push(`acknowledged: ${peer.count('AT+CNMA=0')}`)
    }
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA=0') === 1)
    expect(sink.events).toEqual(['incoming direct status-report', 'acknowledged: 0', 'safe direct status-report'])
    expect(sink.pdus[0]).toMatchObject({ source: 'direct', slot: undefined, pduHex: REPORT })
  })

  test('of which the PDU follows later, and a flash message, come as well', async () => {
    await ready()
    peer.say(`\r\n+CMT: ,${octets(DELIVER)}\r\n`)
    await modem.command('AT+CSQ', 500)
    peer.say(`${DELIVER}\r\n`)
    await until(() => sink.pdus.length === 1)
    expect(sink.pdus[0]).toMatchObject({ kind: 'deliver', pduHex: DELIVER })
  })

  test('that the sink refuses get no acknowledgement, and the indications are set right again', async () => {
    await ready({ timings: { routingCheckMs: 50 } })
    let full = true
    sink.onIncoming = () => {
      if (full) throw new Error('disk full')
    }
    peer.say(direct('+CDS: ', REPORT))
    await until(() => sink.events.includes('incoming direct status-report'))
    // 27.005 §3.4.4: without +CNMA the modem switches them off.
    peer.cnmi = '2,0,2,0,0'
    await until(() => peer.cnmi === '2,1,2,1,0')
    expect(peer.count('AT+CNMA=0')).toBe(0)
    expect(modem.status().state).toBe('ready')
    full = false
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA=0') === 1)
  })

  test('an acknowledgement that the modem does not want does no harm', async () => {
    await ready()
    peer.reaction = (text) => (text === 'AT+CNMA=0' ? '\r\n+CMS ERROR: 340\r\n' : undefined)
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA=0') === 1)
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA=0') === 2)
    expect(modem.status().state).toBe('ready')
  })

  test('a modem that knows only the bare form of the acknowledgement gets it from then on', async () => {
    await ready()
    peer.reaction = (text) => (text === 'AT+CNMA=0' ? '\r\nERROR\r\n' : undefined)
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA=0') === 1)
    peer.say(direct('+CDS: ', REPORT))
    await until(() => peer.count('AT+CNMA') === 1)
  })

  test('that nobody would repeat are offered to the sink until it takes them', async () => {
    peer.reaction = (text) => (text.startsWith('AT+CSMS') ? '\r\nERROR\r\n' : undefined)
    await ready()
    let refusals = 2
    sink.onIncoming = () => {
      if (refusals-- > 0) throw new Error('disk full')
    }
    peer.say(direct('+CMT: ,', DELIVER))
    await until(() => sink.pdus.length === 1)
    expect(peer.heard.filter((text) => text.startsWith('AT+CNMA'))).toEqual([])
  })

  test('a damaged one is handed on as unknown', async () => {
    await ready()
    peer.say(`\r\n+CMT: ,99\r\n${DELIVER}\r\n`)
    await until(() => sink.pdus.length === 1)
    expect(sink.pdus[0]).toMatchObject({ kind: 'unknown', pduHex: DELIVER })
  })

  test('a broadcast page has no SCA and wants no acknowledgement', async () => {
    await ready()
    peer.say(`\r\n+CBM: 4\r\n40A0111C\r\n`)
    await until(() => sink.pdus.length === 1)
    expect(sink.pdus[0]).toMatchObject({ kind: 'broadcast', pduHex: '40A0111C' })
    await modem.command('AT+CSQ', 500)
    expect(peer.heard.filter((text) => text.startsWith('AT+CNMA'))).toEqual([])
  })
})
