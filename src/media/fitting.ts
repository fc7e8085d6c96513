/**
 * Makes the files of one message fit into what a carrier takes. What counts is the PDU as it is encoded, with its SMIL and
 * its text; the room is shared over the files, small ones first, so that what they leave goes to the large ones.
 *
 *   files, small ones first ─► by their octets: picture · film · sound · anything else ─► a copy that fits its share
 *                                └─ none ─► a note, for the sender and for the other side: nothing is left out in silence
 */

import { composeBody } from '../../modem/mms/compose.ts'
import { encodePdu } from '../../modem/mms/encode.ts'
import { contentTypeOf, isPicture, MAGIC_BYTES, safeFileName } from '../domain/media.ts'
import type { FileToFit, Fitted, LeftOutReason, MmsFitting, MmsPart } from '../domain/mms-fitting.ts'
import type { Log } from '../log.ts'
import { partName } from './part-names.ts'
import type { NoPicture, Pictures } from './pictures.ts'
import type { NoRecording, Recordings } from './recordings.ts'

/** For what of the PDU is not known here: recipients, subject, transaction. */
const HEADER_OCTETS = 2048
/** Of the limit, by how often it was too large already: the first try aims at the limit itself. */
const SHARES: readonly number[] = [1, 0.8, 0.6, 0.45, 0.3, 0.2]
/** What a file that can be made smaller keeps at least when others that cannot take room. */
const FLOOR_OCTETS = 16 * 1024
/** A larger file is not read. */
const FILE_BYTES_MAX = 100 * 1024 * 1024
/** Headers of a part beside its name, and what a note says of a file beside its name. */
const PART_OCTETS = 200

const TEXT_NAME = 'text.txt'
const TEXT_ID = 'text'

/** Names that phones know from the time of their standard. */
const SENT_AS: ReadonlyMap<string, string> = new Map([
  ['text/vcard', 'text/x-vcard'],
  ['text/calendar', 'text/x-vcalendar'],
])

type Copy = { contentType: string; octets: Uint8Array }
type NoCopy = NoPicture | NoRecording | 'too-large' | 'empty'

export interface FittingOptions {
  pictures: Pictures
  recordings: Recordings
  log: Log
}

/** The one of the product. */
export class Fitting implements MmsFitting {
  readonly #options: FittingOptions

  constructor(options: FittingOptions) {
    this.#options = options
  }

  /**
   * The files that have a place, in their order, and a note for each of the others. With the text in front, each note in
   * brackets on a line below it, and headers of at most 2048 octets the encoded PDU has no more than `bytesMax`; only where
   * the text alone is larger there is a note of that instead. Rejects with whatever a file's `read` rejects with.
   */
  async fit(request: Parameters<MmsFitting['fit']>[0]): Promise<Fitted> {
    const { files, step } = request
    const share = SHARES[Math.min(Math.max(0, step), SHARES.length - 1)] ?? 1
    const room = Math.floor(request.bytesMax * share) - HEADER_OCTETS
    const reserved = files.length * PART_OCTETS + sizeOf([textPart(request.text)])
    const copies = await this.#copies(files, Math.max(0, room - reserved))
    return assembled(request.text, files, copies, room)
  }

  /** A copy, or why there is none, for each file. */
  async #copies(files: readonly FileToFit[], room: number): Promise<(Copy | NoCopy)[]> {
    const copies: (Copy | NoCopy)[] = files.map(() => 'too-large')
    const order = files.map((file, at) => ({ file, at })).sort((left, right) => left.file.bytes - right.file.bytes)
    let left = room
    for (const [done, { file, at }] of order.entries()) {
      const others = order.length - done - 1
      const copy = await this.#copy(file, { all: left - others * FLOOR_OCTETS, share: Math.floor(left / (others + 1)) })
      copies[at] = copy
      if (typeof copy === 'string') this.#options.log.debug({ why: copy, bytes: file.bytes }, 'a file does not fit')
      else left -= copy.octets.length
    }
    return copies
  }

  async #copy(file: FileToFit, room: { all: number; share: number }): Promise<Copy | NoCopy> {
    if (file.bytes > FILE_BYTES_MAX) return 'too-large'
    const octets = await file.read()
    if (octets.length === 0) return 'empty'
    const contentType = contentTypeOf(octets.subarray(0, MAGIC_BYTES), file.contentType)
    const { pictures, recordings } = this.#options
    if (contentType === 'image/heic') {
      const jpeg = await recordings.jpegOfHeic(octets)
      return typeof jpeg === 'string' ? jpeg : await shrunk(pictures, jpeg, room.share)
    }
    if (isPicture(contentType)) return await shrunk(pictures, octets, room.share)
    if (/^(video|audio)\//.test(contentType)) {
      const made = await recordings.shrink(contentType, octets, room.share)
      // Without the programs for it, what fits goes as it is.
      if (made !== 'not-installed' || octets.length > room.all) return made
      return { contentType, octets }
    }
    if (octets.length > room.all) return 'too-large'
    return { contentType: SENT_AS.get(contentType) ?? contentType, octets }
  }
}

async function shrunk(pictures: Pictures, octets: Uint8Array, bytesMax: number): Promise<Copy | NoCopy> {
  return await pictures.shrink(octets, bytesMax)
}

/** What goes into the PDU. Should it be too large after all, the largest part gives way to a note. */
function assembled(
  text: string,
  files: readonly FileToFit[],
  copies: readonly (Copy | NoCopy)[],
  room: number,
): Fitted {
  const kept = [...copies]
  for (;;) {
    const fitted = partsOf(files, kept)
    if (sizeOf(withText(text, fitted)) <= room) return fitted
    const [largest] = kept
      .map((copy, at) => ({ at, octets: typeof copy === 'string' ? -1 : copy.octets.length }))
      .filter(({ octets }) => octets >= 0)
      .sort((left, right) => right.octets - left.octets)
    if (largest === undefined) {
      return { ...fitted, notes: [...fitted.notes, 'The text alone is larger than the carrier takes in a message.'] }
    }
    kept[largest.at] = 'too-large'
  }
}

function partsOf(files: readonly FileToFit[], copies: readonly (Copy | NoCopy)[]): Fitted {
  const taken = new Set([TEXT_NAME])
  const fitted: Fitted = { parts: [], notes: [], leftOut: [] }
  for (const [at, file] of files.entries()) {
    const copy = copies[at] ?? 'too-large'
    const number = at + 1
    if (typeof copy === 'string') {
      const name = safeFileName(file.fileName ?? undefined) ?? `file ${number}`
      const { reason, words } = REASONS[copy]
      fitted.notes.push(`${name}, ${sizeInWords(file.bytes)}: ${words}`)
      fitted.leftOut.push({ file: at, reason })
    } else {
      const { contentType, octets } = copy
      const name = partName(file.fileName, contentType, number, taken)
      fitted.parts.push({ contentType, name, contentId: `part${number}`, octets })
    }
  }
  return fitted
}

/** As whoever sends it writes it. */
function withText(text: string, { parts, notes }: Fitted): readonly MmsPart[] {
  const words = [text, ...notes.map((note) => `[${note}]`)].filter((line) => line !== '').join('\n')
  return words === '' ? parts : [textPart(words), ...parts]
}

const REASONS: Readonly<Record<NoCopy, { reason: LeftOutReason; words: string }>> = {
  'too-large': {
    reason: 'too-large',
    words: 'it is too large for a picture message, and cannot be made smaller',
  },
  'does-not-fit': { reason: 'too-large', words: 'it cannot be made small enough for a picture message' },
  'too-many-pixels': { reason: 'too-large', words: 'the picture is too large to be looked into' },
  'too-long': { reason: 'too-large', words: 'it is too long to be made small enough for a picture message' },
  unreadable: { reason: 'unreadable', words: 'it is damaged, or not what it says it is' },
  'too-slow': { reason: 'not-shrunk', words: 'making it smaller took too long on this machine' },
  unavailable: { reason: 'not-shrunk', words: 'this machine could not make it smaller now' },
  'not-installed': { reason: 'not-shrunk', words: 'it is too large as it is, and cannot be made smaller here' },
  empty: { reason: 'unreadable', words: 'it is empty' },
}

function textPart(text: string): MmsPart {
  return { contentType: 'text/plain', name: TEXT_NAME, contentId: TEXT_ID, octets: new TextEncoder().encode(text) }
}

/** Octets of a PDU with these parts, but for most of its headers. */
function sizeOf(parts: readonly MmsPart[]): number {
  const head = { type: 'm-send-req', transactionId: '', version: '1.2', from: { insertAddress: true } } as const
  return encodePdu({ ...head, to: [{ address: '' }], ...composeBody(parts) }).length
}

function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} octets`
  const kilobytes = bytes / 1024
  return kilobytes < 1024 ? `${Math.ceil(kilobytes)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`
}
