/** Attachments over a real socket: cut off and gone on with, and nothing taken that is not what the pointer says. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  chunkSizeInBytes,
  DigestingPassThrough,
  inferChunkSize,
} from '@signalapp/libsignal-client/dist/incremental_mac.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import type { OutgoingMedia } from '../../../src/domain/media.ts'
import { openAttachment, sealAttachment } from '../../../src/signal/attachments.ts'
import { fetchAttachment } from '../../../src/signal/attachments-in.ts'
import { keepAttachments, Uploads } from '../../../src/signal/attachments-out.ts'
import { systemClock, systemRandom } from '../../../src/signal/clock.ts'
import { ContentServer } from '../../../src/signal/content-server.ts'
import type { AttachmentPointer } from '../../../src/signal/proto/data-message.ts'
import { attachmentPointerCodec } from '../../../src/signal/proto/messages.ts'
import { Blobs } from '../../../src/store/blobs.ts'
import type { Database } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { type CdnStub, openCdn } from './cdn-stub.ts'

const partId = `att_${'0'.repeat(26)}`
const never = new AbortController().signal
let cdn: CdnStub
let server: ContentServer
let blobs: Blobs
let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-transfers-'))
  cdn = await openCdn()
  server = new ContentServer({ cdnUrls: { '0': cdn.url, '2': cdn.url, '3': cdn.url }, caPems: cdn.caPems })
  blobs = await Blobs.open({
    directory,
    databaseKey: new Uint8Array(32),
    totalBytesMax: 1 << 30,
    ids: createIds(() => Date.now(), randomBytes),
    randomOctets: randomBytes,
  })
})
afterEach(async () => {
  await cdn.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Puts content at the server; `change` spoils what lies there. */
function plant(content: Buffer, change: (blob: Buffer) => Buffer = (blob) => blob): AttachmentPointer {
  const { blob, pointer } = sealAttachment(content, systemRandom)
  cdn.files.set('k', change(blob))
  return { ...pointer, cdnNumber: 3, cdnKey: 'k' }
}

async function fetch(pointer: AttachmentPointer, bytesMax = 10_000_000): Promise<Buffer> {
  const target = { part: blobs.partial(partId), create: () => blobs.create(), bytesMax }
  const blob = await fetchAttachment(server, attachmentPointerCodec.encode(pointer), target, never)
  const parts: Buffer[] = []
  for await (const part of blobs.read(blob)) parts.push(part)
  return Buffer.concat(parts)
}

/** What a failed fetch leaves: no content, verified or not. */
const stored = () =>
  readdirSync(directory).filter((name) => name.startsWith('blb_')).length + readdirSync(join(directory, 'tmp')).length

describe('a download', () => {
  it.each([0, 1, 15, 16, 541, 300_000])('of %i octets comes back as it was', async (size) => {
    const content = randomBytes(size)
    expect((await fetch(plant(content))).equals(content)).toBe(true)
    expect(await blobs.partial(partId).size()).toBe(0)
  })

  it.each([0, 2])('by a number of 64 bits, as old clients point at CDN %i, is found', async (cdnNumber) => {
    const content = randomBytes(1_000)
    const { cdnKey: _, ...pointer } = plant(content)
    const cdnId = '9223372036854775807'
    cdn.files.set(cdnId, cdn.files.get('k') ?? Buffer.alloc(0))
    const old = attachmentPointerCodec.decode(attachmentPointerCodec.encode({ ...pointer, cdnId, cdnNumber }))
    expect((await fetch(old)).equals(content)).toBe(true)
    expect(cdn.requests).toEqual([`GET /attachments/${cdnId}`])
  })

  it('of which the pointer names no place is refused', async () => {
    const { cdnKey: _, ...pointer } = plant(randomBytes(1_000))
    await expect(fetch({ ...pointer, cdnId: '0' })).rejects.toMatchObject({ code: 'signal-attachment' })
    expect(cdn.requests).toEqual([])
  })

  it('that is cut off again and again goes on where it was', async () => {
    const content = randomBytes(500_000)
    const pointer = plant(content)
    cdn.breakAfter = [100_000, 200_000, 1]
    expect((await fetch(pointer)).equals(content)).toBe(true)
    const ranges = cdn.requests.map((request) => Number(/bytes=(\d+)-/.exec(request)?.[1] ?? 0))
    expect(ranges).toHaveLength(4)
    expect(ranges[1]).toBeGreaterThan(0)
    expect([...ranges].sort((a, b) => a - b)).toEqual(ranges)
  })

  it('begins anew where the server knows no ranges, and still fits', async () => {
    const content = randomBytes(300_000)
    const pointer = plant(content)
    cdn.ranges = false
    cdn.breakAfter = [100_000]
    expect((await fetch(pointer)).equals(content)).toBe(true)
    expect(cdn.requests).toHaveLength(2)
  })

  it('that had come whole before a crash is not fetched again', async () => {
    const content = randomBytes(50_000)
    const pointer = plant(content)
    await blobs.partial(partId).append(cdn.files.get('k') ?? Buffer.alloc(0))
    expect((await fetch(pointer)).equals(content)).toBe(true)
    expect(cdn.requests).toEqual([`GET /attachments/k bytes=${cdn.files.get('k')?.length}-`])
  })

  it('whose part was spoilt by a power cut is fetched once more from the beginning', async () => {
    const content = randomBytes(50_000)
    const pointer = plant(content)
    await blobs.partial(partId).append(Buffer.alloc(10_000))
    expect((await fetch(pointer)).equals(content)).toBe(true)
    expect(cdn.requests).toHaveLength(2)
  })

  it.each([
    ['a wrong digest', (pointer: AttachmentPointer) => ({ ...pointer, digest: randomBytes(32) }), undefined, /digest/],
    [
      'a wrong MAC',
      (pointer: AttachmentPointer) => pointer,
      (blob: Buffer) => flipped(blob, blob.length - 1),
      /authentication/,
    ],
    [
      'changed content',
      (pointer: AttachmentPointer) => pointer,
      (blob: Buffer) => flipped(blob, 100),
      /authentication/,
    ],
    [
      'half of it',
      (pointer: AttachmentPointer) => pointer,
      (blob: Buffer) => blob.subarray(0, 100_000),
      /authentication/,
    ],
    ['next to nothing', (pointer: AttachmentPointer) => pointer, (blob: Buffer) => blob.subarray(0, 20), /too short/],
    [
      'less than its pointer says',
      (pointer: AttachmentPointer) => ({ ...pointer, size: 400_000 }),
      undefined,
      /shorter/,
    ],
    ['no digest', ({ digest: _, ...pointer }: AttachmentPointer) => pointer, undefined, /incomplete/],
    ['no place', ({ cdnKey: _, ...pointer }: AttachmentPointer) => pointer, undefined, /place/],
    [
      'a place that leads elsewhere',
      (pointer: AttachmentPointer) => ({ ...pointer, cdnKey: '../k' }),
      undefined,
      /place/,
    ],
    ['nothing', (pointer: AttachmentPointer) => ({ ...pointer, cdnKey: 'other' }), undefined, /404/],
  ])('with %s is refused for good, and nothing of it stays', async (_name, point, change, why) => {
    const pointer: AttachmentPointer = point(plant(randomBytes(200_000), change))
    if (change !== undefined && pointer.digest !== undefined) {
      // The digest fits what lies there: only the authentication can tell.
      pointer.digest = createHash('sha256')
        .update(cdn.files.get('k') ?? '')
        .digest()
    }
    await expect(fetch(pointer)).rejects.toMatchObject({ code: 'signal-attachment', retry: 'never', message: why })
    expect(stored()).toBe(0)
    expect(await blobs.partial(partId).size()).toBe(0)
  })

  it('that is too large is refused, by its pointer or by what comes', async () => {
    const pointer = plant(randomBytes(200_000))
    await expect(fetch(pointer, 100_000)).rejects.toMatchObject({
      code: 'signal-attachment',
      message: expect.stringMatching(/larger/),
    })
    expect(cdn.requests).toEqual([])
    await expect(fetch({ ...pointer, size: 10 }, 100_000)).rejects.toMatchObject({
      message: expect.stringMatching(/larger/),
    })
    expect(stored()).toBe(0)
  })

  it('without a digest is believed by its incremental MAC, and only by that', async () => {
    const content = randomBytes(300_000)
    const { digest: _, ...pointer } = plant(content)
    const blob = cdn.files.get('k') ?? Buffer.alloc(0)
    const choice = inferChunkSize(blob.length)
    const mac = new DigestingPassThrough(new Uint8Array(pointer.key?.subarray(32) ?? []), choice)
    mac.resume().end(blob)
    await new Promise((resolve) => mac.once('end', resolve))
    const proved = { ...pointer, incrementalMac: mac.getFinalDigest(), chunkSize: chunkSizeInBytes(choice) }
    expect((await fetch(proved)).equals(content)).toBe(true)
    cdn.files.set('k', flipped(blob, 1_000))
    await expect(fetch(proved)).rejects.toMatchObject({ code: 'signal-attachment', retry: 'never' })
    expect(stored()).toBe(1)
  })

  it('keeps what has come when the network is gone', async () => {
    const pointer = plant(randomBytes(200_000))
    cdn.breakAfter = [50_000, 0, 0, 0, 0, 0, 0]
    await expect(fetch(pointer)).rejects.toMatchObject({ code: 'signal-unreachable', retry: 'same-transport' })
    expect(await blobs.partial(partId).size()).toBeGreaterThan(0)
  })
})

function flipped(blob: Buffer, at: number): Buffer {
  const changed = Buffer.from(blob)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return changed
}

describe.each([
  [3, 'tus', '/tus'],
  [2, 'signed URL', '/signed'],
] as const)('an upload to CDN %i (%s)', (cdnNumber, _name, path) => {
  let db: Database
  beforeEach(async () => {
    db = await freshDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32) })
  })
  afterEach(() => db.destroy())

  const media = (content: Buffer, contentType = 'image/jpeg'): OutgoingMedia => ({
    id: partId,
    contentType,
    fileName: 'a.jpg',
    bytes: content.length,
    width: undefined,
    height: undefined,
    voice: true,
    viewOnce: false,
    borderless: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
    async *read() {
      for (let at = 0; at < content.length; at += 50_000) yield content.subarray(at, at + 50_000)
    },
  })

  /** As after a restart: nothing is known but what is in the database. */
  const uploads = () => {
    const form = {
      cdn: cdnNumber,
      key: 'k',
      headers: new Map([['x-form', '1']]),
      signedUploadUrl: new URL(`${cdn.url}${path}`),
    }
    const connection = { getUploadForm: async () => form }
    // Nothing else of the connection is used here.
    const chat = { authenticated: () => connection } as unknown as ConstructorParameters<typeof Uploads>[0]['chat']
    return new Uploads({ db, chat, server, clock: systemClock, random: systemRandom })
  }

  it('is named again by an edit of its message', async () => {
    const pointer = await uploads().pointerTo(media(randomBytes(1_000)), never)
    const edit = { editMessage: { targetSentTimestamp: 1, dataMessage: { body: 'better' } } }
    const kept = await db.transaction().execute((tx) => keepAttachments(tx, edit, [partId, 'att_unknown']))
    const { body, attachments = [] } = kept.editMessage?.dataMessage ?? {}
    expect(body).toBe('better')
    expect(attachments.map((one) => attachmentPointerCodec.encode(one))).toEqual([
      attachmentPointerCodec.encode(pointer),
    ])
  })

  it('is named again by an edit of a message that quotes it, and is no attachment of that', async () => {
    const pointer = await uploads().pointerTo(media(randomBytes(1_000)), never)
    const quote = { id: 5, attachments: [{ contentType: 'image/png' }] }
    const edit = { editMessage: { targetSentTimestamp: 1, dataMessage: { body: 'better', quote } } }
    const kept = await db.transaction().execute((tx) => keepAttachments(tx, edit, [], partId))
    const { quote: said, attachments } = kept.editMessage?.dataMessage ?? {}
    const [file] = said?.attachments ?? []
    expect([attachments, said?.id, file?.contentType]).toEqual([[], 5, 'image/png'])
    expect(attachmentPointerCodec.encode(file?.thumbnail ?? {})).toEqual(attachmentPointerCodec.encode(pointer))
  })

  it('arrives so that its pointer opens it', async () => {
    const content = randomBytes(300_000)
    const pointer = await uploads().pointerTo(media(content), never)
    expect(openAttachment(cdn.uploads.get('k') ?? Buffer.alloc(0), pointer).equals(content)).toBe(true)
    expect(pointer).toMatchObject({ cdnNumber, cdnKey: 'k', size: 300_000, flags: 1, fileName: 'a.jpg' })
  })

  it('is made once: a repeated attempt takes the same pointer', async () => {
    const content = randomBytes(10_000)
    const first = await uploads().pointerTo(media(content), never)
    const requests = cdn.requests.length
    const again = await uploads().pointerTo(media(content), never)
    expect(Buffer.from(attachmentPointerCodec.encode(again))).toEqual(Buffer.from(attachmentPointerCodec.encode(first)))
    expect(cdn.requests).toHaveLength(requests)
  })

  it('that is cut off goes on where the server is', async () => {
    const content = randomBytes(600_000)
    cdn.breakAfter = [200_000, 100_000]
    const pointer = await uploads().pointerTo(media(content), never)
    expect(openAttachment(cdn.uploads.get('k') ?? Buffer.alloc(0), pointer).equals(content)).toBe(true)
    expect(cdn.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1)
  })

  it('that a restart cut off goes on, with the same keys', async () => {
    const content = randomBytes(600_000)
    cdn.breakAfter = [200_000, 0, 0, 0, 0, 0, 0]
    await expect(uploads().pointerTo(media(content), never)).rejects.toMatchObject({ code: 'signal-unreachable' })
    expect(cdn.uploads.get('k')?.length).toBeGreaterThan(0)
    cdn.breakAfter = []
    const pointer = await uploads().pointerTo(media(content), never)
    expect(openAttachment(cdn.uploads.get('k') ?? Buffer.alloc(0), pointer).equals(content)).toBe(true)
    expect(cdn.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1)
  })

  it('of a film tells the incremental MAC, by which it opens without its digest', async () => {
    const content = randomBytes(200_000)
    const pointer = await uploads().pointerTo(media(content, 'video/mp4'), never)
    cdn.files.set('k', cdn.uploads.get('k') ?? Buffer.alloc(0))
    const { digest: _, ...rest } = pointer
    expect((await fetch(rest)).equals(content)).toBe(true)
  })
})
