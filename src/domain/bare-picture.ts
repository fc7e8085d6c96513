/**
 * Takes out of a picture what it says beside its pixels (where and when it was taken, by what, notes, a film behind it),
 * while it passes by and without touching the pixels: JPEG (ISO 10918-1 B), PNG (W3C), WebP (RFC 9649). How a JPEG is
 * turned stays. What is no such picture, or is not built as one, passes as it is. Pure.
 */

type Octets = AsyncIterable<Uint8Array>

/** SOI, and the beginning of any marker. */
const JPEG = [0xff, 0xd8, 0xff] as const
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const
const PNG_NOTES: ReadonlySet<string> = new Set(['eXIf', 'tEXt', 'zTXt', 'iTXt', 'tIME'])
const WEBP_NOTES: ReadonlySet<string> = new Set(['EXIF', 'XMP '])
/** That there is Exif or XMP, in the flags of VP8X. */
const WEBP_NOTE_FLAGS = 0x0c
/** Longer chunks than this no PNG has. */
const PNG_CHUNK_BYTES_MAX = 2 ** 31 - 1

const MARKER = {
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  adobe: 0xee,
  app15: 0xef,
} as const
const COMMENT = 0xfe
/** How a picture is to be turned (Exif, IFD0). */
const ORIENTATION = 0x0112

/** Throws what `octets` throws, and reads them to their end. */
export async function* barePicture(octets: Octets): AsyncGenerator<Uint8Array> {
  const source = new Source(octets)
  try {
    if (await source.begins(JPEG)) yield* bareJpeg(source)
    else if (await source.begins(PNG)) yield* barePng(source)
    else if ((await source.has(12)) && source.word(0) === 'RIFF' && source.word(8) === 'WEBP') yield* bareWebp(source)
    else yield* source.rest()
  } finally {
    await source.close()
  }
}

async function* bareJpeg(source: Source): AsyncGenerator<Uint8Array> {
  yield source.take(2)
  while (await source.has(2)) {
    const code = source.at(1)
    if (source.at(0) !== 0xff) break
    if (code === 0xff) {
      source.take(1)
      continue
    }
    if (code === MARKER.eoi) {
      yield source.take(2)
      // Some telephones put a film, or the picture once more, behind it.
      await source.drain()
      return
    }
    const length = (await source.has(4)) ? source.at(2) * 256 + source.at(3) : 0
    if (length < 2 || !(await source.has(2 + length))) break
    const segment = source.take(2 + length)
    if (isNeeded(code, segment)) yield segment
    else if (code === MARKER.app1) {
      const turn = orientationOf(segment)
      if (turn > 1) yield exifOf(turn)
    }
    if (code === MARKER.sos) yield* scan(source)
  }
  yield* source.rest()
}

/** Coded pixels: up to a marker that is none of theirs (ISO 10918-1 B.1.1.5). */
async function* scan(source: Source): AsyncGenerator<Uint8Array> {
  while (await source.has(2)) {
    const length = source.codedLength()
    if (length === 0) return
    yield source.take(length)
  }
}

/** What is drawn wrongly without: all but notes; of the applications' own the frame's, colours' and Adobe's. */
function isNeeded(code: number, segment: Uint8Array): boolean {
  if (code === MARKER.app0) return textAt(segment, 4, 4) === 'JFIF'
  if (code === MARKER.app2) return textAt(segment, 4, 11) === 'ICC_PROFILE'
  if (code === MARKER.adobe) return true
  return code !== COMMENT && (code < MARKER.app0 || code > MARKER.app15)
}

/** 1…8; 1 (upright) where it says nothing that can be read. */
function orientationOf(segment: Uint8Array): number {
  if (textAt(segment, 4, 4) !== 'Exif') return 1
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  const tiff = 10
  const short = (at: number, isLittle: boolean) => (at + 2 <= view.byteLength ? view.getUint16(at, isLittle) : 0)
  const isLittle = textAt(segment, tiff, 2) === 'II'
  if (tiff + 8 > view.byteLength) return 1
  const directory = tiff + view.getUint32(tiff + 4, isLittle)
  const count = short(directory, isLittle)
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + entry * 12
    if (at + 12 > view.byteLength) break
    if (short(at, isLittle) !== ORIENTATION) continue
    const turn = short(at + 8, isLittle)
    return turn >= 1 && turn <= 8 ? turn : 1
  }
  return 1
}

/** A segment that says how the picture is turned, and nothing else. */
function exifOf(turn: number): Uint8Array {
  const head = [0xff, MARKER.app1, 0, 34, ...bytesOf('Exif'), 0, 0]
  const tiff = [...bytesOf('MM'), 0, 42, 0, 0, 0, 8]
  return Uint8Array.from([...head, ...tiff, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, turn, 0, 0, 0, 0, 0, 0])
}

async function* barePng(source: Source): AsyncGenerator<Uint8Array> {
  yield source.take(PNG.length)
  while (await source.has(8)) {
    const length = source.number(0)
    const type = source.word(4)
    if (length > PNG_CHUNK_BYTES_MAX) break
    if (PNG_NOTES.has(type)) await source.skip(12 + length)
    else yield* source.copy(12 + length)
    if (type !== 'IEND') continue
    await source.drain()
    return
  }
  yield* source.rest()
}

/** Its length stands in its head, so that what goes is made void in its place. */
async function* bareWebp(source: Source): AsyncGenerator<Uint8Array> {
  yield source.take(12)
  while (await source.has(8)) {
    const length = source.number(4, true)
    const padded = length + (length % 2)
    const type = source.word(0)
    if (type === 'VP8X' && length >= 1 && (await source.has(9))) {
      const head = source.take(9)
      yield Uint8Array.from([...head.subarray(0, 8), (head[8] ?? 0) & ~WEBP_NOTE_FLAGS])
      yield* source.copy(padded - 1)
    } else if (WEBP_NOTES.has(type)) {
      yield Uint8Array.from([...bytesOf('JUNK'), ...source.take(8).subarray(4)])
      for await (const piece of source.copy(padded)) yield new Uint8Array(piece.length)
    } else yield* source.copy(8 + padded)
  }
  yield* source.rest()
}

/** Octets that come in pieces of any size, looked at before they are taken. */
class Source {
  readonly #pieces: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()

  constructor(octets: Octets) {
    this.#pieces = octets[Symbol.asyncIterator]()
  }

  /** Whether so many are there; they are held then. */
  async has(count: number): Promise<boolean> {
    const pieces = [this.#held]
    let held = this.#held.length
    while (held < count) {
      const { done, value } = await this.#pieces.next()
      if (done === true) break
      pieces.push(value)
      held += value.length
    }
    if (pieces.length > 1) this.#held = joined(pieces, held)
    return held >= count
  }

  async begins(octets: readonly number[]): Promise<boolean> {
    return (await this.has(octets.length)) && octets.every((octet, index) => this.#held[index] === octet)
  }

  at(index: number): number {
    return this.#held[index] ?? 0
  }

  number(index: number, isLittle = false): number {
    const { buffer, byteOffset } = this.#held
    return new DataView(buffer, byteOffset + index, 4).getUint32(0, isLittle)
  }

  /** Four letters. */
  word(index: number): string {
    return textAt(this.#held, index, 4)
  }

  /** Of what is held, as much as is coded pixels for certain; an 0xff at its end is not, yet. */
  codedLength(): number {
    const held = this.#held
    let at = held.indexOf(0xff)
    while (at !== -1 && at + 1 < held.length) {
      const code = held[at + 1] ?? 0
      const isTheirs = code === 0 || (code >= 0xd0 && code < MARKER.soi)
      if (!isTheirs) return at
      at = held.indexOf(0xff, at + 2)
    }
    return at === -1 ? held.length : at
  }

  /** Of what is held. */
  take(count: number): Uint8Array {
    const taken = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return taken
  }

  /** The next so many, or as many as there are. */
  async *copy(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0 && (await this.has(1)); ) {
      const piece = this.take(left)
      left -= piece.length
      yield piece
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.copy(count));
  }

  rest(): AsyncGenerator<Uint8Array> {
    return this.copy(Number.POSITIVE_INFINITY)
  }

  drain(): Promise<void> {
    return this.skip(Number.POSITIVE_INFINITY)
  }

  /** Nothing more of it is wanted. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function textAt(octets: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...octets.subarray(from, from + length))
}

function bytesOf(words: string): number[] {
  return [...words].map((letter) => letter.charCodeAt(0))
}
