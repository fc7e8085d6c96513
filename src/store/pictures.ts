/**
 * Small copies of pictures, and how large a picture is. The only file that imports `sharp`, and only when the first
 * picture comes: a gateway of texts does not pay for it. A picture is hostile until proved otherwise: its type is what its
 * first octets say, its pixels and the time it takes are bounded, one is looked at at a time, and whatever goes wrong
 * means no more than that there is no small copy.
 */
import { isPicture } from '../domain/media.ts'

/** Longer side of a small copy. */
const THUMBNAIL_PIXELS_MAX = 512
/** Of a picture that is looked at: what a good camera makes. */
const INPUT_PIXELS_MAX = 64_000_000
/** It is held in memory while it is looked at. */
const INPUT_BYTES_MAX = 24 * 1024 * 1024
const SECONDS_MAX = 15

export interface Looked {
  width: number
  height: number
  /** JPEG, or PNG where it is transparent. */
  thumbnail: Buffer
}

export class Pictures {
  #turn: Promise<unknown> = Promise.resolve()

  /** What can be said of a picture; undefined where nothing can. Never rejects. */
  async look(contentType: string, bytes: number, read: () => AsyncIterable<Uint8Array>): Promise<Looked | undefined> {
    if (!isPicture(contentType) || bytes > INPUT_BYTES_MAX) return undefined
    const turn = this.#turn.then(() => look(read).catch(() => undefined))
    this.#turn = turn
    return await turn
  }
}

async function look(read: () => AsyncIterable<Uint8Array>): Promise<Looked> {
  const { default: sharp } = await import('sharp')
  sharp.concurrency(1)
  sharp.cache(false)
  const octets: Uint8Array[] = []
  for await (const chunk of read()) octets.push(chunk)
  const options = { limitInputPixels: INPUT_PIXELS_MAX, sequentialRead: true, failOn: 'error', pages: 1 } as const
  const picture = sharp(Buffer.concat(octets), options)
  const { autoOrient, hasAlpha } = await picture.metadata()
  // A turned photograph is as wide as it is shown. Nothing of the original's metadata is in the copy.
  const small = picture
    .autoOrient()
    .resize(THUMBNAIL_PIXELS_MAX, THUMBNAIL_PIXELS_MAX, { fit: 'inside', withoutEnlargement: true })
    .timeout({ seconds: SECONDS_MAX })
  const thumbnail = await (hasAlpha ? small.png() : small.jpeg({ quality: 75 })).toBuffer()
  return { ...autoOrient, thumbnail }
}
