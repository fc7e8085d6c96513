/** What of the profile key goes with a message that is sent again to somebody who could not read it. */
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OwnTimestamps, systemRandom } from '../../../src/signal/clock.ts'
import { learnPeer, setTraits } from '../../../src/signal/peers.ts'
import { type Content, contentCodec } from '../../../src/signal/proto/messages.ts'
import { RetryDesk } from '../../../src/signal/retries.ts'
import { rememberSent } from '../../../src/signal/send-log.ts'
import type { Outgoing, Sender } from '../../../src/signal/sender.ts'
import { keepOut } from '../../../src/signal/standing.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'

const ana = '7a7f1a6e-0c1c-4b71-9d0a-2d0a6d5b5b01'
const [former, present] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const text = { body: 'hello', profileKey: former, timestamp: 7 }
const inGroup = { ...text, groupV2: { masterKey: new Uint8Array(32).fill(3), revision: 1 } }

let db: Database
let sent: Outgoing[]
let retries: RetryDesk
beforeEach(async () => {
  db = await openDatabase({ path: ':memory:', key: new Uint8Array(32) })
  sent = []
  const clock = { now: () => 1_000, wait: async () => {} }
  const sender = { send: async (outgoing: Outgoing) => void sent.push(outgoing) } as unknown as Sender
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const credentials = { profileKey: new ProfileKey(present) }
  const timestamps = new OwnTimestamps(clock)
  retries = new RetryDesk({ db, sender, credentials, clock, timestamps, random: systemRandom, log })
  await learnPeer(db, { aci: ana, pni: undefined, e164: '+15550000201' })
})
afterEach(() => db.destroy())

/** What she gets who asks for this content, which went to her with the key of then. */
async function sentAgain(content: Content): Promise<Content | undefined> {
  const outgoing = { to: ana, timestampMs: 7, urgent: true }
  await db.transaction().execute((tx) => rememberSent(tx, outgoing, contentCodec.encode(content), 1_000))
  await retries.answer(ana, 1, 7)
  return sent.splice(0)[0]?.content
}

test('whoever is let in gets the present key, with a message and with an edit, and none with what had none', async () => {
  await setTraits(db, ana, { accepted: true })
  const said = await sentAgain({ dataMessage: text })
  expect(said?.dataMessage).toMatchObject({ body: 'hello', profileKey: present })
  const edited = await sentAgain({ editMessage: { targetSentTimestamp: 5, dataMessage: text } })
  expect(edited?.editMessage).toMatchObject({ targetSentTimestamp: 5, dataMessage: { profileKey: present } })
  const { profileKey: _, ...bare } = text
  expect((await sentAgain({ dataMessage: bare }))?.dataMessage).not.toHaveProperty('profileKey')
})

test('whom the owner has shut out since gets no key, but for what the members of a group see; whoever is blocked gets nothing', async () => {
  const said = await sentAgain({ dataMessage: text })
  expect(said?.dataMessage?.body).toBe('hello')
  expect(said?.dataMessage).not.toHaveProperty('profileKey')
  expect((await sentAgain({ dataMessage: inGroup }))?.dataMessage).toMatchObject({ profileKey: present })
  await db.transaction().execute((tx) => keepOut(tx, ana))
  expect(await sentAgain({ dataMessage: inGroup })).toBeUndefined()
})

test('somebody whose number is blocked gets nothing, either', async () => {
  await db.insertInto('signal_blocked_others').values({ kind: 'number', value: '+15550000201' }).execute()
  expect(await sentAgain({ dataMessage: text })).toBeUndefined()
})
