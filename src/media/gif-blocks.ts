/**
 * A GIF without what its maker wrote into it (GIF89a: comments, plain texts, application blocks such as XMP), frames and
 * timing untouched. Block by block: an animation that fits need not be made anew, which would cost colours.
 */

const IMAGE = 0x2c
const EXTENSION = 0x21
const TRAILER = 0x3b
const GRAPHIC_CONTROL = 0xf9
const APPLICATION = 0xff
/** Of application blocks, those that say how often it is to be played. */
const LOOPS: ReadonlySet<string> = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0'])

/** Undefined where it is no GIF, or ends before its end. */
export function gifWithoutMetadata(gif: Uint8Array): Uint8Array | undefined {
  const signature = Buffer.from(gif.subarray(0, 6)).toString('latin1')
  if (signature !== 'GIF87a' && signature !== 'GIF89a') return undefined
  const kept = Buffer.alloc(gif.length)
  let length = 0
  const keep = (from: number, to: number) => {
    kept.set(gif.subarray(from, to), length)
    length += to - from
  }
  let at = 13 + colours(gif[10])
  keep(0, at)
  while (at < gif.length) {
    const from = at
    const block = gif[at]
    if (block === TRAILER) {
      keep(at, at + 1)
      return kept.subarray(0, length)
    }
    if (block === IMAGE) {
      // The descriptor, its own colours, and the size of a code in front of the data.
      at = endOfSubBlocks(gif, at + 10 + colours(gif[at + 9]) + 1)
      keep(from, at)
    } else if (block === EXTENSION) {
      const label = gif[at + 1]
      at = endOfSubBlocks(gif, at + 2)
      const isLoop =
        label === APPLICATION && LOOPS.has(Buffer.from(gif.subarray(from + 3, from + 14)).toString('latin1'))
      if (label === GRAPHIC_CONTROL || isLoop) keep(from, at)
    } else return undefined
  }
  return undefined
}

/** Octets of a table of colours, of which a descriptor's flags tell. */
function colours(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0
}

/** Behind the empty sub-block that ends them; behind the end where there is none. */
function endOfSubBlocks(gif: Uint8Array, from: number): number {
  let at = from
  while (at < gif.length) {
    const size = gif[at] ?? 0
    at += size + 1
    if (size === 0) return at
  }
  return gif.length
}
