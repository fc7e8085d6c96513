/** The radio of a world by command: words and JSON in, JSON out, and typed errors with what would be right. */
import { expect, test } from 'vitest'
import { ActionError, Arguments } from '../../../src/sandbox/action.ts'
import { airActions } from '../../../src/sandbox/air-actions.ts'
import { faultActions } from '../../../src/sandbox/fault-actions.ts'
import { radioActions } from '../../../src/sandbox/radio-actions.ts'
import { findModem, type RadioWorld } from '../../../src/sandbox/radio-world.ts'
import { readWords } from '../../../src/sandbox/words.ts'
import { BEN, oneModem, SIM } from '../sim/world.ts'

const actions = [...airActions, ...radioActions, ...faultActions]

async function world() {
  const { network, modem, terminal, port } = await oneModem({ name: 'home' }, ['AT+CNMI=2,1,0,1,0'])
  const modems = [{ key: 'a', label: 'home', number: SIM, port, modem }]
  const radio: RadioWorld = {
    network,
    modems,
    modem: (name) => findModem(modems, name),
    numberOf: (name) => (name.startsWith('+') ? name : findModem(modems, name).number),
    phone: (name) => network.person(name),
  }
  const act = async (name: string, body: Record<string, unknown> = {}): Promise<unknown> => {
    const action = actions.find((known) => known.name === name)
    if (action === undefined) throw new Error(`no action ${name}`)
    // Through JSON both ways, as over HTTP.
    const given = new Arguments(action, JSON.parse(JSON.stringify(body)))
    action.check?.(given)
    return JSON.parse(JSON.stringify((await action.run(radio, given)) ?? null))
  }
  /** As a command line or a scenario file has it. */
  const say = async (name: string, ...words: string[]) => {
    const action = actions.find((known) => known.name === name)
    if (action === undefined) throw new Error(`no action ${name}`)
    return act(name, readWords(action, words))
  }
  return { act, say, modem, terminal, network }
}

test('a text of a person, by the modem’s name or number, reaches the SIM', async () => {
  const { act, terminal } = await world()
  expect(await act('text', { from: BEN, to: 'home', text: 'one' })).toEqual({ parts: 1 })
  await act('text', { from: 'Signal', to: SIM, text: 'two' })
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",2'])
  expect(await act('ledger', { to: SIM })).toMatchObject([
    { text: 'one', counts: [1], taken: [1] },
    { from: 'Signal', text: 'two' },
  ])
})

test('modems are shown as they are, and a phone that is off gets nothing', async () => {
  const { act, network, modem } = await world()
  await act('phone', { person: BEN, state: 'off' })
  network.person('+4915550003').send(BEN, 'hello')
  await act('network', { modem: 'home', coverage: 'roaming' })
  expect(await act('modems')).toMatchObject([
    { label: 'home', number: SIM, coverage: 'roaming', attached: true, plugged: true, faults: [] },
  ])
  expect(network.person(BEN).inbox).toEqual([])
  await act('phone', { person: BEN, state: 'on' })
  await expect.poll(() => network.person(BEN).inbox.length).toBe(1)
  expect(modem.isPlugged).toBe(true)
})

test('faults are armed as JSON or as words, at the n-th command, listed and cleared', async () => {
  const { act, say, terminal } = await world()
  const fault = { kind: 'error', family: 'cms', code: 38, command: '+CMGL', times: 'always' }
  expect(await act('fault', { fault })).toEqual({ id: 1 })
  expect(await terminal.command('AT+CMGL=4')).toEqual(['+CMS ERROR: 38'])
  expect(await act('faults')).toEqual([{ id: 1, fault, happened: 1 }])
  await act('clear-faults', { id: 1 })
  expect(await terminal.command('AT+CMGL=4')).toEqual(['OK'])
  await say('fault', 'error', '--family', 'cme', '--code', '30', '--command', '+CSQ', '--nth', '2')
  expect((await terminal.command('AT+CSQ')).at(-1)).toBe('OK')
  expect(await terminal.command('AT+CSQ')).toEqual(['+CME ERROR: 30'])
  await say('fault', 'urc', '--where', 'before', '--lines', '^ONE\n^TWO', '--command', '+CSQ')
  expect((await terminal.command('AT+CSQ')).slice(0, 2)).toEqual(['^ONE', '^TWO'])
  await say('fault', 'unplug', '--phase', 'in-body', '--for-ms', '50')
  expect(await act('faults')).toMatchObject([{ fault: { kind: 'unplug', phase: 'in-body', forMs: 50 } }])
})

test('a memory is filled, listed, written and emptied', async () => {
  const { act, modem, terminal } = await world()
  await act('fill-sim', { memory: 'SM' })
  expect(await act('memory', { memory: 'SM' })).toMatchObject({ used: 20, total: 20 })
  await act('empty-sim', { memory: 'SM' })
  expect(await act('memory', { memory: 'SM' })).toMatchObject({ used: 0, slots: [] })
  expect(await act('plant', { memory: 'ME', pdu: 'hostile', slot: 4 })).toEqual({ slot: 4 })
  expect(await act('memory', { memory: 'ME' })).toMatchObject({ slots: [{ index: 4, pduHex: 'hostile', state: 0 }] })
  expect(await terminal.urc()).toEqual(['+CMTI: "ME",4'])
  expect(modem.storage('ME').used).toBe(1)
})

test('the wire is cut and mended, the modem restarted, the SIM taken out', async () => {
  const { act, say, modem, terminal } = await world()
  await act('echo-on')
  expect(await terminal.command('AT')).toEqual(['AT', 'OK'])
  await say('say', '^HELLO')
  await terminal.until(/\^HELLO\r\n/)
  await act('flood', { bytes: 1000, line_ends: false })
  await terminal.until(/A{1000}/)
  await act('reboot')
  await terminal.until(/PB DONE\r\n/)
  expect(await say('card', 'false')).toMatchObject({ coverage: 'none' })
  expect((await terminal.command('AT+CPIN?')).at(-1)).toBe('ERROR')
  expect(await act('commands')).toEqual(expect.arrayContaining(['AT+CPIN?']))
  await act('unplug')
  await terminal.closed()
  expect(modem.isPlugged).toBe(false)
  await act('plug')
  expect(modem.isPlugged).toBe(true)
})

test('any octets are injected', async () => {
  const { act, terminal } = await world()
  await act('inject', { tpdu: '00FF' })
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
  expect((await terminal.command('AT+CMGR=1'))[1]).toMatch(/00FF$/)
})

test.each<[string, Record<string, unknown>, string, RegExp]>([
  ['plug', { modem: 'away' }, 'unknown-modem', /there are a/],
  ['text', { from: BEN, to: SIM }, 'bad-argument', /text is missing/],
  ['text', { from: BEN, to: SIM, text: 'x', class: 9 }, 'bad-argument', /class must be one of 0, 1, 2, 3/],
  ['unplug', { for_ms: 'soon' }, 'bad-argument', /for_ms/],
  ['network', { coverage: 'good' }, 'bad-argument', /roaming/],
  ['memory', { memory: 'XX' }, 'impossible', /no memory called XX/],
  ['plant', { memory: 'SM', pdu: '00', slot: 99 }, 'impossible', /no slot 99/],
  ['flood', { bytes: 1e9 }, 'bad-argument', /16000000/],
  ['fault', {}, 'bad-argument', /fault is missing/],
  ['fault', { fault: 'fire' }, 'bad-argument', /no-answer, lost-result/],
  ['fault', { fault: { kind: 'error' } }, 'bad-argument', /family .* cms, cme, plain/],
  ['fault', { fault: 'chunks', bytes: 'two' }, 'bad-argument', /bytes .* number/],
  ['fault', { fault: { kind: 'lost-result', code: 3 } }, 'bad-argument', /no field code/],
  ['fault', { fault: 'unplug', phase: 'never' }, 'bad-argument', /after-accept/],
  ['fault', { fault: { kind: 'garbage', where: 'inside', hex: '0' } }, 'bad-argument', /hex/],
  ['fault', { fault: 'lost-result', nth: 0 }, 'bad-argument', /counts from 1/],
])('%s %o is refused as %s', async (name, body, code, words) => {
  const { act } = await world()
  const error = await act(name, body).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ActionError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) })
})
