/**
 * Whatever a peer or the server sends, the chain goes on: each envelope is kept, dropped or quarantined, and acknowledged.
 * `FUZZ=100000` makes as many as that; without it a few thousand. The seed is printed by a failure's message.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import { messageView } from '../../../src/http/message-views.ts'
import { Inbound } from '../../../src/routing/inbound.ts'
import type { Credentials } from '../../../src/signal/credentials.ts'
import { Dispatch } from '../../../src/signal/dispatch.ts'
import { Habits } from '../../../src/signal/habits.ts'
import { Unreadable } from '../../../src/signal/opening.ts'
import { type Content, contentCodec } from '../../../src/signal/proto/messages.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { listMessages } from '../../../src/store/mailbox.ts'
import { signalSink } from '../../../src/transports/signal.ts'

const own = 'b0000000-0000-4000-8000-000000000001'
const peer = 'a0000000-0000-4000-8000-000000000101'
const count = Number(process.env['FUZZ'] ?? 3_000)

let db: Database | undefined
let directory = ''
afterEach(async () => {
  await db?.destroy()
  rmSync(directory, { recursive: true, force: true })
})

/** xorshift32: the same seed gives the same run. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const binary = (aci: string) => new Uint8Array(Buffer.from(aci.replaceAll('-', ''), 'hex'))
const odd = [0, 1, 2, 1_000, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 63, 8.64e15 + 1]

/** Of words, and of files with a small picture, a half one, or none. */
function quote(random: (below: number) => number, number: () => number) {
  const whole = { contentType: 'image/jpeg', size: 900, key: new Uint8Array(64), cdnNumber: 3, cdnKey: 'k' }
  const digest = { digest: new Uint8Array(random(40)), width: number() % 2 ** 32, height: number() % 2 ** 32 }
  const thumbnail = [whole, { ...whole, ...digest }, { size: number() % 2 ** 32, key: new Uint8Array(3) }, {}][
    random(4)
  ]
  const fileName = ['roof.png', '\u0000', 'x'.repeat(5_000), ''][random(4)] ?? ''
  const contentType = ['image/png', '<b>', 'text/x-signal-plain', ''][random(4)] ?? ''
  const file = { contentType, fileName, ...(thumbnail === undefined ? {} : { thumbnail }) }
  const attachments = [[], [{}], [file], [{ contentType }, file]][random(4)] ?? []
  return { id: number(), text: ['q', ''][random(2)] ?? '', authorAciBinary: binary(peer), attachments }
}

/** Contents of every kind, some with nonsense in them. */
function contents(random: (below: number) => number): Content {
  const number = () => odd[random(odd.length)] ?? 0
  const message = {
    timestamp: 1_000,
    ...(random(2) === 0 ? { body: ['', 'hello', '\ufffc', '\u0000', 'x'.repeat(5_000)][random(5)] ?? '' } : {}),
    ...(random(3) === 0 ? { expireTimer: number() % 2 ** 32, expireTimerVersion: number() % 2 ** 32 } : {}),
    ...(random(3) === 0 ? { flags: random(16) } : {}),
    ...(random(3) === 0 ? { quote: quote(random, number) } : {}),
    ...(random(4) === 0
      ? { reaction: { emoji: 'x', targetSentTimestamp: number(), targetAuthorAciBinary: binary(peer) } }
      : {}),
    ...(random(4) === 0 ? { delete: { targetSentTimestamp: number() } } : {}),
    ...(random(3) === 0
      ? { bodyRanges: [{ start: number() % 2 ** 32, length: number() % 2 ** 32, style: random(9) }] }
      : {}),
    ...(random(4) === 0 ? { attachments: [{ contentType: 'text/x-signal-plain' }] } : {}),
    ...(random(4) === 0 ? { profileKey: new Uint8Array(random(40)) } : {}),
    ...(random(5) === 0
      ? { contact: [{}], pollCreate: {}, payment: {}, preview: [{ url: 'https://a', title: 'b' }] }
      : {}),
  }
  const read = [{ timestamp: number(), senderAciBinary: random(2) === 0 ? binary(peer) : new Uint8Array(3) }]
  const to = [{ destinationServiceIdBinary: binary(peer) }, { destinationE164: 'nonsense' }, {}][random(3)]
  const edit = { editMessage: { targetSentTimestamp: number(), dataMessage: message } }
  const sent = { timestamp: number(), ...to, ...(random(2) === 0 ? { message } : edit) }
  const all: Content[] = [
    { dataMessage: message },
    edit,
    { receiptMessage: { type: random(5), timestamp: [number(), number()] } },
    { typingMessage: { timestamp: number(), action: random(3) } },
    { syncMessage: { sent } },
    { syncMessage: { read, viewed: read } },
    { syncMessage: { blocked: { acis: ['x', peer], acisBinary: [binary(peer), new Uint8Array(2)] } } },
    { syncMessage: { configuration: { readReceipts: true }, keys: { accountEntropyPool: '' } } },
    {},
  ]
  return all[random(all.length)] ?? {}
}

/** Bits turned, octets cut off or put in; sometimes nothing. */
function mutated(octets: Uint8Array<ArrayBuffer>, random: (below: number) => number): Uint8Array<ArrayBuffer> {
  const how = random(5)
  if (how < 2 || octets.length === 0) return octets
  if (how === 2) return octets.slice(0, random(octets.length))
  if (how === 3) return Uint8Array.from({ length: random(200) }, () => random(256))
  const copy = octets.slice()
  for (let turns = random(6); turns >= 0; turns -= 1) copy[random(copy.length)] = random(256)
  return copy
}

test(`${count} contents of every kind, mutated and cut, stop nothing`, { timeout: 1_800_000 }, async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-fuzz-'))
  const database = await openDatabase({ path: join(directory, 'fuzz.db'), key: new Uint8Array(32).fill(7) })
  db = database
  const clock = () => 1_790_000_000_000
  const events = new EventLog(database, clock)
  const agenda = { touch() {}, free() {}, async flush() {} }
  let id = 0
  const ids = createIds(clock, (length) => {
    id += 1
    return Uint8Array.from({ length }, (_, index) => (id >> (8 * index)) & 0xff)
  })
  const inbound = new Inbound({
    db: database,
    events,
    agenda,
    ids,
    clock,
    region: 'GB',
    transports: () => [],
    media: { dueAtMs: () => null, poke() {} },
  })
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const desk = { owe: async () => false }
  const dispatch = new Dispatch({
    clock: { now: clock, wait: async () => {} },
    log,
    sink: signalSink(inbound, clock),
    credentials: { aci: own, pni: own, e164: '+15550000001', deviceId: 2 } as unknown as Credentials,
    receipts: desk as never,
    sync: { apply: async () => false } as never,
    texts: desk as never,
    habits: new Habits({ readReceipts: true, typing: true }),
    groups: { place: async () => ({ kind: 'refused', why: '' }), typingIn: async () => undefined } as never,
  })
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_122)
  const random = generator(seed)
  let kept = 0
  let refused = 0
  for (let round = 0; round < count; round += 1) {
    const octets = mutated(contentCodec.encode(contents(random)), random)
    const sender = {
      aci: random(2) === 0 ? own : peer,
      deviceId: 1,
      sealed: true,
      e164: undefined,
      provenPni: undefined,
    }
    let content: Content
    try {
      content = contentCodec.decode(octets)
    } catch {
      refused += 1
      continue
    }
    const timestampMs = random(2) === 0 ? 1_000 : round + 1
    if (content.dataMessage?.timestamp === 1_000) content.dataMessage.timestamp = timestampMs
    const facts = { sender, content, timestampMs, serverTimestampMs: 1_000, updatedPni: undefined }
    const opened = { kind: 'content', own: 'aci', ...facts } as const
    const afterwards = {
      receipts: false,
      ask: undefined,
      fetch: false,
      answer: undefined,
      profile: false,
      moved: false,
    }
    try {
      await database.transaction().execute((tx) => dispatch.apply(opened, tx, afterwards))
      kept += 1
    } catch (error) {
      // Anything but this leaves the envelope with the server, which sends it again for ever.
      if (!(error instanceof Unreadable))
        throw new Error(`seed ${seed}, round ${round}: ${String(error)}`, { cause: error })
      refused += 1
    }
  }
  expect(kept + refused).toBe(count)
  expect(kept).toBeGreaterThan(count / 3)
  expect(refused).toBeGreaterThan(count / 50)
  // What was kept can be shown.
  let cursor: string | undefined
  do {
    const page = await listMessages(database, { limit: 200, cursor })
    for (const message of page.data) messageView(message, undefined)
    cursor = page.nextCursor
  } while (cursor !== undefined)
})
