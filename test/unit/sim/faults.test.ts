/** Faults on command: each does what it says, as often as it says, and leaves the modem in order afterwards. */
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { decodePdu } from '../../../modem/pdu/tpdu.ts'
import type { Fault, FaultPhase } from '../../../modem/sim/faults.ts'
import { linesOf, type Terminal } from './terminal.ts'
import { BEN, oneModem, SIM, submitHex, terminalOf } from './world.ts'

const HELLO = submitHex(BEN, 'hello')

async function ready(faults: readonly Fault[] = [], setUp: readonly string[] = []) {
  const world = await oneModem({}, ['AT+CSMS=1', 'AT+CNMI=2,1,0,1,0', ...setUp])
  world.network.person(BEN)
  for (const fault of faults) world.modem.fault(fault)
  return world
}

test('no answer: the command is not run, later ones are', async () => {
  const { terminal, network } = await ready([{ kind: 'no-answer', command: '+CMGS' }])
  terminal.write('AT+CMGS=20\r')
  expect(await terminal.command('AT+CSQ')).toEqual(['+CSQ: 20,99', 'OK'])
  expect(network.ledger.entries()).toEqual([])
})

test('lost result: the network has it, the terminal hears nothing but the report', async () => {
  const { terminal, network } = await ready([{ kind: 'lost-result' }])
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  await terminal.until(/> /)
  terminal.write(`${HELLO}\x1a`)
  expect((await terminal.urc())[0]).toMatch(/^\+CDS/)
  expect(terminal.pending).toBe('')
  expect(network.ledger.count(BEN, 'hello')).toEqual({ whole: 1, most: 1 })
})

test('errors come before acceptance, for the next n submissions', async () => {
  const { terminal, network } = await ready([{ kind: 'error', family: 'cms', code: 38, times: 2 }])
  expect(await terminal.submit(HELLO)).toEqual(['+CMS ERROR: 38'])
  expect(await terminal.submit(HELLO)).toEqual(['+CMS ERROR: 38'])
  expect(network.ledger.entries()).toEqual([])
  expect(await terminal.submit(HELLO)).toEqual(['+CMGS: 0', 'OK'])
})

test('an error at the prompt comes in its place', async () => {
  const { terminal } = await ready([{ kind: 'error', family: 'cme', code: 14, at: 'prompt' }])
  expect(await terminal.command('AT+CMGS=20')).toEqual(['+CME ERROR: 14'])
})

test('any command can fail', async () => {
  const { terminal } = await ready([{ kind: 'error', family: 'cme', code: 14, command: 'AT+CPMS', times: 1 }])
  expect(await terminal.command('AT+CPMS?')).toEqual(['+CME ERROR: 14'])
  expect((await terminal.command('AT+CPMS?')).at(-1)).toBe('OK')
})

test('the newest fault is asked first, and skip lets matches pass', async () => {
  const { terminal } = await ready([
    { kind: 'error', family: 'cms', code: 1, times: 'always' },
    { kind: 'error', family: 'cms', code: 2, skip: 1 },
  ])
  const codes: (string | undefined)[] = []
  for (let n = 0; n < 4; n++) codes.push((await terminal.submit(HELLO))[0])
  expect(codes).toEqual([1, 2, 1, 1].map((code) => `+CMS ERROR: ${code}`))
})

test('a removed fault does not happen', async () => {
  const { terminal, modem } = await ready()
  modem.fault({ kind: 'error', family: 'plain' }).remove()
  expect((await terminal.submit(HELLO)).at(-1)).toBe('OK')
})

test.each<[string, Fault, string]>([
  ['before', { kind: 'urc', where: 'before', lines: ['^BOOT: 1'] }, '\r\n^BOOT: 1\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n'],
  ['inside', { kind: 'urc', where: 'inside', lines: ['RING'] }, '\r\n+CSQ: 20,99\r\n\r\nRING\r\n\r\nOK\r\n'],
  ['inside', { kind: 'garbage', where: 'inside', hex: '00FF3E20' }, '\r\n+CSQ: 20,99\r\n\0\xff> \r\nOK\r\n'],
  ['before', { kind: 'garbage', where: 'before', hex: '41' }, 'A\r\n+CSQ: 20,99\r\n\r\nOK\r\n'],
])('%s an answer stands what was asked for: %o', async (_, fault, expected) => {
  const { terminal } = await ready([fault])
  terminal.write('AT+CSQ\r')
  expect(await terminal.until(/OK\r\n/)).toBe(expected)
  terminal.write('AT+CSQ\r')
  expect(await terminal.until(/OK\r\n/)).toBe('\r\n+CSQ: 20,99\r\n\r\nOK\r\n')
})

test('lines may stand inside a list of messages', async () => {
  const { terminal, modem } = await ready([{ kind: 'urc', command: '+CMGL', where: 'inside', lines: ['RING'] }])
  for (const pdu of ['0001AA', '0001BB', '0001CC']) modem.plant('SM', pdu)
  expect(await terminal.command('AT+CMGL=4')).toEqual([
    ...['+CMGL: 1,0,,2', '0001AA', '+CMGL: 2,0,,2', '0001BB', 'RING', '+CMGL: 3,0,,2', '0001CC'],
    'OK',
  ])
})

test('lines may stand between prompt and body', async () => {
  const { terminal } = await ready([{ kind: 'urc', where: 'prompt', lines: ['+CMTI: "SM",9'] }])
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  expect(await terminal.until(/> /)).toBe('\r\n> ')
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",9'])
  terminal.write(`${HELLO}\x1a`)
  expect(linesOf(await terminal.until(/OK\r\n/))).toEqual(['+CMGS: 0', 'OK'])
})

test('real indications wait for the end of the body', async () => {
  const { terminal, network } = await ready()
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  await terminal.until(/> /)
  network.person(BEN).send(SIM, 'meanwhile')
  while (network.ledger.entries({ to: SIM })[0]?.outcome !== 'taken') await new Promise((done) => setImmediate(done))
  expect(terminal.urcs).toEqual([])
  terminal.write(`${HELLO}\x1a`)
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
})

test('a second final result follows the first', async () => {
  const { terminal } = await ready([
    { kind: 'error', family: 'cms', code: 500 },
    { kind: 'double-answer', line: 'OK' },
  ])
  expect(await terminal.submit(HELLO)).toEqual(['+CMS ERROR: 500'])
  expect(await terminal.until(/OK\r\n/)).toBe('\r\nOK\r\n')
})

test('pieces of one byte are pieces of one byte, in order', async () => {
  const { terminal, modem } = await ready()
  const fault = modem.fault({ kind: 'chunks', bytes: 1 })
  terminal.chunkSizes.length = 0
  expect(await terminal.submit(HELLO)).toEqual(['+CMGS: 0', 'OK'])
  expect((await terminal.urc())[0]).toMatch(/^\+CDS/)
  expect(terminal.chunkSizes.filter((size) => size === 1).length).toBeGreaterThan(10)
  fault.remove()
  expect(await terminal.command('AT+CSQ')).toEqual(['+CSQ: 20,99', 'OK'])
})

test('a late answer comes before that of the command that did not wait for it', async () => {
  const { terminal } = await ready([{ kind: 'late-answer', command: '+CSQ', delayMs: 30 }])
  terminal.write('AT+CSQ\rAT+CGMM\r')
  expect(linesOf(await terminal.until(/SIM-1\r\n\r\nOK\r\n/))).toEqual(['+CSQ: 20,99', 'OK', 'SIM-1', 'OK'])
})

test('a prompt that does not show still waits for the body', async () => {
  const { terminal, modem, network } = await ready([{ kind: 'no-prompt' }])
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  while (modem.faults.armed().length > 0) await new Promise((done) => setImmediate(done))
  terminal.write('\x1b')
  expect(await terminal.until(/OK\r\n/)).toBe('\r\nOK\r\n')
  expect(network.ledger.entries()).toEqual([])
})

test('a prompt may come late', async () => {
  const { terminal } = await ready([{ kind: 'no-prompt', delayMs: 20 }])
  expect(await terminal.submit(HELLO)).toEqual(['+CMGS: 0', 'OK'])
})

test('unplugged: the wire is cut, connections are refused, settings are lost, texts wait', async () => {
  const { terminal, modem, port, network } = await ready()
  modem.unplug()
  await terminal.closed()
  const refused = await new Promise<unknown>((resolve) => {
    connect({ port, host: '127.0.0.1' }).on('error', resolve)
  })
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  network.person(BEN).send(SIM, 'while it is off')
  await modem.plug()
  const next = await terminalOf(modem, port)
  expect(await next.command('ATE0')).toEqual(['ATE0', 'OK'])
  expect(await next.command('AT+CNMI?')).toEqual(['+CNMI: 0,0,0,0,0', 'OK'])
  while (modem.storage('SM').used === 0) await next.command('AT')
  expect((await next.command('AT+CMGL=4')).length).toBe(3)
})

test('unplugged for a while it comes back by itself; a cut wire alone keeps settings', async () => {
  const { terminal, modem, port } = await ready()
  modem.unplug({ forMs: 20, power: 'kept' })
  await terminal.closed()
  while (!modem.isPlugged) await new Promise((done) => setTimeout(done, 5))
  let next: Terminal | undefined
  while (next === undefined) next = await terminalOf(modem, port).catch(() => undefined)
  expect(await next.command('AT+CNMI?')).toEqual(['+CNMI: 2,1,0,1,0', 'OK'])
})

test.each<[FaultPhase, { prompt: boolean; accepted: number; result: boolean }]>([
  ['before-command', { prompt: false, accepted: 0, result: false }],
  ['before-prompt', { prompt: false, accepted: 0, result: false }],
  ['after-prompt', { prompt: true, accepted: 0, result: false }],
  ['in-body', { prompt: true, accepted: 0, result: false }],
  ['after-body', { prompt: true, accepted: 0, result: false }],
  ['after-accept', { prompt: true, accepted: 1, result: false }],
  ['in-answer', { prompt: true, accepted: 1, result: true }],
  ['after-result', { prompt: true, accepted: 1, result: true }],
  ['after-answer', { prompt: true, accepted: 1, result: true }],
])('unplugged %s of the second submission: %o', async (phase, { prompt, accepted, result }) => {
  const { terminal, modem, port, network } = await ready([{ kind: 'unplug', phase, skip: 1 }])
  expect((await terminal.submit(HELLO)).at(-1)).toBe('OK')
  await terminal.urc()
  await terminal.command('AT+CNMA=0')
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  if (prompt) await terminal.until(/> /)
  if (prompt && phase !== 'after-prompt') terminal.write(`${HELLO}\x1a`)
  await terminal.closed()
  expect(terminal.pending.includes('+CMGS: 1')).toBe(result)
  expect(network.ledger.entries().length).toBe(1 + accepted)
  await modem.plug()
  const next = await terminalOf(modem, port)
  await next.command('ATE0')
  expect(await next.submit(HELLO)).toEqual([`+CMGS: ${1 + accepted}`, 'OK'])
})

test.each<FaultPhase>(['before-report', 'after-report'])(
  'unplugged %s the status report is not taken, and comes again to whoever listens next',
  async (phase) => {
    const { terminal, modem, port, network } = await ready([{ kind: 'unplug', phase }])
    expect((await terminal.submit(HELLO)).at(-1)).toBe('OK')
    await terminal.closed()
    expect(network.ledger.entries()).toMatchObject([{ outcome: 'taken', reportsTaken: 0 }])
    await modem.plug()
    const next = await terminalOf(modem, port)
    for (const line of ['ATE0', 'AT+CSMS=1', 'AT+CNMI=2,1,0,1,0']) await next.command(line)
    expect(await next.urc()).toEqual([expect.stringMatching(/^\+CDS: /), expect.any(String)])
    expect(await next.command('AT+CNMA=0')).toEqual(['OK'])
    await expect.poll(() => network.ledger.entries()[0]?.reportsTaken).toBe(1)
  },
)

test('the wire alone cut in the body: the modem still waits for its end, which ESC gives', async () => {
  const { terminal, modem, port, network } = await ready([{ kind: 'unplug', phase: 'in-body', power: 'kept' }])
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  await terminal.until(/> /)
  terminal.write(`${HELLO}\x1a`)
  await terminal.closed()
  await modem.plug()
  const next = await terminalOf(modem, port)
  next.write('\x1b\r')
  expect(await next.until(/OK\r\n/)).toBe('\r\nOK\r\n')
  expect(network.ledger.entries()).toEqual([])
})

test('a silent reboot answers on, with all settings lost', async () => {
  const { terminal, modem } = await ready()
  modem.reboot({ silent: true })
  expect(await terminal.command('AT+CNMI?')).toEqual(['AT+CNMI?', '+CNMI: 0,0,0,0,0', 'OK'])
})

test('a reboot says its boot lines and never answers what was running', async () => {
  const { terminal, network } = await ready([{ kind: 'reboot', phase: 'after-accept' }])
  terminal.write(`AT+CMGS=${HELLO.length / 2 - 1}\r`)
  await terminal.until(/> /)
  terminal.write(`${HELLO}\x1a`)
  expect(linesOf(await terminal.until(/PB DONE\r\n/))).toEqual([
    'RDY',
    '+CFUN: 1',
    '+CPIN: READY',
    'SMS DONE',
    'PB DONE',
  ])
  expect(await terminal.command('ATE0')).toEqual(['ATE0', 'OK'])
  expect(network.ledger.entries().length).toBe(1)
})

test('echo on again', async () => {
  const { terminal, modem } = await ready()
  modem.echoOn()
  expect(await terminal.command('AT')).toEqual(['AT', 'OK'])
})

test('a flood comes whole and ends', async () => {
  const { terminal, modem } = await ready()
  modem.flood(100_000)
  modem.flood(100_000, false)
  modem.say('\r\nEND\r\n')
  expect((await terminal.until(/END\r\n/)).length).toBeGreaterThan(140_000)
  expect(terminal.urcs.length).toBeGreaterThan(2_000)
  expect(await terminal.command('AT')).toEqual(['OK'])
})

test('storage that says it is full refuses messages until the fault is gone', async () => {
  const { terminal, modem, network } = await ready()
  const fault = modem.fault({ kind: 'storage-full' })
  network.person(BEN).send(SIM, 'later')
  await terminal.until(/\+CIEV: 8,1\r\n/)
  fault.remove()
  modem.clearStorage('SM')
  expect(await terminal.urc()).toEqual(['+CMTI: "SM",1'])
})

test('reports get lost, come twice, and come late', async () => {
  const { terminal, network } = await ready([
    { kind: 'report', fate: 'slow', delayMs: 20 },
    { kind: 'report', fate: 'duplicate' },
    { kind: 'report', fate: 'lost' },
  ])
  // Newest first: the first report is lost, the second doubled, the third late.
  for (let n = 0; n < 3; n++) expect((await terminal.submit(HELLO))[0]).toBe(`+CMGS: ${n}`)
  const references: number[] = []
  for (let n = 0; n < 3; n++) {
    const report = decodePdu((await terminal.urc())[1] ?? '', 'mt')
    if (report.type === 'status-report') references.push(report.messageReference)
    await terminal.command('AT+CNMA=0')
  }
  expect(references).toEqual([1, 1, 2])
  expect(network.ledger.entries().map(({ reportsTaken }) => reportsTaken)).toEqual([0, 2, 1])
})
