/**
 * Pure but for node:crypto: how content lies at rest.
 *
 *   "CWB1" 4 · salt 16 · chunk 0 · chunk 1 · … · last chunk          chunk = AES-256-GCM(65,536 octets or less) · tag 16
 *
 * Each file has a key of its own (from the master key, the salt and the file's id, so that one file is never taken for
 * another), the nonce is the chunk's number, and what is authenticated beside it says which chunk is the last: a file
 * that was cut, stretched, reordered or exchanged does not open. Every chunk opens by itself, so that a range is read
 * without the rest.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { CausewayError } from '../domain/errors.ts'

export const CHUNK_BYTES = 64 * 1024
export const SALT_BYTES = 16
const MAGIC = Buffer.from('CWB1')
const TAG_BYTES = 16
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
export const HEADER_BYTES = MAGIC.length + SALT_BYTES

/** The key of all content, from the key of the database. */
export function masterKey(databaseKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', databaseKey, 'causeway', 'content at rest', 32))
}

/** What a file begins with. */
export function header(salt: Uint8Array): Buffer {
  return Buffer.concat([MAGIC, salt])
}

/** The salt in a header. Throws CausewayError `blob-damaged`. */
export function saltIn(head: Uint8Array): Buffer {
  if (head.length < HEADER_BYTES || !MAGIC.equals(head.subarray(0, MAGIC.length))) throw damaged('it has no header')
  return Buffer.from(head.subarray(MAGIC.length, HEADER_BYTES))
}

/** How many octets a file of that content has. */
export function sealedBytes(bytes: number): number {
  return HEADER_BYTES + bytes + chunksOf(bytes) * TAG_BYTES
}

/** Nothing at all is one empty chunk, so that even that is authenticated. */
export function chunksOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / CHUNK_BYTES))
}

export class ChunkCipher {
  readonly #key: Buffer

  constructor(master: Uint8Array, salt: Uint8Array, id: string) {
    this.#key = Buffer.from(hkdfSync('sha256', master, salt, `blob ${id}`, 32))
  }

  seal(chunk: Uint8Array, index: number, last: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(index))
    cipher.setAAD(Buffer.of(last ? 1 : 0))
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }

  /** Throws CausewayError `blob-damaged`: nothing of a chunk is given out that is not authentic. */
  open(sealed: Uint8Array, index: number, last: boolean): Buffer {
    if (sealed.length < TAG_BYTES) throw damaged('it is cut off')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce(index))
    decipher.setAAD(Buffer.of(last ? 1 : 0))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    try {
      // GCM gives out everything before `final`, which only says whether it is authentic.
      const chunk = decipher.update(sealed.subarray(0, -TAG_BYTES))
      decipher.final()
      return chunk
    } catch (cause) {
      throw damaged('its octets were changed', cause)
    }
  }
}

function nonce(index: number): Buffer {
  const octets = Buffer.alloc(12)
  octets.writeUInt32BE(index, 8)
  return octets
}

/** CausewayError `blob-damaged`, with why in words. */
export function damaged(why: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'blob-damaged',
    message: `A stored file cannot be read: ${why}. Fetch it again where that is still possible.`,
    retry: 'never',
    ...(cause === undefined ? {} : { cause }),
  })
}
