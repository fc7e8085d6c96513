/**
 * The channel against the hazards of the reference, C.2: each test carries the number of the one it holds off. Those of a
 * message between AT+CMGS and its final result are in channel-submission.test.ts.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CHANNEL_QUEUE_MAX } from '../../../modem/at/channel.ts'
import { plainQuery, query, setting } from '../../../modem/at/command.ts'
import { registration, simState, wakeRadio } from '../../../modem/at/general.ts'
import { Priority } from '../../../modem/at/priority.ts'
import { listMessages, readMessage } from '../../../modem/at/sms.ts'
import { until, Wire } from './wire.ts'

const LIMIT_MS = 2_000
const SHORT_MS = 80
/** 25 octets behind an SCA of 7. */
const PDU = `0791132604000010${'A1'.repeat(24)}00`
/** 20 octets behind an SCA of 7. */
const OTHER_PDU = `0791132604000010${'B2'.repeat(20)}`.slice(0, 2 * (1 + 7 + 20))

let wire: Wire
beforeEach(async () => {
  wire = await Wire.open()
})
afterEach(() => wire.close())

const run = <T>(command: Parameters<typeof wire.channel.run<T>>[0]) => wire.channel.run(command, Priority.poll)
const csq = (timeoutMs = LIMIT_MS) => query('AT+CSQ', '+CSQ:', timeoutMs, (text) => text)

describe('answers', () => {
  test('a command gets its own lines, in order, without blank ones', async () => {
    const lines = run(plainQuery('AT+CGMR', LIMIT_MS))
    await wire.hears('AT+CGMR\r')
    wire.say('\r\nRevision\r\n\r\n\r\n1.0\r\n\r\nOK\r\n')
    await expect(lines).resolves.toEqual(['Revision', '1.0'])
  })

  test('the next command is written only after the final result of the one before', async () => {
    const first = run(csq())
    const second = run(setting('AT+CMEE=1', LIMIT_MS))
    await wire.hears('AT+CSQ\r')
    await wire.settled()
    expect(wire.heard).toBe('AT+CSQ\r')
    wire.say('\r\n+CSQ: 20,99\r\n\r\nOK\r\n')
    await expect(first).resolves.toBe('20,99')
    await wire.hears('AT+CMEE=1\r')
    wire.say('\r\nOK\r\n')
    await second
  })

  test('a refusal carries its code, and a garbled answer says so', async () => {
    const refused = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CME ERROR: 14\r\n')
    await expect(refused).rejects.toMatchObject({ kind: 'cme', code: 14, class: 'not-ready', stage: 'command' })
    const garbled = run(registration('+CREG:', LIMIT_MS))
    await wire.hears('AT+CREG?\r')
    wire.say('\r\nOK\r\n')
    await expect(garbled).rejects.toMatchObject({ kind: 'garbled' })
  })
})

describe('order', () => {
  test('what is urgent overtakes what waits, and sessions are not broken into', async () => {
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    const held = wire.channel.hold(Priority.poll, async (inSession) => {
      await inSession(setting('AT+A=1', LIMIT_MS))
      await inSession(setting('AT+A=2', LIMIT_MS))
    })
    const rest = [
      held.then(note('session')),
      run(setting('AT+POLL', LIMIT_MS)).then(note('poll')),
      wire.channel.run(setting('AT+SEND', LIMIT_MS), Priority.send).then(note('send')),
      wire.channel.run(setting('AT+CNMA', LIMIT_MS), Priority.acknowledge).then(note('acknowledge')),
    ]
    for (const text of ['AT+A=1', 'AT+A=2', 'AT+CNMA', 'AT+SEND', 'AT+POLL']) {
      await wire.hears(`${text}\r`)
      wire.say('\r\nOK\r\n')
    }
    await Promise.all(rest)
    expect(order).toEqual(['session', 'acknowledge', 'send', 'poll'])
  })

  test('more waiting commands than the bound are refused at once', async () => {
    const answers = Array.from({ length: CHANNEL_QUEUE_MAX + 2 }, () => run(csq()))
    await expect(answers.at(-1)).rejects.toMatchObject({ kind: 'queue-full', stage: 'queued' })
    wire.unplug()
    const results = await Promise.allSettled(answers)
    expect(results.every((result) => result.status === 'rejected')).toBe(true)
  })
})

describe('hazards', () => {
  test('H1 a URC inside a list is no part of it, and a PDU line goes to the head it belongs to', async () => {
    const listing = run(listMessages(LIMIT_MS))
    await wire.hears('AT+CMGL=4\r')
    wire.say(
      `\r\n+CMGL: 1,1,,25\r\n+CMTI: "SM",9\r\n${PDU}\r\n+CMGL: 2,0,,25\r\n\r\n+CMT: ,20\r\n${OTHER_PDU}\r\n${PDU}\r\n\r\nOK\r\n`,
    )
    expect((await listing).map(({ index, pdu, fits }) => [index, pdu, fits])).toEqual([
      [1, PDU, true],
      [2, PDU, true],
    ])
    expect(wire.told.urcs.map((urc) => [urc.name, urc.body])).toEqual([
      ['+CMTI:', undefined],
      ['+CMT:', OTHER_PDU],
    ])
  })

  test('H1 noise that no table lists between a head and its PDU line is not taken for the PDU', async () => {
    const listing = run(listMessages(LIMIT_MS))
    await wire.hears('AT+CMGL=4\r')
    wire.say(`\r\n+CMGL: 1,1,,25\r\n^NOVELTY:"LTE",52\r\n*OTHER: 1\r\n${PDU}\r\n\r\nOK\r\n`)
    expect((await listing).map(({ index, pdu, fits }) => [index, pdu, fits])).toEqual([[1, PDU, true]])
    expect(wire.told.urcs.map(({ text }) => text)).toEqual(['^NOVELTY:"LTE",52', '*OTHER: 1'])
  })

  test('H1 of two heads with bodies of one length the later one gets the next line', async () => {
    const listing = run(listMessages(LIMIT_MS))
    await wire.hears('AT+CMGL=4\r')
    const [a, b] = [PDU, PDU.replace('A1', 'C3')]
    wire.say(`\r\n+CMGL: 1,1,,25\r\n+CMT: ,25\r\n${a}\r\n${b}\r\nOK\r\n`)
    expect((await listing)[0]?.pdu).toBe(b)
    expect(wire.told.urcs[0]?.body).toBe(a)
  })

  test('H2 the PDU line of a URC may come later, behind the end of an answer', async () => {
    const quality = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CDS: 20\r\n\r\n+CSQ: 7,99\r\n\r\nOK\r\n')
    await expect(quality).resolves.toBe('7,99')
    wire.say(`\r\n${OTHER_PDU}\r\n`)
    await until(() => wire.told.urcs.length > 0)
    expect(wire.told.urcs[0]).toMatchObject({ name: '+CDS:', body: OTHER_PDU, bodyFits: true })
  })

  test('H2 a head whose line never comes is passed on without one, and a damaged line is shown as such', async () => {
    wire.say('\r\n+CMT: ,25\r\n')
    await until(() => wire.told.urcs.length > 0)
    expect(wire.told.urcs[0]).toMatchObject({ name: '+CMT:', body: undefined, bodyFits: false })
    wire.say('\r\n+CMT: ,25\r\n0791ABC\r\n')
    await until(() => wire.told.urcs.length > 1)
    expect(wire.told.urcs[1]).toMatchObject({ body: '0791ABC', bodyFits: false })
  })

  test('H4 a late answer is not credited to the next command', async () => {
    const late = run({ ...csq(SHORT_MS), retry: 'unsafe' as const })
    const next = run(query('AT+CSQ', '+CSQ:', LIMIT_MS, (text) => text))
    await wire.hears('AT+CSQ\r')
    await wire.hears('\x1b')
    wire.say('\r\n+CSQ: 1,99\r\n\r\nOK\r\n')
    await wire.hears('AT+CGSN\r')
    // A second stale OK meets the probe: without the serial number it proves nothing.
    wire.say('\r\nOK\r\n')
    await wire.settled()
    expect(wire.heard.endsWith('AT+CGSN\r')).toBe(true)
    wire.say('\r\n356938035643809\r\n\r\nOK\r\n')
    await expect(late).rejects.toMatchObject({ kind: 'timeout', stage: 'command' })
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CSQ: 2,99\r\n\r\nOK\r\n')
    await expect(next).resolves.toBe('2,99')
    expect(wire.told.resyncs).toEqual([true, false])
  })

  test('H4 a safe command is asked again once after a time-out, an unsafe one is not', async () => {
    const quality = run(csq(SHORT_MS))
    await wire.hears('AT+CSQ\r')
    await wire.answerProbe()
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CSQ: 3,99\r\n\r\nOK\r\n')
    await expect(quality).resolves.toBe('3,99')
    expect(wire.told.timeouts).toEqual(['AT+CSQ'])
  })

  test('H4 a modem that never answers is given up after the last try', async () => {
    const quality = run(csq(SHORT_MS))
    await expect(quality).rejects.toMatchObject({ kind: 'timeout' })
    expect(wire.told.losses).toEqual([expect.stringContaining('step: ')])
    await expect(run(csq())).rejects.toMatchObject({ kind: 'gone', stage: 'queued' })
  })

  test('H5 a final result inside an awaited PDU line cannot be one: it is hex', async () => {
    const reading = run(readMessage(1, LIMIT_MS))
    await wire.hears('AT+CMGR=1\r')
    wire.say(`\r\n+CMGR: 1,,25\r\n${PDU}\r\n\r\nOK\r\n`)
    await expect(reading).resolves.toMatchObject({ pdu: PDU, fits: true })
  })

  test('H7 noise and odd line ends do not disturb an answer', async () => {
    const quality = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\x00\xff\r\r\n+CSQ: 6,99\n\x00\nOK\r\r\n')
    await expect(quality).resolves.toBe('6,99')
  })

  test('H11 a boot line fails the running command and all that wait', async () => {
    const quality = run(csq())
    const waiting = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\r\nRDY\r\n')
    await expect(quality).rejects.toMatchObject({ kind: 'reset', stage: 'command' })
    await expect(waiting).rejects.toMatchObject({ kind: 'reset', stage: 'queued' })
    expect(wire.told.reboots).toEqual(['RDY'])
  })

  test('H11 a session that began before a restart does not go on after it', async () => {
    const session = wire.channel.hold(Priority.poll, async (inSession) => {
      await inSession(setting('AT+A=1', LIMIT_MS)).catch(() => {})
      await inSession(setting('AT+A=2', LIMIT_MS))
    })
    await wire.hears('AT+A=1\r')
    wire.say('\r\nRDY\r\n')
    await expect(session).rejects.toMatchObject({ kind: 'reset', stage: 'queued' })
    await wire.settled()
    expect(wire.heard).toBe('AT+A=1\r')
  })

  test('H11 +CFUN: 1 is a boot line only when nobody asked for it', async () => {
    const woken = run(wakeRadio(LIMIT_MS))
    await wire.hears('AT+CFUN=1\r')
    wire.say('\r\n+CFUN: 1\r\n\r\nOK\r\n')
    await woken
    expect(wire.told.reboots).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 520))
    wire.say('\r\n+CFUN: 1\r\n')
    await until(() => wire.told.reboots.length === 1)
  })

  test('H12 a line with the prefix of the answer but the shape of a URC is a URC', async () => {
    const stat = run(registration('+CREG:', LIMIT_MS))
    await wire.hears('AT+CREG?\r')
    wire.say('\r\n+CREG: 5\r\n\r\n+CREG: 1,"00C3","1A2B",7\r\n\r\n+CREG: 2,2\r\n\r\nOK\r\n')
    await expect(stat).resolves.toBe(2)
    expect(wire.told.urcs.map((urc) => urc.fields[0])).toEqual(['5', '1'])
    wire.say('\r\n+CPIN: NOT READY\r\n')
    await wire.settled()
    expect(wire.told.urcs.at(-1)?.name).toBe('+CPIN:')
  })

  test('H14 a second final result right behind a refusal ends no other command', async () => {
    const refused = run(setting('AT+FIRST', LIMIT_MS))
    const next = run(setting('AT+SECOND', LIMIT_MS))
    await wire.hears('AT+FIRST\r')
    wire.say('\r\n+CMS ERROR: 500\r\n')
    await expect(refused).rejects.toMatchObject({ kind: 'cms', code: 500 })
    wire.say('\r\nOK\r\n')
    await wire.hears('AT+SECOND\r')
    await wire.settled()
    wire.say('\r\nERROR\r\n')
    await expect(next).rejects.toMatchObject({ kind: 'error' })
  })

  test('H14 an OK before the line that must come first is let go by', async () => {
    const quality = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\r\nOK\r\n')
    await wire.settled()
    wire.say('\r\n+CSQ: 9,99\r\n\r\nOK\r\n')
    await expect(quality).resolves.toBe('9,99')
  })

  test('H15 a flood of octets and of lines leaves the channel usable', async () => {
    wire.say('A'.repeat(2_000_000))
    wire.say('\r\n> \r\n+X: \x00\r\n'.repeat(10_000))
    const quality = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CSQ: 8,99\r\n\r\nOK\r\n')
    await expect(quality).resolves.toBe('8,99')
  })

  test('H16 CONNECT is an error, and the data line is left before anything else is written', async () => {
    const dialled = run(setting('AT+ODD', LIMIT_MS))
    await wire.hears('AT+ODD\r')
    wire.say('\r\nCONNECT 115200\r\n')
    await wire.hears('+++')
    wire.say('\r\nOK\r\n')
    await wire.hears('ATH\r')
    wire.say('\r\nOK\r\n')
    await wire.answerProbe()
    await expect(dialled).rejects.toMatchObject({ kind: 'connect' })
  })

  test('H17 a storm of RING does not starve commands', async () => {
    const storm = setInterval(() => wire.say('\r\nRING\r\n'.repeat(50)), 1)
    try {
      for (let round = 0; round < 20; round += 1) {
        const quality = run(csq())
        await wire.hears('AT+CSQ\r')
        wire.say(`\r\n+CSQ: ${round},99\r\n\r\nOK\r\n`)
        await expect(quality).resolves.toBe(`${round},99`)
      }
    } finally {
      clearInterval(storm)
    }
  })

  test('H18 a text from the network that looks like AT lines is a URC or nothing, never an answer', async () => {
    const state = run(simState(LIMIT_MS))
    await wire.hears('AT+CPIN?\r')
    wire.say('\r\n+CUSD: 0,"\r\n+CMGS: 5\r\nAT+CMGD=1,4\r\n",15\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n')
    await expect(state).resolves.toBe('READY')
    expect(wire.heard).toBe('AT+CPIN?\r')
  })
})

describe('handshake', () => {
  test('asks until the modem answers, and waits for the answers to the tries before', async () => {
    const shaken = wire.channel.handshake(Priority.inbound)
    const next = run(csq())
    await wire.hears('\x1b\r')
    await wire.hears('AT\r')
    await wire.hears('AT\r')
    wire.say('\r\nOK\r\n\r\nOK\r\n')
    await shaken
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CSQ: 4,99\r\n\r\nOK\r\n')
    await expect(next).resolves.toBe('4,99')
  })

  test('gives up after the last try', async () => {
    await expect(wire.channel.handshake(Priority.inbound)).rejects.toMatchObject({ kind: 'timeout' })
  })
})
