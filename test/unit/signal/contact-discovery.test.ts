/** How seldom contact discovery is asked, with libsignal's interface replaced: Signal's own service is never contacted. */
import { LibSignalErrorBase } from '@signalapp/libsignal-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cdsi, CdsiQuestion } from '../../../src/signal/cdsi.ts'
import type { Chat } from '../../../src/signal/chat.ts'
import { ContactDiscovery } from '../../../src/signal/contact-discovery.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const hourMs = 3600_000
const registered = new Map([
  ['+15550000001', { aci: 'a0000000-0000-4000-8000-000000000001', pni: 'PNI:b0000000-0000-4000-8000-000000000001' }],
  ['+15550000002', { aci: undefined, pni: 'PNI:b0000000-0000-4000-8000-000000000002' }],
])
const nobody = '+15550000009'

let db: Database
let now: number
let questions: Pick<CdsiQuestion, 'newE164s' | 'previousE164s' | 'token'>[]
let failures: Error[]
/** After the token was handed out, before the answer. */
let cutOff: Error | undefined

beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  now = 1_800_000_000_000
  questions = []
  failures = []
  cutOff = undefined
})

afterEach(() => db.destroy())

const ask: Cdsi = async ({ newE164s, previousE164s, token, keepToken }) => {
  questions.push({
    newE164s: [...newE164s].sort(),
    previousE164s: [...previousE164s].sort(),
    token: token && new Uint8Array(token),
  })
  const failure = failures.shift()
  if (failure !== undefined) throw failure
  await keepToken(new Uint8Array([questions.length]))
  if (cutOff !== undefined) throw cutOff
  return new Map(
    [...newE164s, ...previousE164s].map((e164) => [e164, registered.get(e164) ?? { aci: undefined, pni: undefined }]),
  )
}

/** A new one stands for a restart: all that it knows lies in the database. */
function discovery(): ContactDiscovery {
  const body = new Uint8Array(Buffer.from('{"username":"u","password":"p"}'))
  const chat = { authenticated: () => ({ fetch: async () => ({ status: 200, headers: [], body }) }) }
  return new ContactDiscovery({ db, chat: chat as unknown as Chat, now: () => now, ask })
}

const lookUp = async (e164s: readonly string[], at = discovery()) =>
  [...(await at.lookUp(e164s, new AbortController().signal)).values()].map(({ e164 }) => e164).sort()

test('an answer is believed over restarts: 24 h for somebody, 1 h and then longer for nobody', async () => {
  expect(await lookUp(['+15550000001', nobody])).toEqual(['+15550000001'])
  now += hourMs - 1
  expect(await lookUp(['+15550000001', nobody])).toEqual(['+15550000001'])
  expect(questions).toHaveLength(1)
  now += 1
  expect(await lookUp([nobody])).toEqual([])
  expect(questions).toHaveLength(2)
  now += 2 * hourMs - 1
  await lookUp([nobody])
  expect(questions).toHaveLength(2)
  now += 1
  await lookUp([nobody])
  expect(questions).toHaveLength(3)
})

test('negative answers are never believed for more than a day', async () => {
  for (let misses = 0; misses < 8; misses++) {
    await lookUp([nobody])
    now += 24 * hourMs
  }
  expect(questions).toHaveLength(8)
})

test('a number is new to the service once: from then on the token speaks for it', async () => {
  await lookUp(['+15550000001', nobody])
  now += 25 * hourMs
  await lookUp(['+15550000001', '+15550000002'])
  expect(questions).toEqual([
    { newE164s: ['+15550000001', nobody], previousE164s: [], token: undefined },
    { newE164s: ['+15550000002'], previousE164s: ['+15550000001', nobody], token: new Uint8Array([1]) },
  ])
})

test('what was counted when the line broke is on record, though there was no answer', async () => {
  cutOff = new LibSignalErrorBase('gone', 'IoError', 'test')
  await expect(lookUp(['+15550000001'])).rejects.toMatchObject({ code: 'signal-unreachable' })
  cutOff = undefined
  expect(await lookUp(['+15550000001'])).toEqual(['+15550000001'])
  expect(questions[1]).toEqual({ newE164s: [], previousE164s: ['+15550000001'], token: new Uint8Array([1]) })
})

test('a token that the service does not know is given up, and the question asked once more', async () => {
  await lookUp(['+15550000001'])
  failures = [new LibSignalErrorBase('token', 'CdsiInvalidToken', 'test')]
  expect(await lookUp(['+15550000002'])).toEqual(['+15550000002'])
  expect(questions.at(-1)).toEqual({ newE164s: ['+15550000002'], previousE164s: [], token: undefined })
  expect(questions).toHaveLength(3)
})

test('a wait that it asks for is kept over restarts, and says until when; what is believed is told meanwhile', async () => {
  await lookUp(['+15550000001'])
  failures = [new LibSignalErrorBase('slow', 'RateLimitedError', 'test', { retryAfterSecs: 7200 })]
  await expect(lookUp(['+15550000002'])).rejects.toMatchObject({
    code: 'signal-rate-limited',
    retryAfterMs: 2 * hourMs,
  })
  now += hourMs
  const after = discovery()
  await expect(lookUp(['+15550000002'], after)).rejects.toMatchObject({ retryAfterMs: hourMs })
  expect(await lookUp(['+15550000001'], after)).toEqual(['+15550000001'])
  expect(after.use).toEqual({ newToday: 1, remembered: 1, notBeforeMs: now + hourMs })
  expect(questions).toHaveLength(2)
  now += hourMs
  expect(await lookUp(['+15550000002'], after)).toEqual(['+15550000002'])
  expect(after.use).toEqual({ newToday: 2, remembered: 2, notBeforeMs: undefined })
})

test('a hundred who ask for the same numbers at once are one question', async () => {
  const one = discovery()
  const asked = Array.from({ length: 100 }, () => lookUp(['+15550000001', nobody], one))
  for (const answer of await Promise.all(asked)) expect(answer).toEqual(['+15550000001'])
  expect(questions).toHaveLength(1)
})

test('whoever has left since is asked about anew: the number may have another account', async () => {
  await lookUp(['+15550000001'])
  await db
    .insertInto('signal_peers')
    .values({ e164: '+15550000001', unregistered_at_ms: now + 1 })
    .execute()
  now += hourMs
  await lookUp(['+15550000001'])
  expect(questions).toHaveLength(2)
})
