/**
 * Pictures of the first phones (WAP-237-WAEMT, WBMP type 0: one bit a pixel) as PNG (ISO/IEC 15948), which everybody shows.
 * Both keep rows of bits with white as 1, so that only the frame changes; the PNG is stored, not compressed.
 */

/** Far more than any phone had that made them. */
const PIXELS_MAX = 4096

/** The PNG of a WBMP; undefined where it is none, or ends too early. */
export function pngOfWbmp(wbmp: Uint8Array): Uint8Array | undefined {
  if (wbmp[0] !== 0 || ((wbmp[1] ?? 0x80) & 0x9f) !== 0) return undefined
  const [width, afterWidth] = multiByte(wbmp, 2)
  const [height, start] = multiByte(wbmp, afterWidth)
  if (!isSide(width) || !isSide(height)) return undefined
  const stride = Math.ceil(width / 8)
  if (wbmp.length - start < stride * height) return undefined
  const rows = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) {
    // In front of each row of a PNG: filter type 0, none.
    rows.set(wbmp.subarray(start + y * stride, start + (y + 1) * stride), y * (stride + 1) + 1)
  }
  const header = [...word(width), ...word(height), 1, 0, 0, 0, 0]
  return joined([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', Uint8Array.from(header)),
    chunk('IDAT', stored(rows)),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function isSide(pixels: number): boolean {
  return pixels >= 1 && pixels <= PIXELS_MAX
}

/** Multi-byte integer: seven bits an octet, the high bit says that more follow. NaN where it does not end. */
function multiByte(octets: Uint8Array, at: number): readonly [value: number, next: number] {
  let value = 0
  for (let next = at; next < at + 3; next++) {
    const octet = octets[next]
    if (octet === undefined) break
    value = value * 128 + (octet & 0x7f)
    if (octet < 0x80) return [value, next + 1]
  }
  return [Number.NaN, octets.length]
}

const STORED_OCTETS_MAX = 0xffff

/** A zlib stream (RFC 1950) of stored blocks (RFC 1951 §3.2.4). */
function stored(data: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.of(0x78, 0x01)]
  for (let at = 0; at < data.length; at += STORED_OCTETS_MAX) {
    const block = data.subarray(at, at + STORED_OCTETS_MAX)
    const isLast = at + STORED_OCTETS_MAX >= data.length
    const [low, high] = [block.length & 0xff, block.length >> 8]
    pieces.push(Uint8Array.of(isLast ? 1 : 0, low, high, low ^ 0xff, high ^ 0xff), block)
  }
  let [a, b] = [1, 0]
  for (const octet of data) {
    a = (a + octet) % 65_521
    b = (b + a) % 65_521
  }
  pieces.push(Uint8Array.from(word(b * 65_536 + a)))
  return joined(pieces)
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), data])
  return joined([Uint8Array.from(word(data.length)), named, Uint8Array.from(word(crc32(named)))])
}

const CRC = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function crc32(octets: Uint8Array): number {
  let crc = 0xffffffff
  for (const octet of octets) crc = (crc >>> 8) ^ (CRC[(crc ^ octet) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

/** Four octets, the highest first. */
function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
