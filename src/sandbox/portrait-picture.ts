/** Pictures that people of the sandbox show of themselves: two colours in bands, PNG, as their name has it. Pure. */
import { crc32, deflateSync } from 'node:zlib'

const EDGE_PX = 96
/** Rows of one colour. */
const BAND_PX = 16

/** The same name gives the same picture. */
export function portraitPicture(name: string): Buffer {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
  const colours = [0, 9].map((shift) => [0, 8, 16].map((bits) => 60 + ((seed >>> (shift + bits / 2)) & 0x7f)))
  const rows = Array.from({ length: EDGE_PX }, (_none, y) => {
    const pixels = Array.from({ length: EDGE_PX }, (_nothing, x) => {
      const band = Math.floor((x + y) / BAND_PX) % 2
      return colours[band] ?? []
    })
    return Buffer.from([0, ...pixels.flat()])
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(EDGE_PX, 0)
  header.writeUInt32BE(EDGE_PX, 4)
  // Eight bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
}
