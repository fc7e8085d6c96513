/** Pictures for tests: seeded, with as much detail as wanted, and with what a telephone writes into them. */
import sharp from 'sharp'
import { Random } from '../at/random.ts'

/** A gradient with noise on it: `noise` 0 is smooth, 255 cannot be compressed. */
function pixels(width: number, height: number, { noise = 40, seed = 1, channels = 3 } = {}): Buffer {
  const random = new Random(seed)
  const octets = Buffer.alloc(width * height * channels)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const base = [(x * 255) / width, (y * 255) / height, ((x + y) * 255) / (width + height), (x * 255) / width]
      for (let channel = 0; channel < channels; channel++) {
        octets[at++] = Math.max(0, Math.min(255, (base[channel] ?? 0) + random.below(noise + 1) - noise / 2))
      }
    }
  }
  return octets
}

export function picture(
  width: number,
  height: number,
  options: { noise?: number; seed?: number; channels?: 3 | 4 } = {},
) {
  const channels = options.channels ?? 3
  return sharp(pixels(width, height, options), { raw: { width, height, channels } })
}

/** What is looked for in every copy: none of it may be there. */
export const SECRETS = ['51.4778', 'PhoneMaker', 'SECRET-XMP', 'SECRET-COMMENT'] as const

/** With the place where it was taken, the maker of the telephone, an XMP packet and a comment, turned by a quarter. */
export async function photograph(width: number, height: number, options: { noise?: number; seed?: number } = {}) {
  const jpeg = await picture(width, height, options)
    .withExif({
      IFD0: { Make: 'PhoneMaker', ImageDescription: '51.4778' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 28/1 40/1', GPSLongitudeRef: 'W', GPSLongitude: '0/1 0/1 5/1' },
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET-XMP</x:xmpmeta>')
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 92 })
    .toBuffer()
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 16]), Buffer.from('SECRET-COMMENT')])
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)])
}

/** An animation of `frames` noisy frames. */
export async function animation(width: number, height: number, frames: number, format: 'gif' | 'webp' = 'gif') {
  const all = Buffer.concat(
    Array.from({ length: frames }, (_, frame) => pixels(width, height, { seed: frame + 1, noise: 60 })),
  )
  const moving = sharp(all, { raw: { width, height: height * frames, channels: 3, pageHeight: height } })
  return format === 'gif' ? await moving.gif({ effort: 1 }).toBuffer() : await moving.webp({ effort: 0 }).toBuffer()
}
