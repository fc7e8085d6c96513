import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { barePicture } from '../../../src/domain/bare-picture.ts'
import { Random } from '../at/random.ts'
import { photograph, picture, SECRETS } from '../media/photographs.ts'

async function* cut(octets: Uint8Array, sizes: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; ) {
    const size = Math.max(1, sizes())
    yield octets.subarray(at, at + size)
    at += size
  }
}

async function bare(octets: Uint8Array, sizes: () => number = () => 65_536): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of barePicture(cut(octets, sizes))) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

const pixelsOf = async (octets: Uint8Array) => await sharp(octets).raw().toBuffer()

function expectNoSecret(octets: Buffer): void {
  for (const secret of SECRETS) expect(octets.includes(secret)).toBe(false)
}

describe('a picture on its way out', () => {
  it('a photograph keeps its pixels, its colours and how it is turned, and says nothing of place, maker or notes', async () => {
    const original = Buffer.concat([await photograph(300, 200), Buffer.from('a film with SECRET-COMMENT')])
    const clean = await bare(original)
    expect(SECRETS.every((secret) => original.includes(secret))).toBe(true)
    expectNoSecret(clean)
    expect(await pixelsOf(clean)).toEqual(await pixelsOf(original))
    const { orientation, exif, xmp, format, icc } = await sharp(clean).metadata()
    expect({ orientation, format, xmp }).toEqual({ orientation: 6, format: 'jpeg', xmp: undefined })
    expect(exif?.length).toBe(32)
    expect(icc).toEqual((await sharp(original).metadata()).icc)
  })

  it('a progressive one, with restart markers in its scans, too', async () => {
    const jpeg = await picture(200, 150, { noise: 200 })
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Make: 'PhoneMaker' } })
      .toBuffer()
    const clean = await bare(jpeg)
    expectNoSecret(clean)
    expect(await pixelsOf(clean)).toEqual(await pixelsOf(jpeg))
  })

  it('a PNG and a WebP keep their pixels and lose their notes', async () => {
    for (const format of ['png', 'webp'] as const) {
      const noted = picture(80, 60, { channels: 4 })
        .withExif({ IFD0: { Make: 'PhoneMaker', ImageDescription: '51.4778' } })
        .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET-XMP</x:xmpmeta>')
      const original = await noted.toFormat(format, { lossless: true }).toBuffer()
      expect([format, original.includes('PhoneMaker')]).toEqual([format, true])
      const clean = await bare(original)
      expectNoSecret(clean)
      expect(await pixelsOf(clean)).toEqual(await pixelsOf(original))
      const { exif, xmp } = await sharp(clean).metadata()
      expect([format, exif, xmp]).toEqual([format, undefined, undefined])
    }
  })

  it('the pieces in which it comes make no difference', async () => {
    const random = new Random(7)
    const png = await picture(40, 30)
      .png()
      .withExif({ IFD0: { Make: 'PhoneMaker' } })
      .toBuffer()
    for (const original of [await photograph(60, 40), png]) {
      const whole = await bare(original)
      expect((await bare(original, () => 1)).equals(whole)).toBe(true)
      for (let round = 0; round < 20; round++) {
        expect((await bare(original, () => random.below(300))).equals(whole)).toBe(true)
      }
    }
  })

  it('what is no such picture passes as it is', async () => {
    for (const words of ['', 'x', 'RIFF', 'RIFFxxxxWAVEfmt data', '%PDF-1.7 Exif', '\x89PNG\r\n']) {
      expect((await bare(Buffer.from(words, 'latin1'))).toString('latin1')).toBe(words)
    }
    const gif = await picture(10, 10).gif().toBuffer()
    expect((await bare(gif)).equals(gif)).toBe(true)
  })

  it('one that ends too early, or is broken anywhere, ends too, and grows by nothing', async () => {
    const random = new Random(11)
    for (const original of [
      await photograph(60, 40),
      await picture(30, 30).png().toBuffer(),
      await picture(30, 30).webp().toBuffer(),
    ]) {
      for (let end = 0; end < original.length; end += 37) {
        expect((await bare(original.subarray(0, end))).length).toBeLessThanOrEqual(end)
      }
      for (let round = 0; round < 200; round++) {
        const broken = Buffer.from(original)
        broken[random.below(broken.length)] = random.below(256)
        expect((await bare(broken)).length).toBeLessThanOrEqual(broken.length)
      }
    }
  })
})
