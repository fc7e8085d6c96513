/**
 * What is done with each file, whoever it comes from: written down within bounds, told by its first octets what it is, and
 * of a picture a small copy. Names no row and no message.
 */
import { createHash } from 'node:crypto'
import { barePicture } from '../domain/bare-picture.ts'
import { CausewayError } from '../domain/errors.ts'
import { contentTypeOf, MAGIC_BYTES, type PictureLooks, type StoredBlob } from '../domain/media.ts'
import type { Blobs } from '../store/blobs.ts'

export interface LookedAt {
  contentType: string
  width: number | undefined
  height: number | undefined
  thumbnail: StoredBlob | undefined
}

/**
 * Writes it down; what a photograph says of place, time and camera is left out. `sha256` is of what was handed in. Errors: CausewayError `media-too-large`, `media-empty`, `storage-full`; what `octets` throws.
 */
export async function keepFile(
  blobs: Blobs,
  octets: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<{ blob: StoredBlob; sha256: string }> {
  const writer = await blobs.create()
  const hash = createHash('sha256')
  let bytes = 0
  const counted = async function* () {
    for await (const chunk of octets) {
      bytes += chunk.length
      if (bytes > bytesMax) throw tooLarge(bytesMax)
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    for await (const piece of barePicture(counted())) await writer.write(piece)
    if (bytes === 0) throw new CausewayError({ code: 'media-empty', message: 'The file is empty.', retry: 'never' })
  } catch (error) {
    await writer.discard()
    throw error
  }
  return { blob: await writer.finish(), sha256: hash.digest('hex') }
}

/** What it is by its octets, and a small copy where it is a picture that may be seen. */
export async function lookAt(
  { blobs, pictures }: { blobs: Blobs; pictures: PictureLooks },
  blob: StoredBlob,
  claimed: string,
  unseen = false,
): Promise<LookedAt> {
  const head: Uint8Array[] = []
  for await (const part of blobs.read(blob, { from: 0, to: Math.min(MAGIC_BYTES, blob.bytes) })) head.push(part)
  const contentType = contentTypeOf(Buffer.concat(head), claimed)
  const looked = unseen ? undefined : await pictures.look(contentType, blob.bytes, () => blobs.read(blob))
  if (looked === undefined) return { contentType, thumbnail: undefined, width: undefined, height: undefined }
  const { width, height } = looked
  return { contentType, width, height, thumbnail: await keepThumbnail(blobs, looked.thumbnail) }
}

export function tooLarge(bytesMax: number): CausewayError {
  const message = `The file has more than ${bytesMax} octets (attachments.bytes_max).`
  return new CausewayError({ code: 'media-too-large', message, retry: 'never' })
}

/** Undefined where there is no room: for a small copy that is no reason to lose the picture. */
export async function keepThumbnail(blobs: Blobs, octets: Uint8Array): Promise<StoredBlob | undefined> {
  const writer = await blobs.create()
  try {
    await writer.write(octets)
    return await writer.finish()
  } catch (error) {
    await writer.discard()
    if (CausewayError.is(error, 'storage-full')) return undefined
    throw error
  }
}
