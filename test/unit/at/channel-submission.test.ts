/**
 * What holds between AT+CMGS and its final result, against the hazards of the reference, C.2: each test carries the number of
 * the one it holds off. The rest of them is in channel.test.ts.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { query } from '../../../modem/at/command.ts'
import { Priority } from '../../../modem/at/priority.ts'
import { submitMessage } from '../../../modem/at/sms.ts'
import { Wire } from './wire.ts'

const LIMIT_MS = 2_000
const TPDU = Uint8Array.from([1, 2, 3, 4])
const LIMITS = { promptTimeoutMs: 400, timeoutMs: 400, beforeBodyTimeoutMs: 400 }

let wire: Wire
beforeEach(async () => {
  wire = await Wire.open()
})
afterEach(() => wire.close())

const run = <T>(command: Parameters<typeof wire.channel.run<T>>[0]) => wire.channel.run(command, Priority.poll)
const submit = (beforeBody?: () => Promise<void>) => run(submitMessage(TPDU, LIMITS, beforeBody))
const csq = () => query('AT+CSQ', '+CSQ:', LIMIT_MS, (text) => text)

describe('a message on its way', () => {
  test('H3 the body follows the prompt in one write, and a URC between the two changes nothing', async () => {
    const before: string[] = []
    const reference = submit(async () => {
      before.push(wire.heard)
      await wire.settled()
    })
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n>')
    wire.say(' \r\n+CMTI: "SM",4\r\n')
    await wire.hears('0001020304\x1a')
    wire.say('\r\n+CMGS: 17\r\n\r\nOK\r\n')
    await expect(reference).resolves.toBe(17)
    expect(before).toEqual(['AT+CMGS=4\r'])
    expect(wire.told.urcs.map((urc) => urc.name)).toEqual(['+CMTI:'])
  })

  test('H4 a reference that comes during resynchronisation belongs to the submission that waited for it', async () => {
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.hears('\x1a')
    await wire.hears('\x1b')
    wire.say('\r\n+CMGS: 99\r\n\r\nOK\r\n')
    await wire.answerProbe()
    await expect(reference).resolves.toBe(99)
  })

  test('H4 a submission whose final result never comes is unknown at stage body', async () => {
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.hears('\x1a')
    await wire.answerProbe()
    await expect(reference).rejects.toMatchObject({ kind: 'timeout', stage: 'body' })
  })

  test('H6 an echo is no part of an answer, is told, and does not hide the prompt', async () => {
    const quality = run(csq())
    await wire.hears('AT+CSQ\r')
    wire.say('AT+CSQ\r\r\n+CSQ: 5,99\r\n\r\nOK\r\n')
    await expect(quality).resolves.toBe('5,99')
    expect(wire.told.echoes).toBe(1)
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    wire.say('AT+CMGS=4\r\r\n> ')
    await wire.hears('\x1a')
    wire.say('0001020304\x1a\r\n+CMGS: 1\r\n\r\nOK\r\n')
    await expect(reference).resolves.toBe(1)
    expect(wire.told.urcs).toEqual([])
  })

  test('H9 an unplug ends what is in flight and what waits, with the stage reached', async () => {
    const reference = submit()
    const waiting = run(csq())
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.hears('\x1a')
    wire.unplug()
    await expect(reference).rejects.toMatchObject({ kind: 'gone', stage: 'body' })
    await expect(waiting).rejects.toMatchObject({ kind: 'gone', stage: 'queued' })
    expect(wire.told.losses).toEqual([expect.stringContaining('port: ')])
  })

  test('H12 a reference before our body was written is not ours', async () => {
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n+CMGS: 200\r\n\r\nOK\r\n')
    await wire.settled()
    wire.say('\r\n> ')
    await wire.hears('\x1a')
    wire.say('\r\n+CMGS: 7\r\n\r\nOK\r\n')
    await expect(reference).resolves.toBe(7)
  })

  test('H13 nothing but the body is written between prompt and final result', async () => {
    let journalled = () => {}
    const reference = submit(
      () =>
        new Promise((resolve) => {
          journalled = resolve
        }),
    )
    const waiting = wire.channel.run(csq(), Priority.acknowledge)
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.settled()
    expect(wire.heard).toBe('AT+CMGS=4\r')
    journalled()
    await wire.hears('\x1a')
    await wire.settled()
    expect(wire.heard).toBe('AT+CMGS=4\r0001020304\x1a')
    wire.say('\r\n+CMGS: 1\r\n\r\nOK\r\n')
    await reference
    await wire.hears('AT+CSQ\r')
    wire.say('\r\n+CSQ: 1,1\r\n\r\nOK\r\n')
    await waiting
  })

  test('H13 when no prompt comes the message is left by ESC before anything else is typed', async () => {
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    await wire.hears('\x1b')
    wire.say('\r\n> ')
    // The prompt has come after all: our ESC may have been too early for it.
    await wire.hears('\x1b')
    await wire.answerProbe()
    await expect(reference).rejects.toMatchObject({ kind: 'prompt-timeout', stage: 'command' })
    expect(wire.heard).not.toContain('\x1a')
  })

  test('H13 a journal that refuses keeps the body back', async () => {
    const reference = submit(() => Promise.reject(new Error('disk full')))
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.hears('\x1b')
    await wire.answerProbe()
    await expect(reference).rejects.toMatchObject({ kind: 'aborted', stage: 'command' })
    expect(wire.heard).not.toContain('\x1a')
  })

  test('H13 a prompt that the modem closes by itself while the journal writes gets no body', async () => {
    const reference = submit(async () => {
      wire.say('\r\nOK\r\n')
      await wire.settled()
    })
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await expect(reference).rejects.toMatchObject({ stage: 'command' })
    await wire.settled()
    expect(wire.heard).not.toContain('\x1a')
  })

  test('H14 a submission that is both accepted and refused is not known', async () => {
    const reference = submit()
    await wire.hears('AT+CMGS=4\r')
    wire.say('\r\n> ')
    await wire.hears('\x1a')
    wire.say('\r\n+CMGS: 3\r\n\r\n+CMS ERROR: 500\r\n')
    await expect(reference).rejects.toMatchObject({ kind: 'garbled', stage: 'body' })
  })
})
