/**
 * The octets of a backup, encrypted as they come: behind its envelope chunks of AES-256-GCM as in stored files
 * (`store/blob-cipher.ts`), each bound to its number and to whether it is the last, so that a file that was cut,
 * stretched, or whose chunks changed places does not open. Never more than two chunks are in memory.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { CHUNK_BYTES, ChunkCipher, SEALED_CHUNK_BYTES } from '../store/blob-cipher.ts'
import { damaged, ENVELOPE_BYTES, type Envelope, readEnvelope } from './envelope.ts'

/** Writes what it is given; `finish` ends the last chunk. The file is the caller's to sync and close. */
export class SealedWriter {
  readonly #file: FileHandle
  readonly #cipher: ChunkCipher
  readonly #pending = Buffer.alloc(CHUNK_BYTES)
  #filled = 0
  #index = 0
  /** In the file so far. */
  bytes = 0

  private constructor(file: FileHandle, cipher: ChunkCipher) {
    this.#file = file
    this.#cipher = cipher
  }

  static async begin(file: FileHandle, envelope: Envelope, secret: Uint8Array): Promise<SealedWriter> {
    const writer = new SealedWriter(file, cipherOf(envelope, secret))
    await writer.#put(envelope.octets)
    return writer
  }

  async write(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; ) {
      // A full chunk is written when more follows: which one is the last is known only then.
      if (this.#filled === CHUNK_BYTES) {
        await this.#put(this.#cipher.seal(this.#pending, this.#index++, false))
        this.#filled = 0
      }
      const taken = Math.min(CHUNK_BYTES - this.#filled, octets.length - at)
      this.#pending.set(octets.subarray(at, at + taken), this.#filled)
      this.#filled += taken
      at += taken
    }
  }

  async finish(): Promise<void> {
    await this.#put(this.#cipher.seal(this.#pending.subarray(0, this.#filled), this.#index, true))
  }

  async #put(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; ) {
      const { bytesWritten } = await this.#file.write(octets, at)
      at += bytesWritten
    }
    this.bytes += octets.length
  }
}

/** The envelope at the beginning of a file. Throws CausewayError `backup-missing`, and as `readEnvelope`. */
export async function envelopeOf(file: FileHandle): Promise<Envelope> {
  return readEnvelope(await readAt(file, 0, ENVELOPE_BYTES))
}

/**
 * The content behind the envelope, each chunk verified before it is given out (and not to be kept: its buffer is its own).
 * Ends only behind the true end. Throws CausewayError `backup-damaged`.
 */
export async function* readSealed(
  path: string,
  envelope: Envelope,
  secret: Uint8Array,
): AsyncGenerator<Buffer, void, undefined> {
  const cipher = cipherOf(envelope, secret)
  const file = await open(path, 'r')
  try {
    let at = ENVELOPE_BYTES
    let sealed = await readAt(file, at, SEALED_CHUNK_BYTES)
    for (let index = 0; ; index++) {
      at += sealed.length
      const next = await readAt(file, at, SEALED_CHUNK_BYTES)
      const isLast = next.length === 0
      yield openChunk(cipher, sealed, index, isLast)
      if (isLast) return
      sealed = next
    }
  } finally {
    await file.close()
  }
}

function openChunk(cipher: ChunkCipher, sealed: Buffer, index: number, isLast: boolean): Buffer {
  try {
    return cipher.open(sealed, index, isLast)
  } catch (cause) {
    throw damaged(isLast && wasCut(cipher, sealed, index) ? 'its end is missing' : 'its octets were changed', cause)
  }
}

/** A whole chunk stands where the last one should: the rest was cut off. */
function wasCut(cipher: ChunkCipher, sealed: Buffer, index: number): boolean {
  if (sealed.length < SEALED_CHUNK_BYTES) return true
  try {
    cipher.open(sealed, index, false)
    return true
  } catch {
    return false
  }
}

function cipherOf(envelope: Envelope, secret: Uint8Array): ChunkCipher {
  return new ChunkCipher(secret, createHash('sha256').update(envelope.octets).digest(), 'backup')
}

/** Fewer octets only at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const octets = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(octets, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return octets.subarray(0, filled)
}
