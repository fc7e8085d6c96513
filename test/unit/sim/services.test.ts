/** What else the network does to a modem: USSD, calls, broadcasts, the joined memory; and the faults that need them. */
import { describe, expect, test } from 'vitest'
import { linesOf } from './terminal.ts'
import { BEN, oneModem, SIM } from './world.ts'

const MENU = {
  '*101#': { text: '1 Balance', replies: { '1': 'Balance: 5' } },
  '*1#': 'Привет',
  '*100#': { text: '1 Balance', replies: {} },
}

describe('USSD', () => {
  test('a menu waits for its reply and ends with the last word', async () => {
    const { terminal } = await oneModem({ ussd: MENU })
    await terminal.command('AT+CUSD=1,"*101#",15')
    await terminal.until(/\+CUSD: 1,"1 Balance",15\r\n/)
    await terminal.command('AT+CUSD=1,"1",15')
    await terminal.until(/\+CUSD: 0,"Balance: 5",15\r\n/)
  })

  test('a reply that no menu knows ends it, a request that nobody knows is not supported', async () => {
    const { terminal } = await oneModem({ ussd: MENU })
    await terminal.command('AT+CUSD=1,"*101#",15')
    await terminal.until(/\+CUSD: 1/)
    await terminal.command('AT+CUSD=1,"9",15')
    await terminal.until(/\+CUSD: 2\r\n/)
    await terminal.command('AT+CUSD=1,"9",15')
    await terminal.until(/\+CUSD: 4\r\n/)
  })

  test('after a cancel the next string is a request again', async () => {
    const { terminal } = await oneModem({ ussd: MENU })
    await terminal.command('AT+CUSD=1,"*101#",15')
    await terminal.until(/\+CUSD: 1/)
    await terminal.command('AT+CUSD=2')
    await terminal.command('AT+CUSD=1,"1",15')
    await terminal.until(/\+CUSD: 4\r\n/)
  })

  test('packed both ways where the family wants that, UCS-2 where the text needs it', async () => {
    const { terminal } = await oneModem({ ussd: MENU, profile: { ussdCoding: 'packed' } })
    // *100# in packed septets (23.038 §6.1.2.3), as every Huawei stick is asked.
    await terminal.command('AT+CUSD=1,"AA180C3602",15')
    expect(await terminal.until(/\+CUSD: 1,"[0-9A-F]+",15\r\n/)).toContain('31')
    await terminal.command('AT+CUSD=2')
    await terminal.command('AT+CUSD=1,"AAD808",15')
    await terminal.until(/\+CUSD: 0,"041F04400438043204350442",72\r\n/)
  })
})

describe('a call', () => {
  test('rings with its number where the TE asked for that, and is missed', async () => {
    const { modem, terminal } = await oneModem({}, ['AT+CLIP=1', 'AT+CRC=1'])
    const ended = modem.calls.ring({ from: BEN, rings: 2, everyMs: 5 })
    await terminal.until(/\+CRING: VOICE\r\n\r\n\+CLIP: "\+4915550002",145,,,,0\r\n/)
    await terminal.until(/NO CARRIER\r\n/)
    expect(await ended).toBe('missed')
  })

  test.each([
    ['AT+CHUP', 'rejected'],
    ['ATH', 'rejected'],
    ['ATA', 'answered'],
  ])('%s: %s; a second caller hears that it is busy', async (command, outcome) => {
    const { modem, terminal } = await oneModem()
    const ended = modem.calls.ring({ everyMs: 60_000 })
    await terminal.until(/\r\nRING\r\n/)
    expect(await modem.calls.ring({})).toBe('busy')
    expect(await terminal.command(command)).toEqual(['OK'])
    expect(await ended).toBe(outcome)
  })

  test('a missed one is said in the words of the family', async () => {
    const { modem, terminal } = await oneModem({ family: 'sim7600' })
    void modem.calls.ring({ from: BEN, rings: 1, everyMs: 1 })
    await terminal.until(/MISSED_CALL: 09:26AM \+4915550002\r\n/)
  })
})

describe('a cell broadcast', () => {
  test('comes page by page where <bm> is 2 and the identifier is wanted', async () => {
    const { modem, terminal } = await oneModem({}, ['AT+CNMI=2,1,2', 'AT+CSCB=0,"4370-4383",""'])
    modem.broadcast({ messageId: 50, text: 'not this' })
    modem.broadcast({ messageId: 4370, text: 'x'.repeat(100) })
    const [, first = ''] = linesOf(await terminal.until(/\+CBM: 88\r\n40001112[0-9A-F]+\r\n/))
    const [, second = ''] = linesOf(await terminal.until(/\+CBM: 88\r\n40001112[0-9A-F]+\r\n/))
    expect([first.slice(8, 12), second.slice(8, 12)]).toEqual(['0F12', '0F22'])
    expect(first).toHaveLength(176)
  })

  test('is dropped where nobody asked for it', async () => {
    const { modem, terminal } = await oneModem({}, ['AT+CNMI=2,1,0'])
    modem.broadcast({ messageId: 4370, text: 'Flood' })
    expect(await terminal.command('AT')).toEqual(['OK'])
  })
})

test('MT shows the slots of all memories, one behind the other, and deletes them where they are', async () => {
  const { modem, terminal } = await oneModem({ profile: { joinedMemory: true, memories: { SM: 2, ME: 3, SR: 5 } } })
  modem.plant('ME', '00', 2)
  modem.plant('SM', '00', 1)
  expect(await terminal.command('AT+CPMS="MT"')).toContain('+CPMS: 2,5,1,2,1,2')
  const listed = await terminal.command('AT+CMGL=4')
  expect(listed.filter((line) => line.startsWith('+CMGL'))).toEqual(['+CMGL: 1,0,,0', '+CMGL: 4,0,,0'])
  await terminal.command('AT+CMGD=4')
  expect([modem.storage('ME').used, modem.storage('SM').used]).toEqual([0, 1])
})

describe('a fault', () => {
  test.each(['reopen', 'restart', 'power'] as const)('hang: silent until %s', async (cure) => {
    const { modem, terminal } = await oneModem()
    modem.fault({ kind: 'hang', cure })
    terminal.write('AT\r')
    terminal.write('AT+CSQ\r')
    while (!modem.isHung) await new Promise((resolve) => setTimeout(resolve, 1))
    if (cure === 'reopen') terminal.close()
    else if (cure === 'restart') terminal.write('AT+CFUN=1,1\r')
    else modem.unplug({ forMs: 1 })
    while (modem.isHung) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(terminal.pending).not.toContain('+CSQ')
  })

  test('H2 late-body: the line of the PDU comes behind another', async () => {
    const { modem, network, terminal } = await oneModem({}, ['AT+CNMI=2,2'])
    modem.fault({ kind: 'late-body', delayMs: 5, lines: ['^RSSI:1'] })
    network.person(BEN).send(SIM, 'hello')
    await terminal.until(/\^RSSI:1\r\n[0-9A-F]{20,}\r\n/)
  })

  test('H16 connect: a data line until +++', async () => {
    const { modem, terminal } = await oneModem()
    modem.fault({ kind: 'connect' })
    terminal.write('AT\r')
    await terminal.until(/CONNECT 150000000\r\n/)
    terminal.write('AT+CSQ\r')
    terminal.write('+++')
    await terminal.until(/\r\nOK\r\n/)
    expect(await terminal.command('AT+CSQ')).toContain('+CSQ: 20,99')
  })

  test('answer: what a field transcript says in place of what the modem would say', async () => {
    const { modem, terminal } = await oneModem()
    modem.fault({ kind: 'answer', line: 'AT+CSQ', text: '\r\n+CSQ: 99,99\r\n\r\nOK\r\n', times: 'always' })
    expect(await terminal.command('AT+CSQ=?')).toContain('+CSQ: (0-31,99),(0-7,99)')
    expect(await terminal.command('AT+CSQ')).toContain('+CSQ: 99,99')
  })
})
