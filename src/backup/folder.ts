/**
 * The folder that backups lie in. A backup is there under its own name only when it is whole and on the disk; what is
 * being written has another one, and is swept away when its gateway has died.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import { ENVELOPE_BYTES, readEnvelope } from './envelope.ts'

const NAME = /^causeway-\d{8}T\d{6}Z(-\d{1,3})?\.cwbackup$/
const PARTIAL = /^\.causeway-.*\.partial$/
/** In one second. */
const SAME_SECOND_MAX = 100

export interface KeptBackup {
  name: string
  bytes: number
  takenAtMs: number
}

/** Whether a file of the folder can be a backup of ours: nothing else is ever read or removed there. */
export function isBackupName(name: string): boolean {
  return NAME.test(name)
}

/** The backups in the folder, the newest first; none where there is no folder that can be read: writing says why. */
export async function listBackups(directory: string): Promise<KeptBackup[]> {
  const backups: KeptBackup[] = []
  for (const name of await namesIn(directory)) {
    if (!NAME.test(name)) continue
    const path = join(directory, name)
    try {
      const { size } = await stat(path)
      backups.push({ name, bytes: size, takenAtMs: await takenAt(path) })
    } catch {
      // Not one of ours in spite of its name, or gone since.
    }
  }
  return backups.sort((a, b) => b.takenAtMs - a.takenAtMs || (a.name < b.name ? 1 : -1))
}

/** Removes what was being written when a gateway died. */
export async function sweepPartials(directory: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (PARTIAL.test(name)) await rm(join(directory, name), { force: true })
  }
}

/** Removes the oldest beyond `keep`; resolves with their names. */
export async function pruneBackups(directory: string, keep: number): Promise<string[]> {
  const old = (await listBackups(directory)).slice(keep)
  for (const { name } of old) await rm(join(directory, name), { force: true })
  return old.map(({ name }) => name)
}

/**
 * Has `write` fill a new file, which has its name only when all of it is on the disk; nothing is left where `write` throws.
 * Throws CausewayError `backup-folder` where the folder cannot be written to.
 */
export async function writeBackup(
  directory: string,
  takenAtMs: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<KeptBackup> {
  const stamp = `causeway-${new Date(takenAtMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const partial = join(directory, `.${stamp}-${process.pid}.partial`)
  const file = await mkdir(directory, { recursive: true, mode: 0o700 })
    .then(() => open(partial, 'w', 0o600))
    .catch((cause: unknown) => {
      throw new CausewayError({
        code: 'backup-folder',
        message: `Nothing can be written to the folder of the backups, ${directory}. Let the gateway write there, or set backup.directory.`,
        retry: 'after-human',
        cause,
      })
    })
  try {
    await write(file)
    await file.sync()
    const { size } = await file.stat()
    const name = await freeName(directory, stamp)
    await rename(partial, join(directory, name))
    await syncDirectory(directory)
    return { name, bytes: size, takenAtMs }
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function freeName(directory: string, stamp: string): Promise<string> {
  const taken = new Set(await readdir(directory))
  for (let n = 1; n < SAME_SECOND_MAX; n++) {
    const name = n === 1 ? `${stamp}.cwbackup` : `${stamp}-${n}.cwbackup`
    if (!taken.has(name)) return name
  }
  throw new Error('a hundred backups in one second')
}

async function takenAt(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(ENVELOPE_BYTES)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    return readEnvelope(head.subarray(0, bytesRead)).takenAtMs
  } finally {
    await file.close()
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => [])
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
