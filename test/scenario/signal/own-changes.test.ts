/** What we do to messages afterwards reaches the other side: durably, once, and under one timestamp. */
import { expect, test } from 'vitest'
import type { OutgoingMedia } from '../../../src/domain/media.ts'
import type { OutgoingAction } from '../../../src/signal/contract.ts'
import { byNumber, connected, type Gateway, gatewayNumber, timestamp, until, World } from './kit.ts'

const otherNumber = '+15550000102'

async function owe({ account, db }: Gateway, action: OutgoingAction['action'], timestampMs: number, to = otherNumber) {
  const afterCommit = await db
    .transaction()
    .execute((tx) => account.owe({ to: byNumber(to), timestampMs, reference: `at ${timestampMs}`, action }, tx))
  return afterCommit
}

async function twoGateways() {
  const world = await World.open()
  const ours = await world.registeredGateway()
  const theirs = await world.registeredGateway('theirs', otherNumber)
  // Each knows the other's account from a message of theirs, as in any conversation.
  const theirFirst = timestamp()
  await theirs.account.sendText({ to: byNumber(gatewayNumber), text: 'from them', timestampMs: theirFirst })
  const ourFirst = timestamp()
  await ours.account.sendText({ to: byNumber(otherNumber), text: 'from us', timestampMs: ourFirst })
  await until(() => ours.sink.texts.length === 1 && theirs.sink.texts.length === 1)
  return { world, ours, theirs, ourFirst, theirFirst }
}

test('reactions, edits and deletions name their message, and their end is told', async () => {
  const { ours, theirs, ourFirst, theirFirst } = await twoGateways()
  const { aci } = theirs.account.status()
  const peer = { aci, pni: undefined, e164: otherNumber }
  const actions: OutgoingAction['action'][] = [
    { kind: 'reaction', target: { ours: false, timestampMs: theirFirst }, emoji: '👍', removed: false },
    { kind: 'reaction', target: { ours: true, timestampMs: ourFirst }, emoji: '😀', removed: true },
    { kind: 'edited', targetMs: ourFirst, text: 'better', quote: undefined },
    { kind: 'deleted', targetMs: ourFirst },
  ]
  const times = actions.map(() => timestamp())
  await ours.db.transaction().execute(async (tx) => {
    for (const [index, action] of actions.entries()) {
      await ours.account.owe({ to: peer, timestampMs: times[index] ?? 0, reference: String(index), action }, tx)
    }
  })
  ;(await owe(ours, { kind: 'deleted', targetMs: 1 }, timestamp()))()
  await until(() => theirs.sink.changes.length === 5)
  expect(theirs.sink.changes.slice(0, 4)).toMatchObject([
    { target: { ours: true, timestampMs: theirFirst }, change: { kind: 'reaction', emoji: '👍', removed: false } },
    { target: { ours: false, timestampMs: ourFirst }, change: { kind: 'reaction', emoji: '😀', removed: true } },
    { target: { ours: false, timestampMs: ourFirst }, change: { kind: 'edited', text: 'better' } },
    { target: { ours: false, timestampMs: ourFirst }, change: { kind: 'deleted' } },
  ])
  expect(theirs.sink.changes.slice(0, 4).map(({ timestampMs }) => timestampMs)).toEqual(times)
  await until(() => ours.sink.settledChanges.length === 5)
  expect(ours.sink.settledChanges.every(({ failure }) => failure === undefined)).toBe(true)
})

test('what was owed when the process died is sent after the restart, under its own time', async () => {
  const { world, ours, theirs, ourFirst } = await twoGateways()
  const timestampMs = timestamp()
  await owe(ours, { kind: 'edited', targetMs: ourFirst, text: 'better', quote: undefined }, timestampMs)
  await ours.close()
  expect(theirs.sink.changes).toEqual([])
  await connected(await world.gateway())
  await until(() => theirs.sink.changes.length === 1)
  expect(theirs.sink.changes).toMatchObject([{ timestampMs, change: { kind: 'edited', text: 'better' } }])
})

test('to somebody who has left it fails, says so, and holds up nobody', async () => {
  const { world, ours, theirs, ourFirst } = await twoGateways()
  const ana = await world.person('Ana', '+15550000201')
  await ours.account.sendText({ to: byNumber(ana.e164), text: 'hello', timestampMs: timestamp() })
  await ana.leaveSignal({ stayListed: false })
  await owe(ours, { kind: 'deleted', targetMs: 1 }, timestamp(), ana.e164)
  ;(await owe(ours, { kind: 'deleted', targetMs: ourFirst }, timestamp()))()
  await until(() => ours.sink.settledChanges.length === 2 && theirs.sink.changes.length === 1)
  expect(ours.sink.settledChanges.map(({ failure }) => failure?.code)).toEqual(['not-on-signal', undefined])
})

test('an answer says which message it answers to', async () => {
  const { ours, theirs, theirFirst } = await twoGateways()
  const { aci } = theirs.account.status()
  await ours.account.sendText({
    to: { aci, pni: undefined, e164: otherNumber },
    text: 'yes',
    timestampMs: timestamp(),
    quote: {
      ours: false,
      timestampMs: theirFirst,
      text: 'from them',
      file: { contentType: 'image/png', fileName: 'roof.png', thumbnail: small },
    },
  })
  await until(() => theirs.sink.texts.length === 2)
  const [, answer] = theirs.sink.texts
  expect(answer).toMatchObject({
    text: 'yes',
    attachments: [],
    quote: { ours: true, timestampMs: theirFirst, text: 'from them' },
  })
  const file = answer?.quote?.file
  expect(file).toMatchObject({ contentType: 'image/png', fileName: 'roof.png' })
  expect(file?.thumbnail).toMatchObject({ contentType: 'image/jpeg', bytes: 900, width: 150, height: 100 })
  const pointer = file?.thumbnail?.pointer ?? new Uint8Array()
  const { blobs, account } = theirs
  const target = { part: blobs.partial(`att_${'0'.repeat(26)}`), create: () => blobs.create(), bytesMax: 1_000 }
  expect(await account.fetchAttachment(pointer, target, new AbortController().signal)).toMatchObject({ bytes: 900 })
})

/** The picture of what is quoted. */
const small: OutgoingMedia = {
  id: 'att_small',
  contentType: 'image/jpeg',
  fileName: undefined,
  bytes: 900,
  width: 150,
  height: 100,
  voice: false,
  borderless: false,
  viewOnce: false,
  gif: false,
  caption: undefined,
  blurhash: undefined,
  async *read() {
    yield Buffer.alloc(900, 7)
  },
}

test('a timer that one side sets is the other side’s, goes with each message, and leaves no copy to send again', async () => {
  const { ours, theirs } = await twoGateways()
  const { aci } = theirs.account.status()
  const them = { aci, pni: undefined, e164: otherNumber }
  ;(await owe(ours, { kind: 'timer', seconds: 3_600, version: 2 }, timestamp()))()
  await until(() => theirs.sink.timers.some(({ version }) => version === 2))
  expect(theirs.sink.timers.at(-1)).toMatchObject({ byUs: false, seconds: 3_600, version: 2 })
  expect(theirs.sink.texts).toHaveLength(1)
  const timestampMs = timestamp()
  const timer = { seconds: 3_600, version: 2 }
  await ours.account.sendText({ to: them, text: 'goes', timestampMs, timer })
  await until(() => theirs.sink.texts.length === 2)
  expect(theirs.sink.texts[1]).toMatchObject({ text: 'goes', timerS: 3_600 })
  const copies = () =>
    ours.db.selectFrom('signal_send_log').select('recipient').where('timestamp_ms', '=', timestampMs).execute()
  expect(await copies()).toHaveLength(1)
  await ours.db
    .transaction()
    .execute((tx) => ours.account.forget({ with: them, ours: true, timestampsMs: [timestampMs] }, tx))
  expect(await copies()).toEqual([])
})
