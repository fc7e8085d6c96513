/** The start sequence against modems of all tempers, over TCP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ImeiClaims } from '../../../modem/identity.ts'
import type { Modem } from '../../../modem/modem.ts'
import type { ModemOptions } from '../../../modem/options.ts'
import { type PinEntryStore, PinRecord, VolatilePinEntries } from '../../../modem/pin-record.ts'
import { DELIVER, makeModem, REPORT, RecordingSink, SUBMIT, until, untilState } from './bench.ts'
import { IMEI, ScriptedModem } from './scripted-modem.ts'

let peer: ScriptedModem
let sink: RecordingSink
const modems: Modem[] = []

beforeEach(async () => {
  peer = new ScriptedModem()
  await peer.listen()
  sink = new RecordingSink()
})
afterEach(async () => {
  for (const modem of modems.splice(0)) await modem.stop()
  await peer.unplug()
})

function start(options: Partial<ModemOptions> = {}): Modem {
  const modem = makeModem(options.port ?? peer.port, sink, options)
  modems.push(modem)
  modem.start()
  return modem
}

/** Reacts to one command text, else as usual. */
function on(command: string, reaction: () => string | null | undefined): void {
  const before = peer.reaction
  peer.reaction = (text, modem) => (text === command ? reaction() : before(text, modem))
}

describe('the sequence', () => {
  test('goes from a known state to PDU mode, memories, indications, registration, and drains last', async () => {
    await untilState(start(), 'ready')
    const order = [
      'ESC',
      'AT',
      'ATE0',
      'AT+CMEE=1',
      'AT+CGSN',
      'AT+CFUN?',
      'AT+CPIN?',
      'AT+CPMS?',
      'AT+CSMS=?',
      'AT+CSMS=1',
      'AT+CMGF=0',
      'AT+CPMS=?',
      'AT+CPMS="ME","ME","ME"',
      'AT+CNMI=?',
      'AT+CNMI=2,1,2,1,0',
      'AT+CREG=2',
      'AT+CREG?',
      'AT+CMGL=4',
    ].map((command) => peer.heard.indexOf(command))
    expect(order).not.toContain(-1)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(peer.heard.filter((command) => /^AT(Z|&F|&W)/.test(command))).toEqual([])
  })

  test('drains both memories, read messages too, and leaves drafts and sent ones alone', async () => {
    peer.slots.get('SM')?.set(0, { status: 1, pdu: DELIVER })
    peer.slots.get('SM')?.set(4, { status: 2, pdu: DELIVER })
    peer.slots.get('ME')?.set(7, { status: 0, pdu: REPORT })
    await untilState(start(), 'ready')
    expect(sink.pdus.map(({ slot, kind }) => [slot?.memory, slot?.index, kind])).toEqual([
      ['SM', 0, 'deliver'],
      ['ME', 7, 'status-report'],
    ])
    expect(sink.events).toContain('inventory SM [0,4]')
    expect(sink.events).toContain('inventory ME [7]')
    expect([...(peer.slots.get('SM')?.keys() ?? [])]).toEqual([4])
    expect(peer.slots.get('ME')?.size).toBe(0)
  })

  test('waits for a modem that is still initialising', async () => {
    let busy = 3
    on('AT+CPMS?', () => (busy-- > 0 ? '\r\n+CMS ERROR: 515\r\n' : undefined))
    let simBusy = 2
    on('AT+CPIN?', () => (simBusy-- > 0 ? '\r\n+CME ERROR: 14\r\n' : undefined))
    await untilState(start(), 'ready')
    expect(peer.count('AT+CPMS?')).toBe(4)
    expect(peer.count('AT+CPIN?')).toBe(3)
  })

  test('switches the radio on where it is off, and its boot-like line is no restart', async () => {
    let on_ = false
    on('AT+CFUN?', () => `\r\n+CFUN: ${on_ ? 1 : 4}\r\n\r\nOK\r\n`)
    on('AT+CFUN=1', () => {
      on_ = true
      return '\r\nOK\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n'
    })
    await untilState(start(), 'ready')
    expect(peer.count('ATE0')).toBe(1)
  })

  test('descends the ladder of indications when what was advertised is refused', async () => {
    on('AT+CNMI=2,1,2,1,0', () => '\r\n+CMS ERROR: 303\r\n')
    await untilState(start(), 'ready')
    expect(peer.cnmi).not.toBe('2,1,2,1,0')
    expect(peer.cnmi).toMatch(/^2,1,/)
  })

  test('takes a memory that only accepts fewer arguments, or another one where the first has no room', async () => {
    on('AT+CPMS="ME","ME","ME"', () => '\r\n+CPMS: 0,0,0,0,0,0\r\n\r\nOK\r\n')
    on('AT+CPMS="SM","SM","SM"', () => '\r\n+CMS ERROR: 302\r\n')
    await untilState(start(), 'ready')
    expect(peer.heard).toContain('AT+CPMS="SM","SM"')
  })

  test('works without any of the optional commands', async () => {
    const needed = /^(AT|ATE0|AT\+CMGF.*|AT\+CGSN|AT\+CMGS=.*|AT\+CMGL=4|AT\+CMGR=.*|AT\+CMGD=.*|AT\+CPMS.*)$/
    peer.reaction = (command) => (needed.test(command) ? undefined : '\r\nERROR\r\n')
    const modem = start()
    await untilState(modem, 'ready')
    expect(modem.status()).toMatchObject({ registration: 'unknown', number: undefined, operator: undefined })
    await expect(modem.submit(SUBMIT, { moreToFollow: false })).resolves.toEqual({ messageReference: 1 })
  })

  test('reads slot by slot where listing is refused or hangs, and remembers that', async () => {
    on('AT+CMGL=4', () => null)
    peer.slots.get('ME')?.set(2, { status: 0, pdu: DELIVER })
    const modem = start({ timings: { listTimeoutMs: 100 } })
    await untilState(modem, 'ready')
    expect(sink.pdus.map(({ slot }) => slot?.index)).toEqual([2])
    expect(peer.count('AT+CMGL=4')).toBe(2)
    await modem.command('AT+CSQ', 500)
    await until(() => peer.count('AT+CMGR=0') >= 4)
    expect(peer.count('AT+CMGL=4')).toBe(2)
  })

  test('a modem in text mode only is of no use, and says so', async () => {
    on('AT+CMGF=0', () => '\r\nERROR\r\n')
    const modem = start()
    await untilState(modem, 'failed')
    expect(modem.status().reason).toContain('PDU mode')
  })

  test('is begun anew when a boot line comes in the middle', async () => {
    let once = true
    on('AT+CSMS=1', () => {
      if (!once) return undefined
      once = false
      peer.cmgf = '1'
      return '\r\nRDY\r\n'
    })
    await untilState(start(), 'ready')
    expect(peer.count('ATE0')).toBe(2)
    expect(peer.cmgf).toBe('0')
  })
})

describe('the SIM', () => {
  /** A SIM with a PIN; gives how often it was entered. */
  function lockedSim(pin: string, tries: number | undefined): { entered: string[] } {
    const seen = { entered: [] as string[] }
    let open = false
    on('AT+CPIN?', () => `\r\n+CPIN: ${open ? 'READY' : 'SIM PIN'}\r\n\r\nOK\r\n`)
    const before = peer.reaction
    peer.reaction = (text, modem) => {
      const entry = /^AT\+CPIN="(\d+)"$/.exec(text)?.[1]
      if (entry !== undefined) {
        seen.entered.push(entry)
        open = entry === pin
        return open ? '\r\nOK\r\n\r\n+CPIN: READY\r\n' : '\r\n+CME ERROR: 16\r\n'
      }
      if (text.startsWith('AT+CPINR') && tries !== undefined) return `\r\n+CPINR: SIM PIN,${tries},3\r\n\r\nOK\r\n`
      return before(text, modem)
    }
    return seen
  }

  test('is opened by the configured PIN, entered once', async () => {
    const seen = lockedSim('1234', 3)
    await untilState(start({ pin: '1234' }), 'ready')
    expect(seen.entered).toEqual(['1234'])
  })

  test('is opened where the modem does not tell the tries left', async () => {
    const seen = lockedSim('1234', undefined)
    await untilState(start({ pin: '1234' }), 'ready')
    expect(seen.entered).toEqual(['1234'])
  })

  test('refuses a wrong PIN once; it is not entered again, however often the SIM is looked at', async () => {
    const seen = lockedSim('1234', 3)
    const modem = start({ pin: '9999' })
    await untilState(modem, 'sim-locked')
    await until(() => peer.count('AT+CPIN?') >= 3)
    expect(seen.entered).toEqual(['9999'])
    expect(modem.status().reason).toContain('PIN')
  })

  test('a wrong PIN is remembered over restarts of the service, its correction is entered', async () => {
    const seen = lockedSim('1234', 3)
    const store = new VolatilePinEntries()
    const service = (pin: string) => start({ pin, pins: new PinRecord(store, Date.now) })
    await untilState(service('9999'), 'sim-locked')
    const again = service('9999')
    await untilState(again, 'sim-locked')
    expect(again.status().reason).toContain('not entered again')
    expect(seen.entered).toEqual(['9999'])
    expect(JSON.stringify(await store.read())).not.toContain('9999')
    await untilState(service('1234'), 'ready')
    expect(seen.entered).toEqual(['9999', '1234'])
    expect(await store.read()).toEqual([])
  })

  test('where the tries left are not told, a second wrong PIN is the last that is entered', async () => {
    const seen = lockedSim('1234', undefined)
    const store = new VolatilePinEntries()
    for (const pin of ['9999', '8888', '1234']) {
      await untilState(start({ pin, pins: new PinRecord(store, Date.now) }), 'sim-locked')
    }
    expect(seen.entered).toEqual(['9999', '8888'])
    expect(modems.at(-1)?.status().reason).toContain('perhaps only 1')
  })

  test('an entry that was cut off is not repeated where the tries left are not told', async () => {
    const seen = lockedSim('1234', undefined)
    const usual = peer.reaction
    peer.reaction = (text, modem) => {
      const answer = usual(text, modem)
      if (text.startsWith('AT+CPIN="')) void peer.unplug().then(() => peer.listen())
      return text.startsWith('AT+CPIN="') ? null : text === 'AT+CPIN?' ? '\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n' : answer
    }
    const modem = start({ pin: '1234' })
    await untilState(modem, 'sim-locked')
    expect(seen.entered).toEqual(['1234'])
    expect(modem.status().reason).toContain('never answered')
  })

  test('a PIN that cannot be written down is not entered', async () => {
    const seen = lockedSim('1234', 3)
    const broken: PinEntryStore = { read: async () => [], write: () => Promise.reject(new Error('disk full')) }
    start({ pin: '1234', pins: new PinRecord(broken, Date.now) })
    await until(() => peer.count('AT+CPIN?') >= 2)
    expect(seen.entered).toEqual([])
  })

  test('the record follows the SIM into another module, by its own number', async () => {
    const record = new PinRecord(new VolatilePinEntries(), Date.now)
    const inOne = { iccid: '8901', imei: 'one' }
    await (await record.entering(inOne, '9999')).refused()
    await expect(record.standing({ iccid: '8901', imei: 'two' }, '9999')).resolves.toEqual({
      outcome: 'refused',
      entries: 1,
    })
    await expect(record.standing({ iccid: '8902', imei: 'one' }, '9999')).resolves.toEqual({
      outcome: undefined,
      entries: 0,
    })
    await expect(record.standing({ iccid: undefined, imei: 'one' }, '9999')).resolves.toMatchObject({ entries: 1 })
  })

  test('never gets its last try', async () => {
    const seen = lockedSim('1234', 1)
    const modem = start({ pin: '1234' })
    await untilState(modem, 'sim-locked')
    expect(seen.entered).toEqual([])
    expect(modem.status().reason).toContain('1 PIN tries')
  })

  test('without a configured PIN waits for a person, who may enter it by a command', async () => {
    const seen = lockedSim('1234', 3)
    const modem = start({ timings: { recheckMs: 60_000 } })
    await untilState(modem, 'sim-locked')
    await modem.command('AT+CPIN="1234"', 500)
    await untilState(modem, 'ready')
    expect(seen.entered).toEqual(['1234'])
  })

  test('that asks for its PUK is left alone', async () => {
    on('AT+CPIN?', () => '\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n')
    const modem = start({ pin: '1234' })
    await untilState(modem, 'sim-locked')
    expect(modem.status().reason).toContain('PUK')
    expect(peer.heard.filter((text) => text.startsWith('AT+CPIN='))).toEqual([])
  })

  test('that is missing is looked for again', async () => {
    let there = false
    on('AT+CPIN?', () => (there ? undefined : '\r\n+CME ERROR: 10\r\n'))
    const modem = start()
    await untilState(modem, 'no-sim')
    there = true
    await untilState(modem, 'ready')
  })

  test('its PIN never enters the transcript', async () => {
    lockedSim('1234', 3)
    const modem = start({ pin: '1234' })
    await untilState(modem, 'ready')
    expect(modem.transcript(false)).toContain('AT+CPIN="****"')
    expect(modem.transcript(false)).not.toContain('1234"')
  })
})

describe('identity', () => {
  test('H10 another module at the same port is left alone, its SIM untouched, until a person resets the entry', async () => {
    const modem = start()
    await untilState(modem, 'ready')
    const pins = peer.count('AT+CPIN?')
    await peer.unplug()
    peer.imei = '860000000000019'
    await peer.listen()
    await untilState(modem, 'failed')
    expect(modem.status()).toMatchObject({ id: `mdm_${IMEI}`, reason: expect.stringContaining('another module') })
    expect(peer.count('AT+CPIN?')).toBe(pins)
    await modem.reset()
    await untilState(modem, 'ready')
    expect(modem.id).toBe('mdm_860000000000019')
  })

  test('one module behind two ports is driven by the first entry only', async () => {
    const claims = new ImeiClaims()
    const twin = new ScriptedModem()
    await twin.listen()
    try {
      const first = start({ claims })
      await untilState(first, 'ready')
      const second = start({ claims, port: twin.port })
      await untilState(second, 'failed')
      expect(second.status().reason).toContain(peer.port)
      expect(twin.heard.some((text) => text.startsWith('AT+CMG'))).toBe(false)
      await first.stop()
      await untilState(second, 'ready')
      expect(first.id).not.toBe(second.id)
    } finally {
      await twin.unplug()
    }
  })

  test('a configured number stands over the SIM’s', async () => {
    const modem = start({ number: '+15550123' })
    await untilState(modem, 'ready')
    expect(modem.status().number).toBe('+15550123')
  })
})
