/**
 * The key of the database: 32 octets as 64 hex digits in a file that only its owner may read. Created on the first
 * start; losing it means losing the database, so it is never overwritten.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CausewayError } from '../domain/errors.ts'

const KEY = /^[0-9a-f]{64}$/i

export interface KeyFileOptions {
  /** Make the file (mode 0600) when there is none: only where there is no database that another key belongs to. */
  mayCreate: boolean
  /** Others may read it as far as the file's mode tells: systemd guards its credentials by other means. */
  mayBeShared?: boolean
}

/**
 * Reads the key.
 * Errors: CausewayError `key-file-missing`, `key-file-invalid`, `key-file-open` (others may read it), `after-human` all.
 */
export async function readKeyFile(path: string, options: KeyFileOptions): Promise<Uint8Array> {
  const text = await readIfThere(path)
  if (text === undefined) {
    if (options.mayCreate) return createKeyFile(path)
    throw bad('key-file-missing', `The key file ${path} is missing. Put back the one that this database was made with.`)
  }
  if (!KEY.test(text.trim())) {
    throw bad(
      'key-file-invalid',
      `The key file ${path} does not hold 64 hex digits. Put back the one of this database.`,
    )
  }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0 && options.mayBeShared !== true) {
    throw bad('key-file-open', `Others may read the key file ${path}. Run: chmod 600 ${path}`)
  }
  return Buffer.from(text.trim(), 'hex')
}

async function createKeyFile(path: string): Promise<Uint8Array> {
  const key = randomBytes(32)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // 'wx': whoever comes second reads what the first one wrote.
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw error
  })
  if (file === undefined) return readKeyFile(path, { mayCreate: false })
  try {
    await file.writeFile(`${key.toString('hex')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
  return key
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function bad(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'after-human' })
}
