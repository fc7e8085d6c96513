/** The families' habits, as a bare terminal sees them. */
import { describe, expect, test } from 'vitest'
import { FAMILIES, familyProfile } from '../../../modem/sim/profiles.ts'
import { linesOf } from './terminal.ts'
import { BEN, newModem, newNetwork, oneModem, SIM, terminalOf } from './world.ts'

const quirks: [family: string, command: string, answer: string[]][] = [
  ['sim7600', 'AT+CNMI=2,1,2,1,0', ['+CMS ERROR: 303']],
  ['sim7600', 'AT+CNMI=2,1,2,2,0', ['OK']],
  ['sim7600', 'AT+CGMR', ['+CGMR: LE20B04SIM7600G22', 'OK']],
  ['sim7600', 'AT+CPMS="MT"', ['+CPMS: 0,63,0,40,0,40', 'OK']],
  ['a7670', 'AT+CSMS=1', ['+CMS ERROR: 303']],
  ['ec25', 'AT+QPINC="SC"', ['+QPINC: "SC",3,10', 'OK']],
  ['ec25', 'AT+QPINC?', ['+QPINC: "SC",3,10', 'OK']],
  ['ec25', 'AT+CCID', ['ERROR']],
  ['e3372', 'AT+NOSUCH', ['COMMAND NOT SUPPORT']],
  ['e3372', 'AT^CURC=0', ['OK']],
  ['e173', 'AT+CMMS=1', ['+CMS ERROR: 500']],
  ['e173', 'AT+CPMS="SM"', ['+CMS ERROR: 302']],
  ['e173', 'AT+CPMS="SM","SM","SM"', ['+CPMS: 0,20,0,20,0,20', 'OK']],
  ['e173', 'AT+CEREG?', ['COMMAND NOT SUPPORT']],
  ['sara', 'AT+CMGR=1', ['+CMS ERROR: 321']],
  ['le910', 'AT+CNMI=1,1,0,1,0', ['+CMS ERROR: 303']],
  ['le910', 'AT+CNMI=2,1,0,1,0', ['OK']],
  ['le910', 'AT#PCT', ['#PCT: 3', 'OK']],
  ['sim800', 'AT+CPMS="ME"', ['+CMS ERROR: 512']],
  ['sim800', 'AT+CMGS=999', ['+CMS ERROR: 513']],
]

describe('a family', () => {
  test.each(quirks)('%s answers %s', async (family, command, answer) => {
    // The lines that it says by itself are not what is looked at here.
    const profile = { noise: undefined, losesFirstLine: false }
    const { terminal } = await oneModem({ family, profile })
    const final = answer.at(-1) ?? ''
    terminal.write(`${command}\r`)
    expect(linesOf(await terminal.until(new RegExp(`\\r\\n${final.replace('+', '\\+')}\\r\\n`)))).toEqual(answer)
  })

  test('has only differences to the default, and says where they are known from', () => {
    for (const { why } of Object.values(FAMILIES)) expect(why).toMatch(/\[[SIVM]/)
    expect(() => familyProfile('toString')).toThrow(/no family toString; there are sim7600/)
  })
})

test('a list that hangs is not answered, and the next command is', async () => {
  const { terminal } = await oneModem({ family: 'e173', profile: { noise: undefined } })
  terminal.write('AT+CMGL=4\r')
  expect(await terminal.command('AT+CSQ')).toEqual(['+CSQ: 20,99', 'OK'])
})

test('a line that finds its speed loses the first command', async () => {
  const modem = newModem(newNetwork(), { family: 'sim800' })
  const terminal = await terminalOf(modem)
  terminal.write('AT\r')
  expect(await terminal.command('AT+CSQ')).toContain('OK')
  expect(modem.commandLines).toEqual(['AT+CSQ'])
})

test('chatter stands in front of answers and comes by itself, until the command that ends it', async () => {
  const { terminal } = await oneModem({ family: 'mf190' })
  expect(await terminal.command('AT+CSQ')).toContainEqual(expect.stringMatching(/^\+Z/))
  await terminal.until(/\+ZPASR[^\r]*\r\n/)
  await terminal.command('AT+CPMS?')
  terminal.pending = ''
  expect(await terminal.command('AT+CSQ')).toEqual(['+CSQ: 20,99', 'OK'])
})

test('lines that come unasked end as the family ends them', async () => {
  const { network, terminal } = await oneModem({ family: 'e3372', profile: { noise: undefined } }, ['AT+CNMI=2,1'])
  network.person(BEN).send(SIM, 'hello')
  await terminal.until(/\r\r\n\+CMTI: "SM",0\r\r\n/)
})

test('messages are refused until the modem says that they work', async () => {
  const modem = newModem(newNetwork(), { family: 'sim800', timing: { factor: 0.05 } })
  const terminal = await terminalOf(modem)
  modem.reboot()
  await terminal.until(/\+CPIN: READY\r\n/)
  terminal.write('AT\r')
  await terminal.command('AT+CMEE=1')
  expect(await terminal.command('AT+CPMS?')).toContain('+CMS ERROR: 512')
  while (!modem.isSmsReady) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await terminal.command('AT+CPMS?')).toContain('OK')
})

test.each([
  ['direct', 'sara', /\+CMT: /],
  ['stored', 'le910', /\+CMTI: "SM",1/],
])('a flash message is %s by %s', async (_how, family, seen) => {
  const { network, terminal } = await oneModem({ family, profile: { noise: undefined } }, ['AT+CNMI=2,1'])
  network.person(BEN).send(SIM, 'now', { messageClass: 0 })
  expect((await terminal.urc()).join('\n')).toMatch(seen)
})

test('another family in its place is empty and starts anew', async () => {
  const { modem, port } = await oneModem()
  modem.fillStorage('SM')
  await modem.become('le910')
  const terminal = await terminalOf(modem, port)
  expect(await terminal.command('AT+CGMM')).toContain('LE910C1-EU')
  expect(await terminal.command('AT+CPMS?')).toContain('+CPMS: "SM",0,25,"SM",0,25,"SM",0,25')
})
