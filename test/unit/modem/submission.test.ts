/** What goes out: the stage of every failure is exactly how far it got. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ModemSubmitError } from '../../../modem/contract.ts'
import type { Modem } from '../../../modem/modem.ts'
import { makeModem, RecordingSink, SUBMIT, until, untilState } from './bench.ts'
import { ScriptedModem } from './scripted-modem.ts'

const BODY = `BODY 00${Buffer.from(SUBMIT).toString('hex').toUpperCase()}`
const COMMAND = `AT+CMGS=${SUBMIT.length}`
const LAST = { moreToFollow: false }

let peer: ScriptedModem
let modem: Modem

beforeEach(async () => {
  peer = new ScriptedModem()
  await peer.listen()
  modem = makeModem(peer.port, new RecordingSink())
  modem.start()
  await untilState(modem, 'ready')
  peer.heard.length = 0
})
afterEach(async () => {
  await modem.stop()
  await peer.unplug()
})

const bodies = () => peer.heard.filter((text) => text.startsWith('BODY'))

/** The error of a submission that must fail, with nothing but the one error type. */
async function failure(submission: Promise<unknown>): Promise<{ stage: string; code: string }> {
  const error = await submission.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ModemSubmitError)
  if (!(error instanceof ModemSubmitError)) throw new Error('it succeeded')
  return { stage: error.stage, code: error.code }
}

test('the journal is awaited after the prompt and before the first octet of the body', async () => {
  const steps: string[] = []
  await modem.submit(SUBMIT, {
    moreToFollow: false,
    beforeBody: async () => {
      steps.push(peer.heard.at(-1) ?? '')
      await new Promise((resolve) => setTimeout(resolve, 20))
      steps.push(`bodies: ${bodies().length}`)
    },
  })
  expect(steps).toEqual([COMMAND, 'bodies: 0'])
  expect(bodies()).toEqual([BODY])
})

test('the link is held while more is to follow, and let go after the last', async () => {
  await modem.submit(SUBMIT, { moreToFollow: true })
  await modem.submit(SUBMIT, { moreToFollow: true })
  await modem.submit(SUBMIT, LAST)
  await until(() => peer.count('AT+CMMS=0') === 1)
  expect(peer.heard).toEqual(['AT+CMMS=2', COMMAND, BODY, COMMAND, BODY, COMMAND, BODY, 'AT+CMMS=0'])
})

test('a modem that cannot hold the link sends all the same, and is not asked again', async () => {
  peer.reaction = (text) => (text.startsWith('AT+CMMS') ? '\r\n+CMS ERROR: 500\r\n' : undefined)
  await modem.submit(SUBMIT, { moreToFollow: true })
  await modem.submit(SUBMIT, LAST)
  expect(peer.count('AT+CMMS=2')).toBe(1)
  expect(bodies()).toHaveLength(2)
})

describe('refused', () => {
  test.each([
    ['by the network after the body', '\r\n+CMS ERROR: 38\r\n', 'cms-38'],
    ['by the modem after the body', '\r\n+CME ERROR: 14\r\n', 'cme-14'],
    ['without a reason', '\r\nERROR\r\n', 'error'],
  ])('%s', async (_name, answer, code) => {
    peer.onBody = () => answer
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'refused', code })
    peer.onBody = () => '\r\n+CMGS: 9\r\n\r\nOK\r\n'
    await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 9 })
  })

  test('in place of the prompt', async () => {
    peer.reaction = (text) => (text === COMMAND ? '\r\n+CMS ERROR: 310\r\n' : undefined)
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'refused', code: 'cms-310' })
    expect(bodies()).toEqual([])
  })
})

describe('not sent', () => {
  test('when the modem is not ready', async () => {
    peer.say('\r\n+CREG: 2\r\n')
    await untilState(modem, 'searching')
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'not-sent', code: 'unavailable' })
    expect(peer.heard).toEqual([])
  })

  test('when no prompt comes, after one more try', async () => {
    peer.reaction = (text) => (text === COMMAND ? null : undefined)
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'not-sent', code: 'prompt-timeout' })
    expect(peer.count(COMMAND)).toBe(2)
    expect(bodies()).toEqual([])
  })

  test('when only the first prompt is lost, the second try goes through', async () => {
    let lost = 1
    peer.reaction = (text) => (text === COMMAND && lost-- > 0 ? null : undefined)
    await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 1 })
  })

  test('when the journal refuses', async () => {
    const submission = modem.submit(SUBMIT, { ...LAST, beforeBody: () => Promise.reject(new Error('disk full')) })
    expect(await failure(submission)).toEqual({ stage: 'not-sent', code: 'unavailable' })
    expect(bodies()).toEqual([])
    await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 1 })
  })

  test('when the journal takes too long', async () => {
    await modem.stop()
    modem = makeModem(peer.port, new RecordingSink(), { timings: { beforeBodyTimeoutMs: 50 } })
    modem.start()
    await untilState(modem, 'ready')
    const submission = modem.submit(SUBMIT, { ...LAST, beforeBody: () => new Promise(() => {}) })
    expect(await failure(submission)).toEqual({ stage: 'not-sent', code: 'unavailable' })
    expect(bodies()).toEqual([])
  })

  test('when unplugged before the prompt', async () => {
    peer.reaction = (text) => {
      if (text === COMMAND) void peer.unplug()
      return text === COMMAND ? null : undefined
    }
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'not-sent', code: 'gone' })
  })

  test('when unplugged while the journal writes', async () => {
    const submission = modem.submit(SUBMIT, {
      ...LAST,
      beforeBody: async () => {
        await peer.unplug()
        await untilState(modem, 'absent')
      },
    })
    expect(await failure(submission)).toEqual({ stage: 'not-sent', code: 'gone' })
    expect(bodies()).toEqual([])
  })

  test('when the modem restarts while the journal writes', async () => {
    const submission = modem.submit(SUBMIT, {
      ...LAST,
      beforeBody: async () => {
        peer.say('\r\nRDY\r\n')
        await untilState(modem, 'starting')
      },
    })
    expect(await failure(submission)).toEqual({ stage: 'not-sent', code: 'reset' })
    await untilState(modem, 'ready')
    expect(modem.transcript(false)).not.toContain(BODY.slice('BODY '.length))
  })

  test('while it still waits for its turn', async () => {
    peer.onBody = () => null
    const first = failure(modem.submit(SUBMIT, LAST))
    const second = failure(modem.submit(SUBMIT, LAST))
    await until(() => bodies().length === 1)
    await peer.unplug()
    expect(await first).toEqual({ stage: 'unknown', code: 'gone' })
    expect(await second).toEqual({ stage: 'not-sent', code: 'gone' })
  })

  test('a TPDU that no network takes', async () => {
    expect(await failure(modem.submit(new Uint8Array(165), LAST))).toMatchObject({ stage: 'not-sent' })
    expect(await failure(modem.submit(new Uint8Array(0), LAST))).toMatchObject({ stage: 'not-sent' })
    expect(peer.heard).toEqual([])
  })
})

describe('unknown', () => {
  test('when no final result comes; it is never sent again by itself', async () => {
    peer.onBody = () => null
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'unknown', code: 'timeout' })
    expect(bodies()).toEqual([BODY])
    peer.onBody = () => '\r\n+CMGS: 2\r\n\r\nOK\r\n'
    await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 2 })
  })

  test('when unplugged after the body', async () => {
    peer.onBody = () => {
      void peer.unplug()
      return null
    }
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'unknown', code: 'gone' })
  })

  test('when the modem restarts after the body', async () => {
    peer.onBody = () => '\r\nRDY\r\n'
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'unknown', code: 'reset' })
    await untilState(modem, 'ready')
    expect(bodies()).toEqual([BODY])
  })

  test('when stopped after the body', async () => {
    peer.onBody = () => null
    const submission = failure(modem.submit(SUBMIT, LAST))
    await until(() => bodies().length === 1)
    await modem.stop()
    expect(await submission).toEqual({ stage: 'unknown', code: 'gone' })
  })

  test('when the modem says OK but no reference', async () => {
    peer.onBody = () => '\r\nOK\r\n'
    expect(await failure(modem.submit(SUBMIT, LAST))).toEqual({ stage: 'unknown', code: 'garbled' })
  })
})

test('a reference that comes after the limit, while step is found again, still counts', async () => {
  peer.onBody = () => null
  peer.onEscape = () => peer.say('\r\n+CMGS: 77\r\n\r\nOK\r\n')
  await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 77 })
})

test('a reference whose OK was lost counts', async () => {
  peer.onBody = () => '\r\n+CMGS: 78\r\n'
  await expect(modem.submit(SUBMIT, LAST)).resolves.toEqual({ messageReference: 78 })
})

test('reading what comes in waits for the submission, and is not mixed into it', async () => {
  peer.onBody = () => {
    peer.slots.get('ME')?.set(1, { status: 0, pdu: '00' })
    return '\r\n+CMTI: "ME",1\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n'
  }
  await expect(
    modem.submit(SUBMIT, {
      ...LAST,
      beforeBody: async () => {
        peer.say('\r\n+CMTI: "ME",1\r\n')
        await new Promise((resolve) => setTimeout(resolve, 30))
      },
    }),
  ).resolves.toEqual({ messageReference: 5 })
  expect(bodies()).toEqual([BODY])
  expect(peer.heard.slice(0, 2)).toEqual([COMMAND, BODY])
})
