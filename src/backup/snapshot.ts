/**
 * One moment of the appliance, held still while it is read: a copy of the database, and a second name (hard link) for every
 * stored file. The files are linked before and after the copy, since neither what the copy names and is removed meanwhile
 * nor what came in between may be missing.
 *
 * The copy is made by a process of its own: it takes seconds, and whatever a damaged page does to SQLCipher happens there.
 */
import { spawn } from 'node:child_process'
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CausewayError } from '../domain/errors.ts'

const FILE = /^blb_[0-9A-Z]{26}$/
/** Of the process's last words. */
const WORDS_CHARS_MAX = 4_000
/** A database of several gigabytes on a slow card; longer means that the disk hangs. */
const COPY_TIMEOUT_MS = 3_600_000

export interface SnapshotSource {
  databasePath: string
  databaseKey: Uint8Array
  /** Stored files. */
  filesDirectory: string
  /** Emptied before and after; on the disk of the files. */
  workDirectory: string
}

export interface Snapshot {
  databasePath: string
  /** Ids of stored files, with their octets; they lie in `filesDirectory`. */
  files: readonly { id: string; bytes: number }[]
  filesDirectory: string
}

/** Holds it; the caller removes the work directory. Throws CausewayError `db-copy`, `storage-full`; aborts with `signal`. */
export async function takeSnapshot(source: SnapshotSource, signal: AbortSignal): Promise<Snapshot> {
  const { workDirectory, filesDirectory } = source
  await rm(workDirectory, { recursive: true, force: true })
  const links = join(workDirectory, 'files')
  await mkdir(links, { recursive: true, mode: 0o700 })
  await linkAll(filesDirectory, links)
  const databasePath = join(workDirectory, 'causeway.db')
  await copyElsewhere(source.databasePath, databasePath, source.databaseKey, signal)
  await linkAll(filesDirectory, links)
  const files: { id: string; bytes: number }[] = []
  for (const id of (await readdir(links)).sort()) files.push({ id, bytes: (await stat(join(links, id))).size })
  return { databasePath, files, filesDirectory: links }
}

async function linkAll(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile() || !FILE.test(entry.name)) continue
    await link(join(from, entry.name), join(to, entry.name)).catch((error: NodeJS.ErrnoException) => {
      // Linked before, or removed since it was listed.
      if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error
    })
  }
}

async function copyElsewhere(from: string, to: string, key: Uint8Array, signal: AbortSignal): Promise<void> {
  const extension = extname(new URL(import.meta.url).pathname)
  const file = fileURLToPath(new URL(`./copy-process${extension}`, import.meta.url))
  // Run from its sources in a checkout, as tests do.
  const loader = extension === '.ts' ? ['--import', 'tsx'] : []
  const child = spawn(process.execPath, [...loader, file, from, to], {
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
    timeout: COPY_TIMEOUT_MS,
  })
  let words = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (part: string) => {
    words = (words + part).slice(-WORDS_CHARS_MAX)
  })
  // Where it died before it read the key, its end says so.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${Buffer.from(key).toString('hex')}\n`)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw copyFailed(words)
}

function copyFailed(words: string): CausewayError {
  const isFull = /full|ENOSPC/i.test(words)
  return new CausewayError({
    code: isFull ? 'storage-full' : 'db-copy',
    message: isFull
      ? 'There is no room for a copy of the database beside it, which a backup needs. Make room, then try again.'
      : 'The database could not be copied for the backup. See to the disk: `causeway doctor` checks the database.',
    retry: 'after-human',
    cause: new Error(words),
  })
}
