/** Quotes of messages with files: what they say of the file, whose small picture is shown, and when that goes. */
import sharp from 'sharp'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import type { InboundMedia, MediaTarget } from '../../../src/domain/media.ts'
import type { InboundQuote } from '../../../src/domain/sink.ts'
import { messageView } from '../../../src/http/message-views.ts'
import { keptQuote, shownFilesOf } from '../../../src/store/quoted.ts'
import { picture } from '../media/photographs.ts'
import { messageAt, receive } from './over-signal.ts'
import { ANA, World } from './world.ts'

let world: World
/** What lies at the content server, by the octet of its pointer; and what was asked for. */
let contents: Map<number, Buffer>
let asked: number[]

beforeEach(async () => {
  contents = new Map([
    [1, await picture(640, 480).jpeg().toBuffer()],
    [2, await picture(100, 75).jpeg().toBuffer()],
    [3, Buffer.from('no picture at all')],
  ])
  asked = []
  world = await World.open()
  Object.assign(world.signal, {
    fetch: async (pointer: Uint8Array, target: MediaTarget) => {
      const [which = 0] = pointer
      asked.push(which)
      const octets = contents.get(which)
      if (octets === undefined || octets.length > target.bytesMax) throw gone()
      const writer = await target.create()
      await writer.write(octets)
      return await writer.finish()
    },
  })
})
afterEach(() => world.close())

const gone = () => new CausewayError({ code: 'signal-attachment', message: 'It is not there.', retry: 'never' })
const file = (which: number, bytes: number | undefined = 5_000): InboundMedia => ({
  contentType: 'image/jpeg',
  fileName: 'roof.jpg',
  bytes,
  width: undefined,
  height: undefined,
  voice: false,
  borderless: false,
  gif: false,
  caption: undefined,
  blurhash: undefined,
  sticker: false,
  pointer: Uint8Array.of(which),
})
const quotedFile = (thumbnail: InboundMedia | undefined) => ({
  file: { contentType: 'image/jpeg', fileName: '../roof.jpg', thumbnail },
})
const quoting = (timestampMs: number, thumbnail: InboundMedia = file(2)): InboundQuote => {
  return { ours: false, timestampMs, text: '', ...quotedFile(thumbnail) }
}

const copies = () => world.db.selectFrom('attachments').selectAll().where('quoted', '=', 1).execute()
const own = () => world.db.selectFrom('attachments').selectAll().where('quoted', '=', 0).execute()
const fetched = (rows: typeof own) =>
  vi.waitFor(async () => {
    const found = await rows()
    expect(found.map(({ state }) => state)).toEqual(found.map(() => 'here'))
    return found
  })

/** What the API says of the file that the message of this time quotes. */
async function shown(sentAtMs: number) {
  const message = await messageAt(world, sentAtMs)
  if (message === undefined) throw new Error('no such message')
  const view = messageView(message, undefined, (await shownFilesOf(world.db, [message])).get(message.id))
  return { attachments: view.attachments.length, file: view.quote?.file }
}

it('a file that is here is shown by its own small copy, and the one that came with the quote is not fetched', async () => {
  await receive(world, 1_000, 'look', { media: [file(1)] })
  const [{ id } = { id: '' }] = await fetched(own)
  await receive(world, 2_000, 'nice', { quote: quoting(1_000) })
  expect(await shown(2_000)).toEqual({
    attachments: 0,
    file: { content_type: 'image/jpeg', file_name: 'roof.jpg', thumbnail_url: `/api/v1/media/${id}/thumbnail` },
  })
  expect([asked, await copies()]).toEqual([[1], []])
})

it('of one that is not here the small copy is fetched; it is no attachment of the message', async () => {
  await receive(world, 2_000, 'nice', { quote: quoting(1_000), media: [file(1)] })
  await fetched(copies)
  const [{ id } = { id: '' }] = await copies()
  expect(await shown(2_000)).toEqual({
    attachments: 1,
    file: { content_type: 'image/jpeg', file_name: 'roof.jpg', thumbnail_url: `/api/v1/media/${id}/thumbnail` },
  })
  await expect(world.router.removeFile(id)).rejects.toMatchObject({ code: 'unknown-attachment' })
})

it.each([
  ['one of unknown size', { ...file(2), bytes: undefined }],
  ['an empty one', file(2, 0)],
  ['one larger than any small picture is', file(2, 512 * 1024 + 1)],
  ['what says that it is none', { ...file(2), contentType: 'text/html' }],
  ['none', undefined],
])('of small copies %s is not fetched, and the kind of file is shown', async (_what, thumbnail) => {
  await receive(world, 2_000, 'nice', { quote: { ...quoting(1_000), ...quotedFile(thumbnail) } })
  expect(await copies()).toEqual([])
  expect(await shown(2_000)).toMatchObject({ file: { file_name: 'roof.jpg', thumbnail_url: null } })
})

it('one that lies about its size, or is no picture, is not shown', async () => {
  contents.set(2, Buffer.alloc(512 * 1024 + 1))
  await receive(world, 2_000, 'nice', { quote: quoting(1_000) })
  await receive(world, 3_000, 'nice', { quote: quoting(1_000, file(3)) })
  await vi.waitFor(async () => expect((await copies()).map(({ state }) => state).sort()).toEqual(['failed', 'here']))
  expect([await shown(2_000), await shown(3_000)]).toMatchObject([
    { file: { thumbnail_url: null } },
    { file: { thumbnail_url: null } },
  ])
  // It is no news that a quote has no picture.
  const events = await world.db.selectFrom('events').select('type').where('type', '=', 'attachment.failed').execute()
  expect(events).toEqual([])
})

it('a stranger’s is fetched when they are let in', async () => {
  await receive(world, 2_000, 'hello', { quote: quoting(1_000), request: true })
  const row = await messageAt(world, 2_000)
  expect((await copies()).map(({ state, due_at_ms }) => [state, due_at_ms])).toEqual([['waiting', null]])
  await world.router.accept(row?.conversation_id ?? '')
  await fetched(copies)
  expect(asked).toEqual([2])
})

it('taken back, or removed, the file is shown by no quote any more, and its copies are gone', async () => {
  // Too large to be fetched unasked: so the copy that came with the quote is shown.
  await receive(world, 1_000, 'look', { media: [file(1, 900_000)] })
  await receive(world, 2_000, 'nice', { quote: quoting(1_000) })
  await fetched(copies)
  expect((await shown(2_000)).file?.thumbnail_url).toMatch(/^\/api/)
  await world.router.sink.amend({
    transport: 'signal',
    by: { e164: ANA, aci: (await world.contact(ANA)).aci ?? '', pni: undefined },
    target: { ours: false, timestampMs: 1_000 },
    timestampMs: 3_000,
    change: { kind: 'deleted' },
  })
  expect([await shown(2_000), await copies()]).toEqual([{ attachments: 0, file: null }, []])
  await receive(world, 4_000, 'again', { quote: quoting(1_000) })
  expect([await shown(4_000), await copies()]).toEqual([{ attachments: 0, file: null }, []])

  await receive(world, 5_000, 'look', { media: [file(1)] })
  await receive(world, 6_000, 'nice', { quote: quoting(5_000) })
  const id = (await own()).find(({ state }) => state !== 'gone')?.id ?? ''
  await vi.waitFor(async () => expect((await shown(6_000)).file?.thumbnail_url).toMatch(/^\/api/))
  await world.router.media.wipe(id)
  expect((await shown(6_000)).file).toBeNull()
})

it('disappearing, a message takes along what others show of its file, and the copy of what it quotes', async () => {
  await receive(world, 1_000, 'look', { media: [file(1, 900_000)], timerS: 60 })
  await receive(world, 2_000, 'nice', { quote: quoting(1_000) })
  await receive(world, 3_000, 'gone soon', { quote: quoting(500), timerS: 60 })
  expect(await copies()).toHaveLength(2)
  const row = await messageAt(world, 1_000)
  await world.router.markRead(row?.conversation_id ?? '')
  await world.pass(61_000)
  await vi.waitFor(async () => expect(await copies()).toEqual([]))
  expect((await shown(2_000)).file).toBeNull()
  expect(JSON.stringify(await world.all())).not.toContain('roof.jpg')
})

/** Ana's picture is here, and we answer to it. */
async function answering(more: object = {}) {
  await receive(world, 1_000, 'look', { media: [file(1)], ...more })
  await fetched(own)
  const theirs = await messageAt(world, 1_000)
  return await world.send(ANA, 'nice', { quoteId: theirs?.id ?? '' })
}

async function octetsOf(content: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of content ?? []) pieces.push(piece)
  return Buffer.concat(pieces)
}

it('what we quote goes along as a small picture, the same at every try and after a restart', async () => {
  const tries: { id: string | undefined; octets: Buffer }[] = []
  let fate: () => void | Promise<void> = () => {
    throw new CausewayError({ code: 'signal-unreachable', message: 'Away.', retry: 'same-transport' })
  }
  world.signal.before = async ({ quote }) => {
    const thumbnail = quote?.file?.thumbnail
    tries.push({ id: thumbnail?.id, octets: await octetsOf(thumbnail?.read()) })
    await fate()
  }
  const message = await answering()
  fate = async () => {
    throw await world.crash()
  }
  await world.pass(60_000)
  fate = () => {}
  await world.reboot()
  await world.pass(60_000)
  expect((await world.message(message.id)).state).toBe('sent')
  expect(tries.length).toBeGreaterThan(2)
  const [first] = tries
  expect(new Set(tries.map(({ id, octets }) => `${id} ${octets.toString('hex')}`)).size).toBe(1)
  const { format, width, height } = await sharp(first?.octets ?? Buffer.alloc(0)).metadata()
  expect({ format, width, height }).toEqual({ format: 'jpeg', width: 150, height: 112 })
  const { file: sent, ...words } = world.signal.sends.at(-1)?.quote ?? {}
  expect(words).toEqual({ ours: false, timestampMs: 1_000, text: 'look' })
  expect(sent).toMatchObject({
    contentType: 'image/jpeg',
    fileName: 'roof.jpg',
    thumbnail: { contentType: 'image/jpeg', width: 150, height: 112 },
  })
})

it('a disk that keeps no small picture keeps no message back', async () => {
  await receive(world, 1_000, 'look', { media: [file(1)] })
  await fetched(own)
  const { blobs } = world.router.media
  const spy = vi.spyOn(blobs, 'create').mockRejectedValue(new Error('EIO'))
  const message = await world.send(ANA, 'nice', { quoteId: (await messageAt(world, 1_000))?.id ?? '' })
  await vi.waitFor(() => expect(spy).toHaveBeenCalled())
  await vi.waitFor(async () => expect((await world.message(message.id)).state).toBe('sent'))
  expect(world.signal.sends[0]?.quote?.file).toEqual({ contentType: 'image/jpeg', fileName: 'roof.jpg' })
})

it('an edit says the picture again by what was uploaded', async () => {
  const message = await answering()
  const [copy] = await copies()
  await world.router.change(message.id, { kind: 'edited', text: 'nicer' })
  await vi.waitFor(() => expect(world.signal.changes).toHaveLength(1))
  expect(world.signal.changes[0]?.change).toMatchObject({ quote: { file: { thumbnailId: copy?.id } } })
})

it('of what is to be looked at once nothing goes along but what kind of file it is', async () => {
  const message = await answering({ viewOnce: true })
  expect(keptQuote(message)?.file).toEqual({ contentType: 'image/jpeg' })
  expect(world.signal.sends[0]?.quote?.file).toEqual({ contentType: 'image/jpeg' })
  expect(await copies()).toEqual([])
})
