/** The AT commands of the simulated modem, each through a real TCP socket: what is asked, what is answered. */
import { expect, test } from 'vitest'
import { Terminal } from './terminal.ts'
import { BEN, newModem, newNetwork, oneModem, SIM, submitHex } from './world.ts'

interface Row {
  rule: string
  before?: readonly string[]
  command: string
  answer: readonly string[]
}

const ROWS: readonly Row[] = [
  { rule: 'a bare AT is OK', command: 'AT', answer: ['OK'] },
  { rule: 'lower case is heard too', command: 'at', answer: ['OK'] },
  { rule: 'noise before AT is ignored', command: '\x1b\0xyAT', answer: ['OK'] },
  { rule: 'an unknown command is ERROR', command: 'AT+NOSUCH', answer: ['ERROR'] },
  { rule: 'basic commands stand side by side', command: 'ATE0V1&C1', answer: ['OK'] },
  {
    rule: 'extended ones are parted by semicolons',
    command: 'AT+CMEE?;+CMGF?',
    answer: ['+CMEE: 1', '+CMGF: 0', 'OK'],
  },
  { rule: 'a line ends at its first failure', command: 'AT+CMGF=7;+CMEE=0', answer: ['+CMS ERROR: 303'] },
  { rule: 'a semicolon in quotes parts nothing', command: 'AT+CSCS="a;b"', answer: ['+CME ERROR: 3'] },
  { rule: 'CGMI', command: 'AT+CGMI', answer: ['Causeway', 'OK'] },
  { rule: 'CGMM', command: 'AT+CGMM', answer: ['SIM-1', 'OK'] },
  { rule: 'CGMR', command: 'AT+CGMR', answer: ['SIM1R01', 'OK'] },
  { rule: 'CGSN', command: 'AT+CGSN', answer: ['860004915550001', 'OK'] },
  { rule: 'CIMI', command: 'AT+CIMI', answer: ['262994915550001', 'OK'] },
  { rule: 'CCID', command: 'AT+CCID', answer: ['+CCID: 8949299004915550001', 'OK'] },
  { rule: 'CNUM', command: 'AT+CNUM', answer: [`+CNUM: ,"${SIM}",145`, 'OK'] },
  { rule: 'ATI', command: 'ATI', answer: ['Causeway SIM-1', 'Revision: SIM1R01', 'OK'] },
  { rule: 'CMEE is tested', command: 'AT+CMEE=?', answer: ['+CMEE: (0-2)', 'OK'] },
  { rule: 'CMEE 0 hides equipment errors', before: ['AT+CMEE=0'], command: 'AT+CFUN=9', answer: ['ERROR'] },
  { rule: 'CMEE 0 keeps message errors', before: ['AT+CMEE=0'], command: 'AT+CMGR=999', answer: ['+CMS ERROR: 321'] },
  {
    rule: 'CMEE 2 says it in words',
    before: ['AT+CMEE=2'],
    command: 'AT+CMGR=999',
    answer: ['+CMS ERROR: invalid memory index'],
  },
  { rule: 'CPIN of an open SIM', command: 'AT+CPIN?', answer: ['+CPIN: READY', 'OK'] },
  { rule: 'CFUN', command: 'AT+CFUN?', answer: ['+CFUN: 1', 'OK'] },
  { rule: 'CREG', command: 'AT+CREG?', answer: ['+CREG: 0,1', 'OK'] },
  {
    rule: 'CEREG with location',
    before: ['AT+CEREG=2'],
    command: 'AT+CEREG?',
    answer: ['+CEREG: 2,1,"1A2B","01C3D4E5",7', 'OK'],
  },
  { rule: 'CFUN 4 ends registration', before: ['AT+CFUN=4'], command: 'AT+CGREG?', answer: ['+CGREG: 0,0', 'OK'] },
  { rule: 'COPS names the operator', command: 'AT+COPS?', answer: ['+COPS: 0,0,"Causeway Simulated",7', 'OK'] },
  {
    rule: 'COPS in numbers',
    before: ['AT+COPS=3,2'],
    command: 'AT+COPS?',
    answer: ['+COPS: 0,2,"26299",7', 'OK'],
  },
  { rule: 'CSQ', command: 'AT+CSQ', answer: ['+CSQ: 20,99', 'OK'] },
  { rule: 'CSCA', command: 'AT+CSCA?', answer: ['+CSCA: "+4915550000",145', 'OK'] },
  {
    rule: 'CSCA is set',
    before: ['AT+CSCA="+123456",145'],
    command: 'AT+CSCA?',
    answer: ['+CSCA: "+123456",145', 'OK'],
  },
  { rule: 'CSMS is tested', command: 'AT+CSMS=?', answer: ['+CSMS: (0,1)', 'OK'] },
  { rule: 'CSMS is set', command: 'AT+CSMS=1', answer: ['+CSMS: 1,1,1', 'OK'] },
  { rule: 'CSMS is kept', before: ['AT+CSMS=1'], command: 'AT+CSMS?', answer: ['+CSMS: 1,1,1,1', 'OK'] },
  { rule: 'CMGF is tested', command: 'AT+CMGF=?', answer: ['+CMGF: (0,1)', 'OK'] },
  { rule: 'text mode reads nothing', before: ['AT+CMGF=1'], command: 'AT+CMGL=4', answer: ['+CMS ERROR: 303'] },
  {
    rule: 'CPMS is tested',
    command: 'AT+CPMS=?',
    answer: ['+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")', 'OK'],
  },
  {
    rule: 'CPMS shows what is chosen',
    command: 'AT+CPMS?',
    answer: ['+CPMS: "SM",0,20,"SM",0,20,"SM",0,20', 'OK'],
  },
  { rule: 'CPMS sets all three', command: 'AT+CPMS="ME","SM","ME"', answer: ['+CPMS: 0,50,0,20,0,50', 'OK'] },
  {
    rule: 'CPMS with one argument leaves the others',
    before: ['AT+CPMS="ME"'],
    command: 'AT+CPMS?',
    answer: ['+CPMS: "ME",0,50,"SM",0,20,"SM",0,20', 'OK'],
  },
  { rule: 'reports are not received into SR by CPMS', command: 'AT+CPMS="SM","SM","SR"', answer: ['+CMS ERROR: 302'] },
  { rule: 'CPMS refuses what is not there', command: 'AT+CPMS="XX"', answer: ['+CMS ERROR: 302'] },
  {
    rule: 'CNMI is tested',
    command: 'AT+CNMI=?',
    answer: ['+CNMI: (0,1,2,3),(0,1,2,3),(0,2),(0,1,2),(0,1)', 'OK'],
  },
  { rule: 'CNMI is set', before: ['AT+CNMI=2,1,0,1,0'], command: 'AT+CNMI?', answer: ['+CNMI: 2,1,0,1,0', 'OK'] },
  {
    rule: 'CNMI keeps what is left out',
    before: ['AT+CNMI=2,1,0,1,0', 'AT+CNMI=1,,,2'],
    command: 'AT+CNMI?',
    answer: ['+CNMI: 1,1,0,2,0', 'OK'],
  },
  { rule: 'CNMI refuses what it did not offer', command: 'AT+CNMI=2,1,1,1,0', answer: ['+CMS ERROR: 303'] },
  { rule: 'CMMS', before: ['AT+CMMS=2'], command: 'AT+CMMS?', answer: ['+CMMS: 2', 'OK'] },
  { rule: 'CNMA without need', command: 'AT+CNMA=0', answer: ['+CMS ERROR: 340'] },
  { rule: 'CMGR of an empty slot', command: 'AT+CMGR=3', answer: ['OK'] },
  { rule: 'CMGR outside the memory', command: 'AT+CMGR=21', answer: ['+CMS ERROR: 321'] },
  { rule: 'CMGL of nothing', command: 'AT+CMGL=4', answer: ['OK'] },
  { rule: 'CMGD of an empty slot', command: 'AT+CMGD=3', answer: ['OK'] },
  { rule: 'CMGD outside the memory', command: 'AT+CMGD=0', answer: ['+CMS ERROR: 321'] },
  { rule: 'CMGS with an impossible length', command: 'AT+CMGS=200', answer: ['+CMS ERROR: 304'] },
  { rule: 'CMGS without one', command: 'AT+CMGS', answer: ['+CMS ERROR: 304'] },
  { rule: 'CLIP is kept', before: ['AT+CLIP=1'], command: 'AT+CLIP?', answer: ['+CLIP: 1', 'OK'] },
  { rule: 'too long a line is ERROR', command: `AT+${'X'.repeat(5000)}`, answer: ['ERROR'] },
]

test.each(ROWS)('$rule: $command', async ({ before = [], command, answer }) => {
  const { terminal } = await oneModem({}, before)
  // A line that overflows is answered before its end, which is noise then.
  expect(await terminal.command(command)).toEqual(answer)
})

test('with echo on, the command comes back before its answer', async () => {
  const { terminal } = await oneModem({}, ['ATE1'])
  expect(await terminal.command('AT+CSQ')).toEqual(['AT+CSQ', '+CSQ: 20,99', 'OK'])
})

test('with ATV0, answers are short', async () => {
  const { terminal } = await oneModem()
  terminal.write('ATV0\rAT+CSQ\rAT+NOSUCH\r')
  expect(await terminal.until(/4\r/)).toBe('0\r+CSQ: 20,99\r\n0\r4\r')
})

test('a submission gets the next TP-MR, which goes on after 255 with 0', async () => {
  const { terminal, network } = await oneModem()
  network.person(BEN)
  const seen: (string | undefined)[] = []
  for (let n = 0; n < 258; n++) seen.push((await terminal.submit(submitHex(BEN, 'n')))[0])
  expect(seen.slice(0, 2)).toEqual(['+CMGS: 0', '+CMGS: 1'])
  expect(seen.slice(254)).toEqual(['+CMGS: 254', '+CMGS: 255', '+CMGS: 0', '+CMGS: 1'])
})

test('ESC at the prompt gives the submission up, and nothing is sent', async () => {
  const { terminal, network } = await oneModem()
  terminal.write('AT+CMGS=20\r')
  expect(await terminal.until(/> /)).toBe('\r\n> ')
  terminal.write('0011\x1b')
  expect(await terminal.until(/OK\r\n/)).toBe('\r\nOK\r\n')
  expect(network.ledger.entries()).toEqual([])
})

test('what is written before the prompt shows is lost, and a command at the prompt becomes body', async () => {
  const { terminal, network } = await oneModem()
  terminal.write('AT+CMGS=20\rAT\r')
  await terminal.until(/> /)
  terminal.write('AT\r\x1a')
  expect(await terminal.until(/ERROR[^\r]*\r\n/)).toBe('\r\n+CMS ERROR: 304\r\n')
  expect(network.ledger.entries()).toEqual([])
  expect(await terminal.command('AT')).toEqual(['OK'])
})

test.each([
  ['another length than announced', '0011000B914'],
  ['a letter that is no hex digit', `${submitHex(BEN, 'hello').slice(0, -1)}G`],
])('a body with %s is +CMS ERROR: 304', async (_, body) => {
  const { terminal, network } = await oneModem()
  terminal.write(`AT+CMGS=${submitHex(BEN, 'hello').length / 2 - 1}\r`)
  await terminal.until(/> /)
  terminal.write(`${body}\x1a`)
  expect(await terminal.until(/ERROR[^\r]*\r\n/)).toBe('\r\n+CMS ERROR: 304\r\n')
  expect(network.ledger.entries()).toEqual([])
})

test('a TPDU that is no SMS-SUBMIT is refused by the network', async () => {
  const { terminal } = await oneModem()
  expect(await terminal.submit('00FFFFFFFF')).toEqual(['+CMS ERROR: 95'])
})

test('CMGW keeps a message in the memory chosen for writing', async () => {
  const { terminal, modem } = await oneModem({}, ['AT+CPMS="SM","ME","SM"'])
  const pdu = submitHex(BEN, 'draft')
  terminal.write(`AT+CMGW=${pdu.length / 2 - 1}\r`)
  await terminal.until(/> /)
  terminal.write(`${pdu}\x1a`)
  expect(await terminal.until(/OK\r\n/)).toBe('\r\n+CMGW: 1\r\n\r\nOK\r\n')
  expect(modem.storage('ME').slots()).toEqual([{ index: 1, state: 2, pduHex: pdu }])
})

test('CMGL lists by state, reading makes read, CMGD empties by flag', async () => {
  const { terminal, modem } = await oneModem({ profile: { firstSlot: 0 } })
  modem.plant('SM', '0001AA')
  modem.plant('SM', '0001BB')
  modem.storage('SM').put(7, '0001CC', 3)
  expect(await terminal.command('AT+CMGR=0')).toEqual(['+CMGR: 0,,2', '0001AA', 'OK'])
  expect(await terminal.command('AT+CMGL=0')).toEqual(['+CMGL: 1,0,,2', '0001BB', 'OK'])
  expect(await terminal.command('AT+CMGL=4')).toEqual([
    ...['+CMGL: 0,1,,2', '0001AA', '+CMGL: 1,1,,2', '0001BB', '+CMGL: 7,3,,2', '0001CC'],
    'OK',
  ])
  expect(await terminal.command('AT+CMGD=?')).toEqual(['+CMGD: (0,1,7),(0-4)', 'OK'])
  expect(await terminal.command('AT+CMGD=0,1')).toEqual(['OK'])
  expect(
    modem
      .storage('SM')
      .slots()
      .map(({ index }) => index),
  ).toEqual([7])
  expect(await terminal.command('AT+CMGD=0,4')).toEqual(['OK'])
  expect(modem.storage('SM').used).toBe(0)
})

test('octets of any kind come out of a slot as they were put in', async () => {
  const { terminal, modem } = await oneModem()
  modem.plant('SM', 'ZZ')
  modem.plant('SM', '')
  modem.plant('SM', 'FF')
  expect(await terminal.command('AT+CMGL=4')).toEqual([
    ...['+CMGL: 1,0,,0', 'ZZ', '+CMGL: 2,0,,0', '+CMGL: 3,0,,0', 'FF'],
    'OK',
  ])
})

test('a locked SIM refuses messages, counts tries and opens for the right PIN', async () => {
  const { terminal, network } = await oneModem({ pin: '1234' })
  expect(await terminal.command('AT+CPIN?')).toEqual(['+CPIN: SIM PIN', 'OK'])
  expect(await terminal.command('AT+CIMI')).toEqual(['+CME ERROR: 11'])
  expect(await terminal.command('AT+CMGL=4')).toEqual(['+CMS ERROR: 311'])
  expect(await terminal.command('AT+CREG?')).toEqual(['+CREG: 0,0', 'OK'])
  expect(await terminal.command('AT+CPIN="0000"')).toEqual(['+CME ERROR: 16'])
  expect(await terminal.command('AT+CPINR')).toEqual(['+CPINR: SIM PIN,2,3', '+CPINR: SIM PUK,10,10', 'OK'])
  await terminal.command('AT+CNMI=2,1,0,0,0')
  network.person(BEN).send(SIM, 'while it is locked')
  expect(await terminal.command('AT+CPIN="1234"')).toEqual(['OK'])
  expect(await terminal.command('AT+CREG?')).toEqual(['+CREG: 0,1', 'OK'])
})

test('three wrong PINs ask for the PUK, which sets a new PIN', async () => {
  const { terminal } = await oneModem({ pin: '1234', puk: '87654321' })
  for (const wrong of ['1', '2']) expect(await terminal.command(`AT+CPIN="${wrong}"`)).toEqual(['+CME ERROR: 16'])
  expect(await terminal.command('AT+CPIN="3"')).toEqual(['+CME ERROR: 12'])
  expect(await terminal.command('AT+CPIN?')).toEqual(['+CPIN: SIM PUK', 'OK'])
  expect(await terminal.command('AT+CPIN="1234"')).toEqual(['+CME ERROR: 12'])
  expect(await terminal.command('AT+CPIN="87654321","4321"')).toEqual(['OK'])
  expect(await terminal.command('AT+CPIN?')).toEqual(['+CPIN: READY', 'OK'])
})

test('a restart by CFUN=1,1 loses all settings and says its boot lines', async () => {
  const { terminal } = await oneModem({}, ['AT+CSMS=1', 'AT+CNMI=2,1,0,1,0', 'AT+CPMS="ME","ME","ME"'])
  expect(await terminal.command('AT+CFUN=1,1')).toEqual(['OK'])
  await terminal.until(/PB DONE\r\n/)
  expect(await terminal.command('ATE0')).toEqual(['ATE0', 'OK'])
  expect(await terminal.command('AT+CNMI?')).toEqual(['+CNMI: 0,0,0,0,0', 'OK'])
  expect(await terminal.command('AT+CSMS?')).toEqual(['+CSMS: 0,1,1,1', 'OK'])
  expect(await terminal.command('AT+CPMS?')).toEqual(['+CPMS: "SM",0,20,"SM",0,20,"SM",0,20', 'OK'])
})

test('USSD: OK first, the answer as +CUSD', async () => {
  const { terminal } = await oneModem({ ussd: { '*101#': 'You have 3 EUR' } })
  expect(await terminal.command('AT+CUSD=1,"*101#",15')).toEqual(['OK'])
  expect(await terminal.until(/\+CUSD[^\r]*\r\n/)).toBe('\r\n+CUSD: 0,"You have 3 EUR",15\r\n')
  expect(await terminal.command('AT+CUSD=1,"*999#",15')).toEqual(['OK'])
  expect(await terminal.until(/\+CUSD[^\r]*\r\n/)).toBe('\r\n+CUSD: 4\r\n')
})

test('a modem without CSMS=1, CMMS and ds=1 says so', async () => {
  const { terminal } = await oneModem({
    profile: {
      csms1: false,
      cmms: false,
      cnmi: { mode: [2], mt: [0, 1], bm: [0], ds: [0, 2], bfr: [1] },
      emptySlot: 'error',
    },
  })
  expect(await terminal.command('AT+CSMS=?')).toEqual(['+CSMS: (0)', 'OK'])
  expect(await terminal.command('AT+CSMS=1')).toEqual(['+CMS ERROR: 303'])
  expect(await terminal.command('AT+CMMS=1')).toEqual(['+CMS ERROR: 303'])
  expect(await terminal.command('AT+CNMI=2,1,0,1,0')).toEqual(['+CMS ERROR: 303'])
  expect(await terminal.command('AT+CNMI=2,1,0,2,1')).toEqual(['OK'])
  expect(await terminal.command('AT+CMGR=1')).toEqual(['+CMS ERROR: 321'])
})

test('in-process the same commands are answered', async () => {
  const modem = newModem(newNetwork())
  const terminal = new Terminal(modem.connect())
  expect(await terminal.command('ATE0')).toEqual(['ATE0', 'OK'])
  expect(await terminal.command('AT+CGMM')).toEqual(['SIM-1', 'OK'])
  expect(() => modem.connect()).toThrow('somebody else is attached')
  modem.unplug()
  await terminal.closed()
  expect(() => modem.connect()).toThrow('unplugged')
})

test('one client at a time; the next one is let in when the first has gone', async () => {
  const { terminal, port } = await oneModem()
  const second = await Terminal.overTcp(port)
  await second.closed()
  terminal.close()
  const third = await Terminal.overTcp(port)
  expect(await third.command('AT')).toEqual(['OK'])
  third.close()
})
