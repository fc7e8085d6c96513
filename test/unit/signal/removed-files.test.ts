/** A file that the owner removed on another device before its message came is gone when it comes: the driver and the house together. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { InboundMedia } from '../../../src/domain/media.ts'
import type { SignalSink } from '../../../src/signal/facts.ts'
import { serviceIdOctets } from '../../../src/signal/ids.ts'
import type { LongTexts } from '../../../src/signal/long-texts.ts'
import { attachmentPointerCodec } from '../../../src/signal/proto/messages.ts'
import type { AttachmentDelete } from '../../../src/signal/proto/sync-parts.ts'
import { applyRemovals } from '../../../src/signal/removals.ts'
import { dropRemovedFiles, pruneRemovedFiles } from '../../../src/signal/removed-files.ts'
import { applyTranscript } from '../../../src/signal/transcripts.ts'
import { signalSink } from '../../../src/transports/signal.ts'
import { ANA, ANA_ACI, World } from '../routing/world.ts'

const own = '0a000000-0000-4000-8000-000000000001'
const uuid = (mark: number) => new Uint8Array(16).fill(mark)
const digest = (mark: number) => new Uint8Array(32).fill(mark)

let world: World
let sink: SignalSink
beforeEach(async () => {
  world = await World.open()
  sink = signalSink(world.router.sink, world.clock)
})
afterEach(() => world.close())

function media(mark: number): InboundMedia {
  return {
    ...{ contentType: 'image/png', fileName: undefined, bytes: 10, width: undefined, height: undefined },
    ...{ voice: false, borderless: false, gif: false, caption: undefined, blurhash: undefined, sticker: false },
    pointer: attachmentPointerCodec.encode({ clientUuid: uuid(mark), digest: digest(mark) }),
  }
}

/** What the phone says: of this message of Ana's (or `ours`), these files. */
async function removedOnPhone(sentTimestamp: number, files: readonly AttachmentDelete[], ours = false): Promise<void> {
  const authorServiceIdBinary = serviceIdOctets(ours ? own : ANA_ACI)
  const conversation = { threadServiceIdBinary: serviceIdOctets(ANA_ACI) }
  const attachmentDeletes = files.map((names) => ({
    conversation,
    targetMessage: { authorServiceIdBinary, sentTimestamp },
    ...names,
  }))
  await world.db
    .transaction()
    .execute((tx) => applyRemovals(sink, { attachmentDeletes }, { own, atMs: world.nowMs }, tx))
}

const ana = { aci: ANA_ACI, pni: undefined, e164: ANA }

/** As the driver hands a message of Ana's over, in its transaction. */
async function comes(timestampMs: number, text: string, marks: readonly number[]): Promise<void> {
  await world.db.transaction().execute(async (tx) => {
    await sink.text(
      {
        ...{ senderDevice: 1, timestampMs, serverTimestampMs: timestampMs, text, sealed: true, groupId: undefined },
        ...{ quote: undefined, timerS: undefined, timer: undefined, startedAtMs: timestampMs, members: undefined },
        ...{ ranges: [], preview: undefined, request: false, viewOnce: false, attachments: marks.map(media) },
        from: ana,
        sentTo: undefined,
      },
      tx,
    )
    await dropRemovedFiles(tx, sink, { ours: false, timestampMs, author: ANA_ACI, with: ana })
  })
  sink.committed()
}

/** What the phone has sent to Ana, as it tells us. */
async function isTold(timestampMs: number, marks: readonly number[]): Promise<void> {
  const attachments = marks.map((mark) => attachmentPointerCodec.decode(media(mark).pointer))
  const sent = {
    timestamp: timestampMs,
    destinationServiceIdBinary: serviceIdOctets(ANA_ACI),
    message: { timestamp: timestampMs, attachments },
  }
  const facts = { own: { aci: own, pni: undefined, e164: undefined }, senderDevice: 1, serverTimestampMs: 1 }
  const texts = { owe: async () => false } as unknown as LongTexts
  const firstTime = async () => true
  await world.db
    .transaction()
    .execute((tx) => applyTranscript({ sink, texts, firstTime }, sent, { ...facts, sealed: true }, tx))
  sink.committed()
}

const states = async () =>
  (await world.db.selectFrom('attachments').select(['state', 'code']).orderBy('id').execute()).map(({ state, code }) =>
    state === 'gone' ? code : 'there',
  )
const removed = async () =>
  (await world.db.selectFrom('messages').select('removed_at_ms').orderBy('id').execute()).map(
    ({ removed_at_ms: at }) => at !== null,
  )
const kept = () => world.db.selectFrom('signal_removed_files').selectAll().execute()

it('the file that was named goes as the message comes, the others stay; by its name, or by its digest', async () => {
  await removedOnPhone(1_000, [{ clientUuid: uuid(2) }, { fallbackDigest: digest(3) }])
  expect(await kept()).toHaveLength(2)
  await comes(1_000, 'three pictures', [1, 2, 3])
  expect(await states()).toEqual(['there', 'removed', 'removed'])
  expect(await removed()).toEqual([false])
  expect(await kept()).toEqual([])
})

it('a message that had nothing but that file is not shown; one of ours, from another device, likewise', async () => {
  await removedOnPhone(1_000, [{ clientUuid: uuid(1) }])
  await removedOnPhone(2_000, [{ clientUuid: uuid(2) }], true)
  await comes(1_000, '', [1])
  await isTold(2_000, [2])
  expect(await states()).not.toContain('there')
  expect(await removed()).toEqual([true, true])
  // Nothing is told back to the device that said it.
  expect(world.signal.removals).toEqual([])
})

it('it is for that message alone, and for nobody else’s of that time', async () => {
  await removedOnPhone(1_000, [{ clientUuid: uuid(1) }], true)
  await comes(1_000, 'theirs', [1])
  await comes(1_001, 'another one', [1])
  expect(await states()).toEqual(['there', 'there'])
  expect(await kept()).toHaveLength(1)
})

it('what is here goes at once and is not kept; what names nothing is not kept either', async () => {
  await comes(1_000, 'words', [1])
  await removedOnPhone(1_000, [{ clientUuid: uuid(1) }])
  expect(await states()).toEqual(['removed'])
  await removedOnPhone(5_000, [{}, { clientUuid: uuid(1).subarray(1) }, { fallbackDigest: new Uint8Array(3) }])
  expect(await kept()).toEqual([])
})

it('no more than so many are kept, and none of them for ever', async () => {
  for (let round = 0; round < 6; round += 1) {
    const files = Array.from({ length: 200 }, (_, index) => ({ clientUuid: Buffer.alloc(16, `${round}-${index}-`) }))
    await removedOnPhone(1_000 + round, files)
  }
  expect(await kept()).toHaveLength(1_000)
  await pruneRemovedFiles(world.db, world.nowMs + 23 * 3_600_000)
  expect(await kept()).toHaveLength(1_000)
  await pruneRemovedFiles(world.db, world.nowMs + 25 * 3_600_000)
  expect(await kept()).toEqual([])
})
