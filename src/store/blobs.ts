/**
 * Content of messages as encrypted files under the data directory (`blob-cipher.ts` has the format).
 *
 *   create ─ write … ─ finish:  <dir>/tmp/ID → fsync → rename <dir>/ID → fsync of the directory
 *                                                    └ only then may a row name it (store/attachments.ts)
 *
 * A file without a row is an orphan: a crash came in between, or its row was doomed. `sweep` removes them at the start.
 * Parts of downloads (`partial/`) are as encrypted as their sender made them and live until they are whole or given up.
 * What lies in all three is counted and bounded.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import type { BlobWriter, PartialDownload, StoredBlob } from '../domain/media.ts'
import {
  CHUNK_BYTES,
  ChunkCipher,
  chunksOf,
  damaged,
  HEADER_BYTES,
  header,
  masterKey,
  SALT_BYTES,
  SEALED_CHUNK_BYTES,
  saltIn,
  sealedBytes,
} from './blob-cipher.ts'

export interface BlobsOptions {
  /** Made when it is not there. */
  directory: string
  databaseKey: Uint8Array
  /** What may lie there altogether, encrypted. */
  totalBytesMax: number
  ids: IdSource
  randomOctets: (count: number) => Uint8Array
}

/** Of a part, which is read from its beginning to its end. */
const PLAIN_CHUNK_BYTES = 256 * 1024

const PLAIN_ID = /^[a-z]{3}_[0-9A-Z]{26}$/

export class Blobs {
  readonly #directory: string
  readonly #master: Buffer
  readonly #options: BlobsOptions
  #usedBytes = 0

  private constructor(options: BlobsOptions) {
    this.#options = options
    this.#directory = options.directory
    this.#master = masterKey(options.databaseKey)
  }

  /** Opens the directory and counts what is in it. */
  static async open(options: BlobsOptions): Promise<Blobs> {
    const blobs = new Blobs(options)
    for (const folder of ['tmp', 'partial']) {
      await mkdir(join(options.directory, folder), { recursive: true, mode: 0o700 })
    }
    return blobs
  }

  /** Octets on the disk, encrypted; exact once `sweep` has run. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /**
   * Removes what no row names: files not in `known`, what was being written, and parts of downloads not in `partials`.
   * Before anything else is done here. Resolves with how many files went.
   */
  async sweep(known: ReadonlySet<string>, partials: ReadonlySet<string>): Promise<number> {
    this.#usedBytes = 0
    let removed = 0
    for (const [folder, keep] of [
      ['', known],
      ['tmp', new Set<string>()],
      ['partial', partials],
    ] as const) {
      for (const entry of await readdir(join(this.#directory, folder), { withFileTypes: true })) {
        if (!entry.isFile() || !PLAIN_ID.test(entry.name)) continue
        const path = join(this.#directory, folder, entry.name)
        if (keep.has(entry.name)) this.#usedBytes += (await stat(path)).size
        else {
          await rm(path, { force: true })
          removed += 1
        }
      }
    }
    return removed
  }

  async create(): Promise<BlobWriter> {
    const id = this.#options.ids('blb')
    const path = join(this.#directory, 'tmp', id)
    const file = await open(path, 'wx', 0o600).catch(full)
    const salt = this.#options.randomOctets(SALT_BYTES)
    const cipher = new ChunkCipher(this.#master, salt, id)
    const pending = Buffer.alloc(CHUNK_BYTES)
    let filled = 0
    let index = 0
    let bytes = 0
    let written = 0
    const put = async (octets: Buffer) => {
      await this.#append(file, octets)
      written += octets.length
    }
    const discard = async () => {
      await file.close()
      await rm(path, { force: true })
      this.#usedBytes -= written
    }
    return {
      write: async (octets) => {
        if (written === 0) await put(header(salt))
        for (let at = 0; at < octets.length; ) {
          // A full chunk is written when more follows: which one is the last is known only then.
          if (filled === CHUNK_BYTES) {
            await put(cipher.seal(pending, index++, false))
            filled = 0
          }
          const taken = Math.min(CHUNK_BYTES - filled, octets.length - at)
          pending.set(octets.subarray(at, at + taken), filled)
          filled += taken
          at += taken
        }
        bytes += octets.length
      },
      finish: async () => {
        if (written === 0) await put(header(salt))
        await put(cipher.seal(pending.subarray(0, filled), index, true))
        await file.sync().catch(full)
        await file.close()
        await rename(path, join(this.#directory, id))
        await syncDirectory(this.#directory)
        return { id, bytes }
      },
      discard,
    }
  }

  /**
   * The content, or a range of it (`from` ≤ octet < `to`), chunk by chunk, each verified before it is given out.
   * Throws CausewayError `blob-missing`, `blob-damaged`.
   */
  async *read(
    { id, bytes }: StoredBlob,
    range?: { from: number; to: number },
  ): AsyncGenerator<Buffer, void, undefined> {
    const { from, to } = range ?? { from: 0, to: bytes }
    const file = await this.#openFile(id)
    try {
      if ((await file.stat()).size !== sealedBytes(bytes)) throw damaged('it has another length than it should')
      const head = Buffer.alloc(HEADER_BYTES)
      await file.read(head, 0, HEADER_BYTES, 0)
      const cipher = new ChunkCipher(this.#master, saltIn(head), id)
      const chunks = chunksOf(bytes)
      const sealed = Buffer.alloc(SEALED_CHUNK_BYTES)
      for (let index = Math.floor(from / CHUNK_BYTES); index < chunks; index++) {
        const begin = index * CHUNK_BYTES
        if (begin >= to && begin > 0) return
        const { bytesRead } = await file.read(sealed, 0, SEALED_CHUNK_BYTES, HEADER_BYTES + index * SEALED_CHUNK_BYTES)
        const chunk = cipher.open(sealed.subarray(0, bytesRead), index, index === chunks - 1)
        const part = chunk.subarray(Math.max(0, from - begin), Math.max(0, to - begin))
        if (part.length > 0) yield part
      }
    } finally {
      await file.close()
    }
  }

  /** Does nothing when it is not there. */
  async remove(id: string): Promise<void> {
    await this.#removeFile(join(this.#directory, checked(id)))
  }

  /** The part of a download under this id (of an attachment). */
  partial(id: string): PartialDownload {
    const path = join(this.#directory, 'partial', checked(id))
    return {
      size: async () => (await sizeOf(path)) ?? 0,
      append: async (octets) => {
        const file = await open(path, 'a', 0o600).catch(full)
        try {
          await this.#append(file, octets)
        } finally {
          await file.close()
        }
      },
      read: () => readPlain(path),
      discard: () => this.#removeFile(path),
    }
  }

  async #append(file: FileHandle, octets: Uint8Array): Promise<void> {
    if (this.#usedBytes + octets.length > this.#options.totalBytesMax) {
      throw storageFull('attachments.total_bytes_max is reached')
    }
    let at = 0
    while (at < octets.length) {
      const { bytesWritten } = await file.write(octets, at).catch(full)
      this.#usedBytes += bytesWritten
      at += bytesWritten
    }
  }

  async #openFile(id: string): Promise<FileHandle> {
    try {
      return await open(join(this.#directory, checked(id)), constants.O_RDONLY)
    } catch (cause) {
      throw new CausewayError({
        code: 'blob-missing',
        message: 'A stored file is not there any more. Fetch it again where that is still possible.',
        retry: 'never',
        cause,
      })
    }
  }

  async #removeFile(path: string): Promise<void> {
    const bytes = await sizeOf(path)
    if (bytes === undefined) return
    await rm(path, { force: true })
    this.#usedBytes -= bytes
  }
}

/** An id becomes a path only when it is one. */
function checked(id: string): string {
  if (!PLAIN_ID.test(id)) throw new TypeError('not an id')
  return id
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch {
    return undefined
  }
}

async function* readPlain(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path, 'r')
  const buffer = Buffer.alloc(PLAIN_CHUNK_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PLAIN_CHUNK_BYTES)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function full(error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') throw storageFull('the disk is full', error)
  throw error
}

function storageFull(why: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'storage-full',
    message: `There is no room for this file: ${why}. Make room (or raise the limit), then try again.`,
    retry: 'same-transport',
    ...(cause === undefined ? {} : { cause }),
  })
}
