/** The simulated world by command: JSON in, JSON out, typed errors for what cannot be done. */
import { expect, test } from 'vitest'
import { handleSimCommand, type SimCommand, SimCommandError } from '../../../modem/sim/control.ts'
import { BEN, oneModem, SIM } from './world.ts'

async function world() {
  const { network, modem, terminal } = await oneModem({ name: 'home' }, ['AT+CNMI=2,1,0,1,0'])
  const sim = { network, modems: [modem] }
  // Through JSON both ways, as over HTTP.
  const act = async (command: SimCommand): Promise<unknown> => {
    return JSON.parse(JSON.stringify(await handleSimCommand(sim, JSON.parse(JSON.stringify(command)))))
  }
  return { act, modem, terminal, network }
}

test('a text of a person, by the modem’s name or number, reaches the SIM', async () => {
  const { act, terminal } = await world()
  expect(await act({ action: 'text', from: BEN, to: 'home', text: 'one' })).toMatchObject({
    entries: [{ from: BEN, to: SIM, text: 'one', outcome: 'pending' }],
  })
  await act({ action: 'text', from: 'Signal', to: SIM, text: 'two' })
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",2'])
  expect(await act({ action: 'ledger', to: SIM, whole: true })).toMatchObject({
    texts: [{ text: 'one', counts: [1], taken: [1] }, { from: 'Signal' }],
  })
  expect(await act({ action: 'ledger' })).toMatchObject({ entries: [{ id: 1 }, { id: 2 }], forgotten: 0 })
})

test('status shows modems and people', async () => {
  const { act } = await world()
  await act({ action: 'text', from: BEN, to: 'home', text: 'hello' })
  await act({ action: 'phone', person: BEN, state: 'off' })
  await act({ action: 'coverage', modem: 'home', coverage: 'roaming' })
  expect(await act({ action: 'status' })).toMatchObject({
    modems: [{ name: 'home', number: SIM, coverage: 'roaming', isAttached: true, isPlugged: true, faults: 0 }],
    people: [{ number: BEN, phone: 'off', texts: 0 }],
  })
  expect(await act({ action: 'inbox', person: BEN })).toEqual({ texts: [] })
})

test('faults are armed, listed and cleared', async () => {
  const { act, terminal } = await world()
  const fault = { kind: 'error', family: 'cms', code: 38, command: '+CMGL', times: 'always' }
  const armed = await act({ action: 'fault', modem: 'home', fault })
  expect(armed).toEqual({ id: 1 })
  expect(await terminal.command('AT+CMGL=4')).toEqual(['+CMS ERROR: 38'])
  expect(await act({ action: 'faults', modem: 'home' })).toEqual({ faults: [{ id: 1, fault, happened: 1 }] })
  await act({ action: 'clear-faults', modem: 'home', id: 1 })
  expect(await terminal.command('AT+CMGL=4')).toEqual(['OK'])
})

test('storage is filled, listed, written and cleared', async () => {
  const { act, modem, terminal } = await world()
  expect(await act({ action: 'storage', modem: 'home', memory: 'SM', do: 'fill' })).toMatchObject({
    used: 20,
    size: 20,
  })
  expect(await act({ action: 'storage', modem: 'home', memory: 'SM', do: 'clear' })).toMatchObject({ used: 0 })
  expect(
    await act({ action: 'storage', modem: 'home', memory: 'ME', do: 'put', pdu: 'hostile', slot: 4 }),
  ).toMatchObject({ slots: [{ index: 4, pduHex: 'hostile', state: 0 }] })
  expect(await terminal.urc()).toEqual(['+CMTI: "ME",4'])
  expect(modem.storage('ME').used).toBe(1)
})

test('the wire is cut and mended, the modem restarted, the SIM taken out', async () => {
  const { act, modem, terminal } = await world()
  await act({ action: 'echo-on', modem: 'home' })
  expect(await terminal.command('AT')).toEqual(['AT', 'OK'])
  await act({ action: 'say', modem: 'home', text: '\r\n^HELLO\r\n' })
  await terminal.until(/\^HELLO\r\n/)
  await act({ action: 'flood', modem: 'home', bytes: 1000, lineEnds: false })
  await terminal.until(/A{1000}/)
  await act({ action: 'reboot', modem: 'home' })
  await terminal.until(/PB DONE\r\n/)
  expect(await act({ action: 'card', modem: 'home', inserted: false })).toMatchObject({ coverage: 'none' })
  expect((await terminal.command('AT+CPIN?')).at(-1)).toBe('ERROR')
  expect(await act({ action: 'commands', modem: 'home' })).toMatchObject({
    lines: expect.arrayContaining(['AT+CPIN?']),
  })
  await act({ action: 'unplug', modem: 'home' })
  await terminal.closed()
  expect(modem.isPlugged).toBe(false)
  await act({ action: 'plug', modem: 'home' })
  expect(modem.isPlugged).toBe(true)
})

test('any octets are injected', async () => {
  const { act, terminal } = await world()
  await act({ action: 'inject', to: SIM, tpdu: '00FF' })
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
  expect((await terminal.command('AT+CMGR=1'))[1]).toMatch(/00FF$/)
})

test.each<[SimCommand, string, RegExp]>([
  [{}, 'unknown-action', /one of status, text/],
  [{ action: 'explode' }, 'unknown-action', /one of status, text/],
  [{ action: 'plug' }, 'bad-field', /modem/],
  [{ action: 'plug', modem: 'away' }, 'unknown-modem', /home/],
  [{ action: 'inbox', person: 'nobody' }, 'unknown-number', /person/],
  [{ action: 'text', from: BEN, to: SIM }, 'bad-field', /text/],
  [{ action: 'text', from: BEN, to: SIM, text: 'x', class: 9 }, 'bad-field', /class/],
  [{ action: 'text', from: SIM, to: BEN, text: 'x' }, 'refused', /on the network already/],
  [{ action: 'text', from: 'a name that is too long', to: SIM, text: 'x' }, 'bad-field', /longer than 11/],
  [{ action: 'inject', to: '+1', tpdu: '00' }, 'refused', /nobody/],
  [{ action: 'inject', to: SIM, tpdu: 'xx' }, 'bad-field', /hex/],
  [{ action: 'unplug', modem: 'home', forMs: -1 }, 'bad-field', /forMs/],
  [{ action: 'unplug', modem: 'home', power: 'half' }, 'bad-field', /lost, kept/],
  [{ action: 'coverage', modem: 'home', coverage: 'good' }, 'bad-field', /roaming/],
  [{ action: 'storage', modem: 'home', memory: 'XX', do: 'list' }, 'bad-field', /SM, ME, SR/],
  [{ action: 'storage', modem: 'home', memory: 'SM', do: 'put', pdu: '00', slot: 99 }, 'refused', /no slot 99/],
  [{ action: 'flood', modem: 'home', bytes: 1e9 }, 'bad-field', /at most/],
  [{ action: 'fault', modem: 'home' }, 'bad-field', /an object/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'fire' } }, 'bad-field', /no-answer, lost-result/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'error' } }, 'bad-field', /family .* cms, cme, plain/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'chunks', bytes: 'two' } }, 'bad-field', /bytes .* number/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'lost-result', code: 3 } }, 'bad-field', /no field code/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'unplug', phase: 'never' } }, 'bad-field', /after-accept/],
  [{ action: 'fault', modem: 'home', fault: { kind: 'garbage', where: 'inside', hex: '0' } }, 'bad-field', /hex/],
])('%o is refused as %s', async (command, code, words) => {
  const { act } = await world()
  const error = await act(command).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(SimCommandError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) })
})
