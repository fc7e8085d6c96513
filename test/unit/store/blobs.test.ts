/** Content at rest: encrypted, whole or not at all, and nothing unverified given out. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import type { StoredBlob } from '../../../src/domain/media.ts'
import { Blobs } from '../../../src/store/blobs.ts'

const chunk = 64 * 1024
let directory: string
let blobs: Blobs

const openBlobs = (totalBytesMax = 1 << 30, key = 1) =>
  Blobs.open({
    directory,
    databaseKey: new Uint8Array(32).fill(key),
    totalBytesMax,
    ids: createIds(() => Date.now(), randomBytes),
    randomOctets: randomBytes,
  })

async function store(content: Uint8Array, stepBytes = content.length || 1): Promise<StoredBlob> {
  const writer = await blobs.create()
  for (let at = 0; at < content.length; at += stepBytes) await writer.write(content.subarray(at, at + stepBytes))
  return await writer.finish()
}

async function read(blob: StoredBlob, range?: { from: number; to: number }, from = blobs): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of from.read(blob, range)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-blobs-'))
  blobs = await openBlobs()
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('content at rest', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 17])(
    'comes back as it was: %i octets',
    async (n) => {
      const content = randomBytes(n)
      for (const step of [1_000, chunk, n || 1])
        expect((await read(await store(content, step))).equals(content)).toBe(true)
    },
  )

  it('is encrypted, under a key of its own for each file', async () => {
    const content = Buffer.alloc(1_000, 'secret words ')
    const [one, two] = [await store(content), await store(content)]
    const files = [one, two].map(({ id }) => readFileSync(join(directory, id)))
    for (const file of files) expect(file.includes('secret')).toBe(false)
    expect(files[0]?.subarray(20).equals(files[1]?.subarray(20) ?? Buffer.of())).toBe(false)
    const stranger = await openBlobs(1 << 30, 2)
    await expect(read(one, undefined, stranger)).rejects.toMatchObject({ code: 'blob-damaged' })
  })

  it('gives any range, from the chunks that hold it alone', async () => {
    const content = randomBytes(3 * chunk + 100)
    const blob = await store(content)
    for (const [from, to] of [
      [0, 1],
      [chunk - 1, chunk + 1],
      [chunk, 2 * chunk],
      [10, 3 * chunk + 50],
      [3 * chunk + 99, 3 * chunk + 100],
    ] as const) {
      expect((await read(blob, { from, to })).equals(content.subarray(from, to))).toBe(true)
    }
  })

  it('gives out nothing of a chunk that was changed, and the others still open', async () => {
    const content = randomBytes(2 * chunk + 10)
    const blob = await store(content)
    const path = join(directory, blob.id)
    const file = readFileSync(path)
    const at = 20 + chunk + 16 + 5
    file.writeUInt8(file.readUInt8(at) ^ 1, at)
    writeFileSync(path, file)
    await expect(read(blob, { from: chunk, to: chunk + 1 })).rejects.toMatchObject({ code: 'blob-damaged' })
    expect((await read(blob, { from: 0, to: chunk })).equals(content.subarray(0, chunk))).toBe(true)
  })

  it('notices a file that was cut, stretched, reordered, or put in another’s place', async () => {
    const content = randomBytes(2 * chunk)
    const blob = await store(content)
    const other = await store(randomBytes(2 * chunk))
    const path = join(directory, blob.id)
    const whole = readFileSync(path)
    const sealed = chunk + 16
    const first = whole.subarray(20, 20 + sealed)
    const second = whole.subarray(20 + sealed)
    for (const forged of [
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.concat([whole.subarray(0, 20), second, first]),
      readFileSync(join(directory, other.id)),
    ]) {
      writeFileSync(path, forged)
      await expect(read(blob)).rejects.toMatchObject({ code: 'blob-damaged' })
    }
    // The first of two chunks passed off as all there is.
    writeFileSync(path, whole.subarray(0, 20 + sealed))
    await expect(read({ id: blob.id, bytes: chunk })).rejects.toMatchObject({ code: 'blob-damaged' })
  })
})

describe('room', () => {
  it('is bounded: what does not fit is refused by name, and leaves nothing behind', async () => {
    blobs = await openBlobs(200_000)
    await blobs.sweep(new Set(), new Set())
    const kept = await store(randomBytes(100_000))
    const writer = await blobs.create()
    await expect(writer.write(randomBytes(300_000))).rejects.toMatchObject({ code: 'storage-full' })
    await writer.discard()
    await expect(blobs.partial(kept.id).append(randomBytes(150_000))).rejects.toMatchObject({ code: 'storage-full' })
    expect((await read(kept)).length).toBe(100_000)
    expect(readdirSync(join(directory, 'tmp'))).toEqual([])
    await blobs.remove(kept.id)
    expect(blobs.usedBytes).toBe(0)
    await store(randomBytes(150_000))
  })

  it('a sweep removes what no row names and counts the rest', async () => {
    const [kept, orphan] = [await store(randomBytes(10)), await store(randomBytes(10))]
    await (await blobs.create()).write(randomBytes(10))
    await blobs.partial(kept.id).append(randomBytes(7))
    await blobs.partial(orphan.id).append(randomBytes(7))
    const again = await openBlobs()
    expect(await again.sweep(new Set([kept.id]), new Set([kept.id]))).toBe(3)
    expect(again.usedBytes).toBe(20 + 10 + 16 + 7)
    expect((await read(kept, undefined, again)).length).toBe(10)
    await expect(read(orphan, undefined, again)).rejects.toMatchObject({ code: 'blob-missing' })
  })

  it('an id that is a path is refused', async () => {
    await expect(blobs.remove('../causeway.db')).rejects.toThrow('not an id')
  })
})
