/** A single file that the owner removes goes here and on their other devices, and a message that was nothing else with it. */
import { expect, it } from 'vitest'
import type { RemovedFile } from '../../../src/domain/own-decisions.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const ana = { aci: ANA_ACI, e164: undefined, pni: undefined }
const media = (mark: number) => ({
  contentType: 'image/png',
  fileName: undefined,
  bytes: 10,
  width: undefined,
  height: undefined,
  voice: false,
  borderless: false,
  gif: false,
  caption: undefined,
  blurhash: undefined,
  sticker: false,
  pointer: Buffer.from([mark]),
})

const receive = (sentAtMs: number, text: string, marks: number[]) =>
  world.note(ANA_ACI, text, ANA, { sentAtMs, dedupeKey: `signal:${sentAtMs}`, media: marks.map(media) })

const files = () => world.db.selectFrom('attachments').selectAll().orderBy('id').execute()
/** What became of them; how far their fetching has got is another matter. */
const states = async () => (await files()).map(({ state, code }) => (state === 'gone' ? code : 'there'))
const messages = () => world.db.selectFrom('messages').select(['text', 'removed_at_ms']).orderBy('id').execute()

/** As the driver would find the file with this mark. */
const marked = (mark: number) => async (here: readonly RemovedFile[]) =>
  here.find(({ pointer }) => pointer?.[0] === mark)?.id

const removedElsewhere = (timestampMs: number, mark: number) =>
  world.router.sink.removed({
    with: ana,
    atMs: world.nowMs,
    what: 'file',
    message: { ours: false, timestampMs },
    pick: marked(mark),
  })

it('removed on another device, it goes here; the text and the other file stay', async () => {
  await receive(1_000, 'two pictures', [1, 2])
  await removedElsewhere(1_000, 2)
  expect(await states()).toEqual(['there', 'removed'])
  expect(await messages()).toEqual([{ text: 'two pictures', removed_at_ms: null }])
  expect(world.signal.removals).toEqual([])
})

it('a message without words goes with its last file, and not before', async () => {
  await receive(1_000, '', [1, 2])
  await receive(2_000, 'words', [3])
  await removedElsewhere(1_000, 1)
  expect((await messages()).map(({ removed_at_ms: at }) => at)).toEqual([null, null])
  await removedElsewhere(1_000, 2)
  await removedElsewhere(2_000, 3)
  expect((await messages()).map(({ removed_at_ms: at }) => at)).toEqual([world.nowMs, null])
})

it('a file that nobody knows, and one of a message that is not here, change nothing', async () => {
  await receive(1_000, '', [1])
  await removedElsewhere(1_000, 9)
  await removedElsewhere(5_000, 1)
  expect(await states()).toEqual(['there'])
})

it('removed here, it is told with its message and as its network knows it, once', async () => {
  await receive(1_000, 'words', [1])
  const [file] = await files()
  await world.router.removeFile(file?.id ?? '')
  await world.router.removeFile(file?.id ?? '')
  expect(await states()).toEqual(['removed'])
  expect(world.signal.removals).toEqual([
    {
      what: 'file',
      message: { ours: false, timestampMs: 1_000 },
      file: { id: file?.id, pointer: Buffer.from([1]) },
    },
  ])
})

it('of a picture message it goes here alone; what is not there, or in no message, is refused', async () => {
  await world.router.sink.message({
    transport: 'mms',
    lane: 'mdm_1',
    from: { address: BEN, aci: undefined, pni: undefined, name: undefined },
    text: '',
    sentAtMs: 1_000,
    receivedAtMs: world.nowMs,
    encrypted: false,
    dedupeKey: 'mms:1',
    media: [media(1)],
  })
  const [file] = await files()
  await world.router.removeFile(file?.id ?? '')
  expect((await messages()).map(({ removed_at_ms: at }) => at)).toEqual([world.nowMs])
  expect(world.signal.removals).toEqual([])
  await expect(world.router.removeFile(file?.id ?? '')).rejects.toMatchObject({ code: 'unknown-attachment' })
  await expect(world.router.removeFile('att_none')).rejects.toMatchObject({ code: 'unknown-attachment' })
})
