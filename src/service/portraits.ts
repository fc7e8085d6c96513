/** Portraits as Signal wants and shows them: made by the thread that looks into pictures, kept as files of the gateway. */
import { contentTypeOf, isPicture, MAGIC_BYTES, type Portraits, type StoredBlob } from '../domain/media.ts'
import type { Pictures } from '../media/pictures.ts'
import type { Blobs } from '../store/blobs.ts'

export class KeptPortraits implements Portraits {
  readonly #pictures: Pictures
  readonly #blobs: Blobs

  constructor(pictures: Pictures, blobs: Blobs) {
    this.#pictures = pictures
    this.#blobs = blobs
  }

  async square(octets: Uint8Array, edgePx: number): Promise<Uint8Array | 'no-picture' | 'busy'> {
    if (!isPicture(contentTypeOf(octets.subarray(0, MAGIC_BYTES), undefined))) return 'no-picture'
    const made = await this.#pictures.square(octets, edgePx)
    if (typeof made !== 'string') return made.octets
    return made === 'unavailable' || made === 'too-slow' ? 'busy' : 'no-picture'
  }

  async keep(octets: Uint8Array): Promise<StoredBlob> {
    const writer = await this.#blobs.create()
    try {
      await writer.write(octets)
      return await writer.finish()
    } catch (error) {
      await writer.discard().catch(() => undefined)
      throw error
    }
  }

  async discard(id: string): Promise<void> {
    await this.#blobs.remove(id)
  }
}
