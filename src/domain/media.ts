/**
 * Pure: what can be attached to a message, how far one that came has got, and what a file is by its first octets. What
 * its sender or a file name says of its type is never relied on.
 */

/**
 * `waiting`: still to be fetched (by itself, or when somebody asks) · `fetching` · `here` · `failed`: cannot be had, for
 * a reason; may be asked for again · `gone`: its content was removed here.
 */
export type AttachmentState = 'waiting' | 'fetching' | 'here' | 'failed' | 'gone'

/** Content that is kept here, encrypted at rest. */
export interface StoredBlob {
  id: string
  /** Of the content. */
  bytes: number
}

/** Content on its way in. Either `finish` or `discard` ends it. */
export interface BlobWriter {
  /** Throws CausewayError `storage-full`; nothing but this file is then lost. */
  write(octets: Uint8Array): Promise<void>
  /** The file is safe on the disk when this resolves. Errors as `write`. */
  finish(): Promise<StoredBlob>
  discard(): Promise<void>
}

/** The part of a download that has come so far, as its network delivers it (so encrypted where that is). */
export interface PartialDownload {
  size(): Promise<number>
  /** At the end of what is there. Throws CausewayError `storage-full`. */
  append(octets: Uint8Array): Promise<void>
  /** From its beginning. Each piece is valid until the next one is asked for. */
  read(): AsyncGenerator<Buffer, void, undefined>
  /** Begins anew with nothing. */
  discard(): Promise<void>
}

/** Where a driver puts what it fetches. What it does not `finish` nobody will see. */
export interface MediaTarget {
  part: PartialDownload
  create(): Promise<BlobWriter>
  /** More than this is refused. */
  bytesMax: number
}

/** What is known of a file before it is here, or told of one that is sent. */
export interface MediaFacts {
  /** As its sender says. */
  contentType: string
  fileName: string | undefined
  bytes: number | undefined
  width: number | undefined
  height: number | undefined
  voice: boolean
  borderless: boolean
  gif: boolean
  caption: string | undefined
  blurhash: string | undefined
}

/** Attached to a message that came. */
export interface InboundMedia extends MediaFacts {
  sticker: boolean
  /** For the transport that it came by, to fetch it with. */
  pointer: Uint8Array
}

/** Attached to a message that goes. */
export interface OutgoingMedia extends MediaFacts {
  /** Of the attachment; the same at every attempt. */
  id: string
  bytes: number
  /** To be looked at once. */
  viewOnce: boolean
  /** The content from the beginning; may be called again. */
  read(): AsyncIterable<Uint8Array>
}

/** What can be said of a picture, and a small copy of it. */
export interface Looked {
  /** As it is shown. */
  width: number
  height: number
  /** JPEG, or PNG where it is transparent; without the original's metadata. */
  thumbnail: Uint8Array
  thumbnailSize: { width: number; height: number }
}

/** Whoever looks into pictures; a picture is hostile, and whatever is wrong with one means no more than undefined. */
export interface PictureLooks {
  /** `edgePx`: the longer side of the small copy, where it is not to be the usual one. Never rejects. */
  look(
    contentType: string,
    bytes: number,
    read: () => AsyncIterable<Uint8Array>,
    edgePx?: number,
  ): Promise<Looked | undefined>
}

/** A copy of a recording that browsers play, or why there is none. Never rejects. */
export type MakePlayable = (
  contentType: string,
  octets: Uint8Array,
) => Promise<
  | { contentType: string; octets: Uint8Array }
  | 'not-installed'
  | 'unreadable'
  | 'too-long'
  | 'does-not-fit'
  | 'unavailable'
>

/** What phones record and browsers do not play. */
export function wantsPlayable(contentType: string): boolean {
  return /^(?:audio\/(?:amr|3gpp)|video\/(?:3gpp|x-msvideo))$/.test(contentType)
}

/** Whoever makes portraits of pictures, and keeps them; a picture is hostile, and has not to be one at all. */
export interface Portraits {
  /**
   * The middle of a picture as a square of at most `edgePx`, JPEG (PNG where it is transparent), without metadata. A word
   * where there is none: never, or not now. Never rejects.
   */
  square(octets: Uint8Array, edgePx: number): Promise<Uint8Array | 'no-picture' | 'busy'>
  /** As a file that no row names yet. Throws CausewayError `storage-full`. */
  keep(octets: Uint8Array): Promise<StoredBlob>
  /** Of a file that no row came to name. */
  discard(id: string): Promise<void>
}

/** A small copy of a quoted picture is at most so large: as in Signal's app for Android, which stays below 500 KiB. */
export const QUOTED_BYTES_MAX = 512 * 1024

/** Octets that tell what a file is. */
export const MAGIC_BYTES = 64

const UNKNOWN_TYPE = 'application/octet-stream'

interface Magic {
  type: string
  /** Latin-1, at `offset`. */
  text: string
  offset?: number
}

const MAGICS: readonly Magic[] = [
  { type: 'image/jpeg', text: '\xff\xd8\xff' },
  { type: 'image/png', text: '\x89PNG\r\n\x1a\n' },
  { type: 'image/gif', text: 'GIF87a' },
  { type: 'image/gif', text: 'GIF89a' },
  { type: 'image/webp', text: 'WEBP', offset: 8 },
  { type: 'audio/wav', text: 'WAVE', offset: 8 },
  { type: 'video/x-msvideo', text: 'AVI ', offset: 8 },
  { type: 'image/avif', text: 'ftypavif', offset: 4 },
  { type: 'image/heic', text: 'ftypheic', offset: 4 },
  { type: 'image/heic', text: 'ftypheix', offset: 4 },
  { type: 'image/heic', text: 'ftypmif1', offset: 4 },
  { type: 'audio/mp4', text: 'ftypM4A', offset: 4 },
  { type: 'video/quicktime', text: 'ftypqt', offset: 4 },
  { type: 'video/3gpp', text: 'ftyp3g', offset: 4 },
  { type: 'video/mp4', text: 'ftyp', offset: 4 },
  { type: 'video/webm', text: '\x1a\x45\xdf\xa3' },
  { type: 'audio/ogg', text: 'OggS' },
  { type: 'audio/mpeg', text: 'ID3' },
  { type: 'audio/amr', text: '#!AMR' },
  { type: 'audio/flac', text: 'fLaC' },
  { type: 'application/pdf', text: '%PDF-' },
  { type: 'application/zip', text: 'PK\x03\x04' },
  { type: 'application/gzip', text: '\x1f\x8b' },
  { type: 'text/vcard', text: 'BEGIN:VCARD' },
  { type: 'text/calendar', text: 'BEGIN:VCALENDAR' },
]

/** Elementary audio without a header: frame syncs of MPEG layers and ADTS (the four bits after tell them apart). */
function frameType(head: Uint8Array): string | undefined {
  const [first, second = 0] = head
  if (first !== 0xff) return undefined
  if ((second & 0xf6) === 0xf0) return 'audio/aac'
  return (second & 0xe6) === 0xe2 || (second & 0xe6) === 0xe4 ? 'audio/mpeg' : undefined
}

/**
 * What a file is by its first `MAGIC_BYTES`. `claimed` decides only between kinds that look alike from outside and are
 * harmless to hand on: plain text, and sound in a container that also holds film. Anything else is octets.
 */
export function contentTypeOf(head: Uint8Array, claimed: string | undefined): string {
  const latin = Buffer.from(head.subarray(0, MAGIC_BYTES)).toString('latin1')
  const found = MAGICS.find(({ text, offset = 0 }) => latin.startsWith(text, offset))?.type ?? frameType(head)
  const plain = (claimed ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if ((found === 'video/mp4' || found === 'video/webm' || found === 'video/3gpp') && plain.startsWith('audio/')) {
    return found.replace('video/', 'audio/')
  }
  if (found !== undefined) return found
  const isText = head.length > 0 && head.every((octet) => octet >= 0x20 || [0x09, 0x0a, 0x0d].includes(octet))
  return isText && (plain === 'text/plain' || plain === 'text/csv') ? plain : UNKNOWN_TYPE
}

/** Pictures of which a small copy may be made. */
export function isPicture(contentType: string): boolean {
  return /^image\/(jpeg|png|gif|webp|avif|heic)$/.test(contentType)
}

const FILE_NAME_CHARS_MAX = 120

/** A name from outside as the last part of a path, without what steers a terminal; undefined when nothing is left. */
export function safeFileName(name: string | undefined): string | undefined {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? ''
  const clean = last.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069"]/g, '').trim()
  const bare = clean.replace(/^\.+/, '')
  return bare === '' ? undefined : bare.slice(0, FILE_NAME_CHARS_MAX)
}
