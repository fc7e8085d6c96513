/**
 * Kill −9 at the crash points of picture messages, the gateway dying at the very moment at which the MMSC (or the modem)
 * hears of something. The judge is the MMSC's ledger: exactly one message is shown, and at most one is sent.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MmscRequest } from '../../../modem/sim/mmsc-ledger.ts'
import { MmsHouse, smallPicture } from './mms-kit.ts'

let kit: MmsHouse

beforeAll(async () => {
  kit = await MmsHouse.open()
})
afterAll(async () => await kit.house.close())

/** Dies as soon as such a request has reached the MMSC, before anything is done about it or said to it. */
async function dieAt(fits: (request: MmscRequest) => boolean, cause: () => Promise<unknown>): Promise<void> {
  const { ledger } = kit.mmsc
  const open = ledger.open.bind(ledger)
  let dead: Promise<void> | undefined
  ledger.open = (request) => {
    const entry = open(request)
    if (dead === undefined && fits(entry)) dead = kit.house.kill()
    return entry
  }
  try {
    await cause()
    await kit.house.eventually('it has died', () => dead !== undefined)
    await dead
  } finally {
    ledger.open = open
  }
}

/** Dies as the modem is told to delete for the nth time: before it does so, or when it has and nobody has heard the OK. */
async function dieAtDeletion(
  nth: number,
  phase: 'before-command' | 'after-answer',
  cause: () => Promise<unknown>,
): Promise<void> {
  const [a] = kit.house.world.modems
  if (a === undefined) throw new Error('there is a modem')
  let deletions = 0
  let dead: Promise<void> | undefined
  a.modem.onPhase = (at, command) => {
    if (at !== phase || command !== '+CMGD') return
    deletions += 1
    if (deletions < nth || dead !== undefined) return
    dead = kit.house.kill()
    // What was written and not read yet goes with the process.
    if (phase === 'before-command') a.modem.fault({ kind: 'no-answer', command: '+CMGD', times: 'always' })
  }
  try {
    await cause()
    await kit.house.eventually('it has died', () => dead !== undefined)
    await dead
  } finally {
    a.modem.onPhase = () => {}
    a.modem.faults.clear()
  }
}

async function reborn(): Promise<void> {
  kit.mmsc.clearFaults()
  await kit.house.start()
  await kit.house.modemsReady()
}

async function judged(id: string, words: string): Promise<void> {
  await kit.shown(words)
  await kit.allAnswered()
  await kit.house.eventually('the MMSC has its answer', () => {
    const message = kit.mmsc.messages().find((one) => one.id === id)
    return message?.deliveries.every(({ state }) => state === 'retrieved') === true
  })
  expect(await kit.came(words)).toHaveLength(1)
}

const isAnswer = ({ type }: MmscRequest) => type === 'm-notifyresp-ind'
const isSend = ({ type }: MmscRequest) => type === 'm-send-req'

describe('a message that is received', () => {
  it('while it is fetched, before anything of it is here: it is fetched again', async () => {
    let id = ''
    await dieAt(
      ({ method }) => method === 'GET',
      async () => {
        id = await kit.fromBen('cut off while fetched')
      },
    )
    await reborn()
    await judged(id, 'cut off while fetched')
  })

  it('after it is safe and before its answer: shown once, answered at the next start', async () => {
    let id = ''
    kit.mmsc.fault({ kind: 'status', status: 503, on: 'answer' })
    await dieAt(isAnswer, async () => {
      id = await kit.fromBen('safe and unanswered')
    })
    expect(kit.mmsc.messages().find((one) => one.id === id)?.deliveries[0]?.state).toBe('waiting')
    await reborn()
    await judged(id, 'safe and unanswered')
    expect(kit.mmsc.messages().find((one) => one.id === id)?.deliveries[0]?.retrievals).toBe(1)
  })

  it('after its answer and before that is noted, while the text that announced it is deleted: shown once', async () => {
    const [modem] = kit.house.world.modems
    let id = ''
    // The modem has deleted nothing when the gateway dies, so that it finds the push again.
    modem?.modem.fault({ kind: 'no-answer', command: '+CMGD', times: 'always' })
    await dieAt(isAnswer, async () => {
      id = await kit.fromBen('answered and not noted')
    })
    modem?.modem.faults.clear()
    await reborn()
    await judged(id, 'answered and not noted')
    expect(kit.mmsc.messages().find((one) => one.id === id)?.deliveries[0]?.retrievals).toBe(1)
    expect(
      kit.mmsc.ledger.requests().filter((one) => isAnswer(one) && one.transactionId !== undefined).length,
    ).toBeGreaterThan(2)
  })
})

describe('the texts that announced it, killed while they are deleted', () => {
  const used = () =>
    [...(kit.house.world.modems[0]?.modem.storages.values() ?? [])].reduce((sum, storage) => sum + storage.used, 0)
  /** Its push takes three texts. */
  const subject = 'Summer '.repeat(33)

  it.each([
    ['before the only one is', 1, 'before-command', ''],
    ['when it is, and its OK is not heard', 1, 'after-answer', ''],
    ['before the second of three is', 2, 'before-command', subject],
    ['when the second of three is', 2, 'after-answer', subject],
    ['when all three are', 3, 'after-answer', subject],
  ] as const)(
    '%s: shown once, answered, and nothing is left on the SIM',
    async (what, nth, phase, title) => {
      let id = ''
      await dieAtDeletion(nth, phase, async () => {
        id = await kit.fromBen(`killed ${what}`, title === '' ? {} : { subject: title })
      })
      if (phase === 'before-command') expect(used()).toBeGreaterThan(0)
      await reborn()
      await judged(id, `killed ${what}`)
      await kit.house.eventually('nothing is left on the SIM', () => used() === 0)
      expect((await kit.announced()).filter(({ state }) => state !== 'fetched')).toEqual([])
    },
    30_000,
  )
})

describe('a message that is sent', () => {
  it('after its body left and before the confirmation: uncertain, one message, and the same one when asked for again', async () => {
    let id = ''
    const octets = await smallPicture(90)
    await dieAt(isSend, async () => {
      id = await kit.toBen('left and unconfirmed', 'a.jpg', octets)
    })
    await reborn()
    await kit.house.reaches(id, 'uncertain', 'delivered')
    await kit.house.api.ask('POST', `/api/v1/messages/${id}/retry`)
    await kit.house.reaches(id, 'sent', 'delivered')
    await kit.atBen('left and unconfirmed')
    expect(kit.ben.inbox.filter(({ text }) => text === 'left and unconfirmed')).toHaveLength(1)
    expect(
      kit.mmsc.messages().filter(({ from, request }) => from === kit.us && request.parts.some(isFile('a.jpg'))),
    ).toHaveLength(1)
  })
})

const isFile = (name: string) => (part: { contentLocation?: string }) => part.contentLocation === name
