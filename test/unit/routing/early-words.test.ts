/** What is said of a message before it comes holds for it when it does; and nobody takes the room of all others. */
import { expect, it } from 'vitest'
import { pruneEarlyReceipts } from '../../../src/store/early-receipts.ts'
import { ana as author, messageAt, mirror, receive as receiveText } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI } from './world.ts'

const DAY_MS = 24 * 3_600_000
/** Of one person, and of all. */
const ROWS_OF_ONE_MAX = 1_000
const ROWS_MAX = 5_000

useWorld()

function receive(sentAtMs: number, viewOnce = false) {
  return viewOnce ? receiveText(world, sentAtMs, '', { viewOnce, media: [picture] }) : receiveText(world, sentAtMs)
}

const picture = {
  pointer: new Uint8Array(8),
  contentType: 'image/jpeg',
  fileName: undefined,
  bytes: 100,
  width: undefined,
  height: undefined,
  voice: false,
  borderless: false,
  gif: false,
  sticker: false,
  caption: undefined,
  blurhash: undefined,
}

const kept = async () => await world.db.selectFrom('early_receipts').selectAll().execute()
const at = (sentAtMs: number) => messageAt(world, sentAtMs)

it('what was to be looked at once, and was on another device before it came here, is not to be had here', async () => {
  await world.router.sink.readElsewhere({ author, timestampsMs: [1_000], atMs: world.nowMs, opened: true })
  await receive(1_000, true)
  await receive(2_000, true)
  const files = await world.db.selectFrom('attachments').select(['state', 'code']).orderBy('id').execute()
  expect(files).toEqual([
    { state: 'gone', code: 'opened' },
    // Whoever fetches files may have come for it already.
    { state: expect.stringMatching(/^(waiting|fetching)$/), code: null },
  ])
  expect((await at(1_000))?.read_at_ms).not.toBeNull()
  expect((await at(2_000))?.read_at_ms).toBeNull()
  expect(await kept()).toEqual([])
})

it('opened after it came leaves nothing behind for later', async () => {
  await receive(1_000, true)
  await world.router.sink.readElsewhere({ author, timestampsMs: [1_000], atMs: world.nowMs, opened: true })
  await world.router.sink.readElsewhere({ author, timestampsMs: [1_000], atMs: world.nowMs, opened: true })
  expect(await kept()).toEqual([])
})

it('what its author took back before it came is empty when it comes, and only that', async () => {
  const deleted = { transport: 'signal', by: author, timestampMs: 3_000, change: { kind: 'deleted' } } as const
  expect(await world.router.sink.amend({ ...deleted, target: { ours: false, timestampMs: 1_000 } })).toBe(false)
  await receive(1_000)
  await receive(2_000)
  expect(await at(1_000)).toMatchObject({ text: '', deleted_at_ms: world.nowMs })
  expect(await at(2_000)).toMatchObject({ text: 'at 2000', deleted_at_ms: null })
  expect(await kept()).toEqual([])
})

it('nobody takes back what others wrote, early as little as late', async () => {
  const stranger = { ...author, aci: 'b0000000-0000-4000-8000-000000000102' }
  const deleted = { transport: 'signal', by: stranger, timestampMs: 3_000, change: { kind: 'deleted' } } as const
  await world.router.sink.amend({ ...deleted, target: { ours: false, timestampMs: 1_000, authorAci: ANA_ACI } })
  await receive(1_000)
  expect(await at(1_000)).toMatchObject({ text: 'at 1000', deleted_at_ms: null })
})

it('what was removed on another device before it came here is not shown: of theirs, and of ours', async () => {
  const messages = [
    { ours: false, timestampMs: 1_000 },
    { ours: true, timestampMs: 1_500 },
  ]
  await world.router.sink.removed({ with: author, atMs: world.nowMs, what: 'messages', messages })
  await receive(1_000)
  await mirror(world, 1_500)
  await receive(2_000)
  await mirror(world, 2_500)
  expect(await at(1_000)).toMatchObject({ text: '', removed_at_ms: world.nowMs })
  expect(await at(1_500)).toMatchObject({ text: '', removed_at_ms: world.nowMs })
  expect((await at(2_000))?.removed_at_ms).toBeNull()
  expect((await at(2_500))?.removed_at_ms).toBeNull()
  const { unread } = await world.db.selectFrom('conversations').select('unread').executeTakeFirstOrThrow()
  expect(unread).toBe(1)
})

it('what another device of ours took back before it told us of it is empty when it comes', async () => {
  const by = { ...author, aci: 'c0000000-0000-4000-8000-000000000001' }
  const target = { ours: true, timestampMs: 1_500 }
  const deleted = { transport: 'signal', by, with: author, timestampMs: 3_000, change: { kind: 'deleted' } } as const
  await world.router.sink.amend({ ...deleted, target })
  await mirror(world, 1_500)
  expect(await at(1_500)).toMatchObject({ text: '', deleted_at_ms: world.nowMs })
})

it('one person fills their own room and no more; all together have an end; a day later it is free again', async () => {
  const receipts = async (fromAci: string, from: number) => {
    const timestampsMs = Array.from({ length: 100 }, (_, index) => from + index)
    await world.router.sink.receipt({ transport: 'signal', kind: 'read', fromAci, timestampsMs, atMs: world.nowMs })
  }
  for (let round = 1; round <= 12; round += 1) await receipts(ANA_ACI, round * 1_000)
  expect(await kept()).toHaveLength(ROWS_OF_ONE_MAX)
  for (let person = 1; person <= 5; person += 1) {
    const aci = `d0000000-0000-4000-8000-00000000000${person}`
    for (let round = 1; round <= 12; round += 1) await receipts(aci, round * 1_000)
  }
  expect(await kept()).toHaveLength(ROWS_MAX)
  await pruneEarlyReceipts(world.db, world.nowMs + 2 * DAY_MS)
  await world.router.sink.readElsewhere({ author, timestampsMs: [9_999_999], atMs: world.nowMs })
  expect((await kept()).map(({ timestamp_ms }) => timestamp_ms)).toEqual([9_999_999])
})
