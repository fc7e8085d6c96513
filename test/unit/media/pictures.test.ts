/** Copies of pictures that fit: real pictures, through the real thread. */
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { gifWithoutMetadata } from '../../../src/media/gif-blocks.ts'
import { Pictures } from '../../../src/media/pictures.ts'
import { EDGES, edgesFrom, firstThatFits, QUALITIES } from '../../../src/media/size-search.ts'
import { animation, photograph, picture, SECRETS } from './photographs.ts'

const pictures = new Pictures()
afterAll(() => pictures.close())

async function shrunk(octets: Uint8Array, bytesMax: number) {
  const answer = await pictures.shrink(octets, bytesMax)
  if (typeof answer === 'string') throw new Error(answer)
  expect(answer.octets.length).toBeLessThanOrEqual(bytesMax)
  const metadata = await sharp(answer.octets).metadata()
  expect([metadata.width, metadata.pageHeight ?? metadata.height]).toEqual([answer.width, answer.height])
  for (const secret of SECRETS) expect(Buffer.from(answer.octets).includes(secret)).toBe(false)
  expect([metadata.exif, metadata.xmp, metadata.orientation]).toEqual([undefined, undefined, undefined])
  return { ...answer, metadata }
}

describe('a photograph', () => {
  it.each([20, 50, 100, 300].map((kilobytes) => kilobytes * 1024))('fits into %i octets', async (bytesMax) => {
    const { contentType, octets } = await shrunk(await photograph(1600, 1200), bytesMax)
    expect(contentType).toBe('image/jpeg')
    // The search stops at the first that fits, which is no stamp.
    expect(octets.length).toBeGreaterThan(bytesMax / 4)
  })

  it('is turned upright, and says nothing of where it was taken and by what', async () => {
    const octets = await photograph(320, 160)
    for (const secret of SECRETS) expect(octets.includes(secret)).toBe(true)
    expect((await sharp(octets).metadata()).orientation).toBe(6)
    const { width, height } = await shrunk(octets, 1_000_000)
    expect([width, height]).toEqual([160, 320])
  })

  it('is at most as large as phones show, and never made larger', async () => {
    expect((await shrunk(await picture(2600, 500, { noise: 0 }).jpeg().toBuffer(), 5_000_000)).width).toBe(2048)
    expect((await shrunk(await picture(100, 50).jpeg().toBuffer(), 5_000_000)).width).toBe(100)
  })

  it('does not fit into nothing', async () => {
    expect(await pictures.shrink(await photograph(1600, 1200, { noise: 255 }), 500)).toBe('does-not-fit')
  })
})

describe('a drawing', () => {
  it('stays a PNG while it is small', async () => {
    expect((await shrunk(await picture(200, 100, { noise: 0 }).png().toBuffer(), 300_000)).contentType).toBe(
      'image/png',
    )
  })

  it('becomes a JPEG when it is large and nothing shines through', async () => {
    expect((await shrunk(await picture(900, 700).png().toBuffer(), 300_000)).contentType).toBe('image/jpeg')
    const opaque = await sharp(await picture(900, 700).png().toBuffer())
      .ensureAlpha(1)
      .png()
      .toBuffer()
    expect((await shrunk(opaque, 300_000)).contentType).toBe('image/jpeg')
  })

  it('keeps what shines through, as a sticker does', async () => {
    const sticker = await picture(256, 256, { channels: 4, noise: 20 }).webp().toBuffer()
    for (const bytesMax of [300_000, 40_000]) {
      const { contentType, metadata } = await shrunk(sticker, bytesMax)
      expect([contentType, metadata.hasAlpha]).toEqual(['image/png', true])
    }
  })

  it('is put on white when it cannot be kept', async () => {
    const noisy = await picture(200, 200, { channels: 4, noise: 255 }).png().toBuffer()
    const { contentType } = await shrunk(noisy, 12_000)
    expect(contentType).toBe('image/jpeg')
    const clear = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#00000000' } })
      .webp()
      .toBuffer()
    expect((await shrunk(clear, 100_000)).contentType).toBe('image/png')
  })
})

describe('an animation', () => {
  it('stays as it is when it fits, without what its maker wrote into it', async () => {
    const gif = await animation(120, 90, 6)
    const comment = Buffer.concat([Buffer.from([0x21, 0xfe, 14]), Buffer.from('SECRET-COMMENT'), Buffer.from([0])])
    const spoken = Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)])
    const { contentType, octets, metadata } = await shrunk(spoken, spoken.length)
    expect([contentType, metadata.pages, metadata.loop]).toEqual(['image/gif', 6, (await sharp(gif).metadata()).loop])
    expect(octets.length).toBeLessThanOrEqual(gif.length)
  })

  it('is made smaller, then loses frames, then stands still', async () => {
    const gif = await animation(160, 120, 8)
    const kinds: string[] = []
    for (const share of [1, 0.45, 0.02]) {
      const { contentType, metadata } = await shrunk(gif, Math.round(gif.length * share))
      kinds.push(contentType === 'image/gif' ? `${metadata.pages} frames` : contentType)
    }
    expect(kinds[0]).toBe('8 frames')
    expect(kinds.at(-1)).toBe('image/jpeg')
  })

  it('of WebP becomes a GIF', async () => {
    const { contentType, metadata } = await shrunk(await animation(100, 80, 4, 'webp'), 500_000)
    expect([contentType, metadata.pages]).toEqual(['image/gif', 4])
  })

  it('that was cut is not taken apart by hand', async () => {
    const gif = await animation(60, 40, 3)
    expect(gifWithoutMetadata(gif)?.length).toBeLessThanOrEqual(gif.length)
    for (let end = 0; end < gif.length; end += 97) expect(gifWithoutMetadata(gif.subarray(0, end))).toBeUndefined()
  })
})

describe('a hostile picture', () => {
  it('of too many pixels is refused before it is looked at', async () => {
    expect(await pictures.shrink(bomb(60_000, 60_000), 300_000)).toBe('too-many-pixels')
    expect(await pictures.look('image/png', 100, one(bomb(60_000, 60_000)))).toBeUndefined()
  })

  it('that is none is refused', async () => {
    const half = (await photograph(400, 300)).subarray(0, 3000)
    for (const octets of [
      Buffer.from('no picture'),
      Buffer.alloc(0),
      half,
      Buffer.from('<svg width="9" height="9"/>'),
    ]) {
      expect(await pictures.shrink(octets, 300_000)).toBe('unreadable')
    }
  })

  it('that takes too long ends the thread, and the next one has another', async () => {
    const hurried = new Pictures({ jobTimeoutMs: 1 })
    const octets = await picture(64, 64).jpeg().toBuffer()
    expect(await hurried.shrink(octets, 100_000)).toBe('too-slow')
    expect(await hurried.shrink(octets, 100_000)).toBe('too-slow')
    await hurried.close()
  })

  it('does not take the thread from the others', async () => {
    const good = await picture(64, 64).jpeg().toBuffer()
    const answers = await Promise.all([
      pictures.shrink(Buffer.from('no'), 1000),
      pictures.shrink(good, 100_000),
      pictures.look('image/jpeg', good.length, one(good)),
    ])
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer?.width))).toEqual([
      'unreadable',
      64,
      64,
    ])
  })

  it('of many frames is shown by its first, and sent as that where all of them are too much', async () => {
    const gif = await animation(32, 24, 3)
    const head = gif.subarray(0, 13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1))
    const many = Buffer.concat([
      head,
      ...Array.from({ length: 300 }, () => gif.subarray(head.length, -1)),
      gif.subarray(-1),
    ])
    expect(await pictures.look('image/gif', many.length, one(many))).toMatchObject({ width: 32, height: 24 })
    expect(await pictures.shrink(many, 8000)).toMatchObject({ width: 32 })
  })

  it('that comes after the end is not looked at', async () => {
    const closed = new Pictures()
    const octets = await picture(8, 8).png().toBuffer()
    const waiting = [closed.shrink(octets, 10_000), closed.shrink(octets, 10_000)]
    await closed.close()
    expect(await Promise.all([...waiting, closed.shrink(octets, 10_000)])).toEqual(Array(3).fill('unavailable'))
  })

  it('waits in a line that has an end', async () => {
    const crowded = new Pictures()
    const octets = await picture(8, 8).png().toBuffer()
    const answers = await Promise.all(Array.from({ length: 70 }, () => crowded.shrink(octets, 10_000)))
    expect(answers.filter((answer) => answer === 'unavailable')).toHaveLength(6)
    await crowded.close()
  })
})

describe('the search', () => {
  it('takes the first of edges and the best of qualities that fit, and asks no more than that takes', async () => {
    const asked: string[] = []
    // Octets as a picture has them: by its area, and by its quality.
    const size = (edge: number, quality: number) => Math.round((edge * edge * quality) / 500)
    for (const bytesMax of [1, 1000, 20_000, 100_000, 300_000, 10_000_000]) {
      asked.length = 0
      const found = await firstThatFits(EDGES, bytesMax, async (edge, quality) => {
        asked.push(`${edge} ${quality}`)
        return new Uint8Array(size(edge, quality))
      })
      const expected = EDGES.flatMap((edge) => QUALITIES.map((quality) => ({ edge, quality }))).find(
        ({ edge, quality }) => size(edge, quality) <= bytesMax,
      )
      expect(found && { edge: found.edge, quality: found.quality }).toEqual(expected)
      expect(asked.length).toBeLessThanOrEqual(2 * EDGES.length + QUALITIES.length)
      expect(new Set(asked).size).toBe(asked.length)
    }
  })

  it('begins with the edge that the picture has', () => {
    expect(edgesFrom(1000)).toEqual([1000, 800, 640, 480, 320, 240, 160])
    expect(edgesFrom(4000)[0]).toBe(2048)
    expect(edgesFrom(10)).toEqual([10])
  })
})

function one(octets: Uint8Array) {
  return async function* () {
    yield octets
  }
}

/** A PNG that says it is huge, and has nothing in it. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const chunks = [
    ['IHDR', header] as const,
    ['IDAT', deflateSync(Buffer.alloc(1000))] as const,
    ['IEND', Buffer.alloc(0)] as const,
  ]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks.map(([type, data]) => chunk(type, data))])
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  let crc = 0xffffffff
  for (const octet of named) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  frame.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4)
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
}
