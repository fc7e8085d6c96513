/** Writes a tar archive (POSIX.1-1988 ustar) of small texts, and lists the names in one. Pure. */

const BLOCK_BYTES = 512
/** The end: two empty blocks. */
const END = Buffer.alloc(2 * BLOCK_BYTES)

export interface TarFile {
  /** At most 100 octets, ASCII. */
  name: string
  content: string
}

/** All of them with mode 0600, of nobody in particular. */
export function tar(files: readonly TarFile[], nowMs: number): Buffer {
  const blocks = files.flatMap(({ name, content }) => {
    const octets = Buffer.from(content)
    const padding = Buffer.alloc((BLOCK_BYTES - (octets.length % BLOCK_BYTES)) % BLOCK_BYTES)
    return [header(name, octets.length, Math.floor(nowMs / 1_000)), octets, padding]
  })
  return Buffer.concat([...blocks, END])
}

/** In their order. */
export function namesInTar(archive: Buffer): string[] {
  const names: string[] = []
  for (let at = 0; at + BLOCK_BYTES <= archive.length && archive[at] !== 0; ) {
    names.push(archive.toString('latin1', at, at + 100).replace(/\0.*$/s, ''))
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    at += BLOCK_BYTES * (1 + Math.ceil(size / BLOCK_BYTES))
  }
  return names
}

function header(name: string, bytes: number, mtimeS: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write(name, 0, 100, 'latin1')
  block.write('0000600\0', 100, 'latin1')
  block.write('0000000\0', 108, 'latin1')
  block.write('0000000\0', 116, 'latin1')
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write(`${mtimeS.toString(8).padStart(11, '0')}\0`, 136, 'latin1')
  // The sum is taken with blanks in its own place.
  block.write('        ', 148, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, octet) => total + octet, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
