/** USSD sessions on a modem that answers as families do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UssdError } from '../../../modem/contract.ts'
import type { Modem } from '../../../modem/modem.ts'
import { decodeUssd, encodeUssd, isUssdText } from '../../../modem/ussd-text.ts'
import { makeModem, RecordingSink, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

const peer = new ScriptedModem()
let modem: Modem
/** AT+CUSD=1,… → the answer that follows the OK; null: refused. */
let network: (command: string) => string | null

beforeEach(async () => {
  peer.heard.length = 0
  network = () => '+CUSD: 0,"Balance: 12.34 EUR",15'
  peer.reaction = (command) => {
    if (command.startsWith('AT+CUSD=2')) return '\r\nOK\r\n'
    if (!command.startsWith('AT+CUSD=1,')) return undefined
    const answer = network(command)
    return answer === null ? '\r\n+CME ERROR: 100\r\n' : `\r\nOK\r\n\r\n${answer}\r\n`
  }
  await peer.listen()
  modem = makeModem(peer.port, new RecordingSink())
  modem.start()
  await untilState(modem, 'ready')
})
afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

const asked = () => peer.heard.filter((line) => line.startsWith('AT+CUSD=1,')).map((line) => line.slice(10))
async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await action)
  } catch (error) {
    return error instanceof UssdError ? error.code : String(error)
  }
}

describe('a session', () => {
  test('asks, and is over with the answer', async () => {
    expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'Balance: 12.34 EUR' })
    expect(asked()).toEqual(['"*100#",15'])
    expect(await codeOf(modem.replyUssd('1'))).toBe('no-session')
  })

  test('goes on with replies while the network wants them, over menus of several lines', async () => {
    const menu = '+CUSD: 1,"Menu\r\n1 Balance\r\nOK\r\n+CREG: 0\r\n2 "Top" up",15'
    network = (command) => (command.includes('*100#') ? menu : '+CUSD: 0,"You have 5",15')
    expect(await modem.ussd('*100#')).toEqual({
      status: 'reply-wanted',
      text: 'Menu\n1 Balance\nOK\n+CREG: 0\n2 "Top" up',
    })
    expect(await codeOf(modem.ussd('*101#'))).toBe('busy')
    expect(await modem.replyUssd('1')).toEqual({ status: 'done', text: 'You have 5' })
    expect(asked()).toEqual(['"*100#",15', '"1",15'])
    // The lines of the menu were nobody else's: the channel is in step.
    expect(await modem.command('AT+CGMI', 500)).toEqual(['Scripted'])
  })

  test('is ended by whoever asked for it', async () => {
    network = () => '+CUSD: 1,"More?",15'
    await modem.ussd('*100#')
    await modem.cancelUssd()
    expect(peer.count('AT+CUSD=2')).toBe(1)
    expect(await codeOf(modem.replyUssd('1'))).toBe('no-session')
    await modem.cancelUssd()
    expect(peer.count('AT+CUSD=2')).toBe(1)
  })

  test('is ended when nobody replies in time, or by the network meanwhile', async () => {
    network = () => '+CUSD: 1,"More?",15'
    await modem.ussd('*100#')
    await until(() => peer.count('AT+CUSD=2') === 1)
    await modem.ussd('*100#')
    peer.say('\r\n+CUSD: 2\r\n')
    while ((await codeOf(modem.replyUssd('1'))) !== 'no-session') await modem.cancelUssd()
  })

  test.each([
    ['+CUSD: 2,"Bye",15', 'ended-by-network', 'Bye'],
    ['+CUSD: 2', 'ended-by-network', undefined],
    ['+CUSD: 3', 'answered-elsewhere', undefined],
    ['+CUSD: 4', 'not-supported', undefined],
    ['+CUSD: 5', 'network-timeout', undefined],
    ['+CUSD: 0', 'done', undefined],
    ['+CUSD:0,"",15', 'done', undefined],
    ['+CUSD: 0,no quotes,15', 'done', 'no quotes'],
  ])('%j means %s', async (line, status, text) => {
    network = () => line
    expect(await modem.ussd('*100#')).toEqual({ status, text })
  })

  test('takes an answer that comes before the OK', async () => {
    const before = peer.reaction
    peer.reaction = (command, self) =>
      command.startsWith('AT+CUSD=1,') ? '\r\n+CUSD: 0,"early",15\r\n\r\nOK\r\n' : before(command, self)
    expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'early' })
    expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'early' })
  })

  test('without an answer ends in time, and asks nothing again by itself', async () => {
    network = () => ''
    expect(await codeOf(modem.ussd('*100#'))).toBe('timeout')
    await until(() => peer.count('AT+CUSD=2') === 1)
    expect(asked()).toHaveLength(1)
    network = () => '+CUSD: 0,"back",15'
    expect(await modem.ussd('*100#')).toMatchObject({ text: 'back' })
  })

  test('is cut off when the modem is unplugged', async () => {
    network = () => ''
    const asking = codeOf(modem.ussd('*100#'))
    await until(() => asked().length === 1)
    await peer.unplug()
    expect(await asking).toBe('interrupted')
    expect(await codeOf(modem.ussd('*100#'))).toBe('unavailable')
  })

  test('a question that nobody had asked for is declined, and disturbs no later session', async () => {
    peer.say('\r\n+CUSD: 1,"Buy a ringtone?",15\r\n')
    await until(() => peer.count('AT+CUSD=2') === 1)
    peer.say('\r\n+CUSD: 0,"Advertisement",15\r\n')
    await modem.command('AT+CGMI', 500)
    expect(await modem.ussd('*100#')).toMatchObject({ text: 'Balance: 12.34 EUR' })
  })

  test('refuses what would leave the command line, or is too long', async () => {
    for (const text of ['', 'x'.repeat(183), 'ж'.repeat(81)]) expect(await codeOf(modem.ussd(text))).toBe('invalid')
    network = (command) =>
      command.endsWith(',15') && command.includes('*100#') ? '+CUSD: 1,"?",15' : '+CUSD: 0,"ok",15'
    await modem.ussd('*100#')
    await modem.replyUssd('"\r\nATD112;\u001a')
    expect(asked().at(-1)).toMatch(/^"[0-9A-F]+",\d+$/)
  })
})

describe('ways to write the string', () => {
  test('are tried in order until the modem takes one, which is remembered', async () => {
    network = (command) => (/"[0-9A-F]{8,}",15$/.test(command) ? '+CUSD: 0,"C2303BEC1E9775201A",15' : null)
    expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'Balance: 4' })
    await modem.ussd('*101#')
    expect(asked()).toEqual(['"*100#",15', '"AA180C3602",15', '"AA182C3602",15'])
  })

  test('end with UCS-2', async () => {
    network = (command) => (command.endsWith(',72') ? '+CUSD: 0,"04110430043B0430043D0441",72' : null)
    expect(await modem.ussd('*100#')).toEqual({ status: 'done', text: 'Баланс' })
    expect(asked()).toEqual(['"*100#",15', '"AA180C3602",15', '"002A0031003000300023",72'])
  })

  test('all refused: the modem’s word is passed on', async () => {
    network = () => null
    expect(await codeOf(modem.ussd('*100#'))).toBe('refused')
    expect(asked()).toHaveLength(3)
  })

  test('are not tried where the network or the SIM is missing', async () => {
    const before = peer.reaction
    peer.reaction = (command, self) =>
      command.startsWith('AT+CUSD=1,') ? '\r\n+CME ERROR: 30\r\n' : before(command, self)
    expect(await codeOf(modem.ussd('*100#'))).toBe('refused')
    expect(asked()).toHaveLength(1)
  })

  test.each([
    ['*100#', 'AA180C3602'],
    // Seven septets would leave room that reads as @: a CR fills it.
    ['*#1234#', 'AA514C36A38D1A'],
  ])('%s is packed as %s and read again', (text, hex) => {
    expect(encodeUssd(text, 'packed', 'IRA')).toBe(hex)
    expect(decodeUssd(hex, 15, 'packed', 'IRA')).toBe(text)
  })

  test('texts survive each coding that takes them, whatever the length', () => {
    for (let length = 1; length <= 182; length += 1) {
      const text = 'aB3#xyz '.repeat(23).slice(0, length).replace(/ $/, 'q')
      for (const coding of ['plain', 'packed', 'ucs2'] as const) {
        const encoded = encodeUssd(text, coding, 'IRA')
        if (encoded === undefined) expect([coding, length > 80]).toEqual(['ucs2', true])
        else expect(decodeUssd(encoded, coding === 'ucs2' ? 72 : 15, coding, 'IRA')).toBe(text)
      }
    }
    expect(isUssdText('1\n2')).toBe(true)
  })

  test('an answer’s coding is seen from its shape where the modem does not keep to one', () => {
    expect(decodeUssd('12345678', 15, 'plain', 'IRA')).toBe('12345678')
    expect(decodeUssd('AA180C3602', 15, 'plain', 'IRA')).toBe('*100#')
    expect(decodeUssd('00480069', 15, 'plain', 'UCS2')).toBe('Hi')
    expect(decodeUssd('00480069', 0x48, 'plain', 'IRA')).toBe('Hi')
    expect(decodeUssd('656E00480069', 0x11, 'plain', 'IRA')).toBe('Hi')
    expect(decodeUssd('Cr\xc3\xa9dit', 15, 'plain', 'IRA')).toBe('Crédit')
    expect(decodeUssd('Cr\xe9dit', 15, 'plain', 'IRA')).toBe('Crédit')
    expect(decodeUssd('CAFE', 0x44, 'plain', 'IRA')).toBe('CAFE')
  })
})
