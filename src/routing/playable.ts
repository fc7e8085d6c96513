/**
 * Copies of recordings that browsers play, of those that they do not (what phones record into picture messages): made when
 * somebody wants to hear one, kept as encrypted as the recording itself, a bounded number of them, and gone with it.
 */
import { CausewayError } from '../domain/errors.ts'
import { type MakePlayable, type StoredBlob, wantsPlayable } from '../domain/media.ts'
import { keepPlayable } from '../store/attachments.ts'
import { storedBlob } from '../store/blob-rows.ts'
import type { Blobs } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import type { AttachmentRow } from '../store/tables/media.ts'

/** Larger recordings are not read into memory for it; no picture message has so much. */
const SOURCE_BYTES_MAX = 16 * 1024 * 1024
/** Copies kept; the oldest go first, and are made anew when they are wanted. */
const COPIES_MAX = 200
/** Recordings that are asked for at once. */
const MAKING_MAX = 8

export interface PlayableOptions {
  db: Database
  blobs: Blobs
  make: MakePlayable
  clock: () => number
  /** A file is to go: called after the commit. */
  collect: () => void
}

export interface PlayableBlob extends StoredBlob {
  contentType: string
}

export class PlayableDesk {
  readonly #options: PlayableOptions
  readonly #making = new Map<string, Promise<StoredBlob>>()

  constructor(options: PlayableOptions) {
    this.#options = options
  }

  /**
   * The copy of one that is here. Errors: CausewayError `wrong-state` (not here, or it plays as it is), `no-converter`
   * (ffmpeg is not installed), `not-playable`, `media-too-large`, `storage-full`, `busy`.
   */
  async of(row: AttachmentRow): Promise<PlayableBlob> {
    const { db } = this.#options
    if (row.state !== 'here' || row.view_once === 1) throw refusal('wrong-state', 'It is not here to be played.')
    if (!wantsPlayable(row.content_type)) throw refusal('wrong-state', 'Browsers play this one as it is.')
    const contentType = row.content_type.startsWith('audio/') ? 'audio/mp4' : 'video/mp4'
    const known = await storedBlob(db, row.playable_id)
    return { ...(known ?? (await this.#made(row))), contentType }
  }

  /** Who asks while it is being made gets the same. */
  async #made(row: AttachmentRow): Promise<StoredBlob> {
    const running = this.#making.get(row.id)
    if (running !== undefined) return await running
    if (this.#making.size >= MAKING_MAX) {
      throw refusal('busy', 'Too many recordings are being converted; try again soon.')
    }
    const making = this.#make(row).finally(() => this.#making.delete(row.id))
    this.#making.set(row.id, making)
    return await making
  }

  async #make(row: AttachmentRow): Promise<StoredBlob> {
    const { db, blobs, make, clock, collect } = this.#options
    const source = await storedBlob(db, row.blob_id)
    if (source === undefined) throw refusal('wrong-state', 'It is not here any more.')
    if (source.bytes > SOURCE_BYTES_MAX) throw refusal('media-too-large', 'It is too large to be converted; save it.')
    const octets: Uint8Array[] = []
    for await (const piece of blobs.read(source)) octets.push(Uint8Array.from(piece))
    const copy = await make(row.content_type, Buffer.concat(octets))
    if (typeof copy === 'string') throw REFUSALS[copy]()
    const blob = await this.#keep(copy.octets)
    const kept = await db.transaction().execute((tx) => keepPlayable(tx, row, blob, COPIES_MAX, clock()))
    collect()
    if (kept) return blob
    throw refusal('wrong-state', 'It was removed while it was converted.')
  }

  async #keep(octets: Uint8Array): Promise<StoredBlob> {
    const writer = await this.#options.blobs.create()
    try {
      await writer.write(octets)
      return await writer.finish()
    } catch (error) {
      await writer.discard()
      throw error
    }
  }
}

const REFUSALS: Readonly<Record<Exclude<Awaited<ReturnType<MakePlayable>>, object>, () => CausewayError>> = {
  'not-installed': () =>
    new CausewayError({
      code: 'no-converter',
      message:
        'To play it here, ffmpeg must be installed on the gateway (apt-get install ffmpeg). It can be saved as it is.',
      retry: 'after-human',
    }),
  unreadable: () => refusal('not-playable', 'It cannot be converted: it is damaged, or of a kind that nobody knows.'),
  'does-not-fit': () => refusal('not-playable', 'It is too long to be converted. It can be saved as it is.'),
  'too-long': () => refusal('not-playable', 'It is too long to be converted. It can be saved as it is.'),
  unavailable: () => refusal('busy', 'It could not be converted just now; try again soon.'),
}

function refusal(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: code === 'busy' ? 'same-transport' : 'never' })
}
