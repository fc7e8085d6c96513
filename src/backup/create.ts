/**
 * Makes one backup: everything that the appliance is made of (`entries.ts`), sealed for the holder of the recovery key,
 * read and written piece by piece.
 */
import { createReadStream } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import { type Entry, headOf, type Manifest, SMALL_BYTES_MAX } from './entries.ts'
import { type Lock, seal } from './envelope.ts'
import { type KeptBackup, writeBackup } from './folder.ts'
import { SealedWriter } from './sealed-file.ts'
import { type SnapshotSource, takeSnapshot } from './snapshot.ts'

export interface BackupSource extends SnapshotSource {
  /** The YAML that the gateway runs with; undefined: none. */
  configFile: string | undefined
  manifest: Manifest
}

export interface Progress {
  doneBytes: number
  /** Known once the snapshot is taken. */
  totalBytes: number | undefined
}

/**
 * Resolves when it is in the folder, whole. Throws CausewayError `db-copy`, `storage-full`, `backup-folder`; aborts with
 * `signal`.
 */
export async function createBackup(
  source: BackupSource,
  lock: Lock,
  directory: string,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
): Promise<KeptBackup> {
  try {
    const snapshot = await takeSnapshot(source, signal)
    const small = await smallEntries(source)
    const { size } = await stat(snapshot.databasePath)
    const large = [
      { name: 'database', bytes: size, path: snapshot.databasePath },
      ...snapshot.files.map(({ id, bytes }) => ({
        name: `file:${id}`,
        bytes,
        path: join(snapshot.filesDirectory, id),
      })),
    ]
    const totalBytes = large.reduce((sum, { bytes }) => sum + bytes, 0)
    let doneBytes = 0
    progress({ doneBytes, totalBytes })
    return await writeBackup(directory, source.manifest.takenAtMs, async (file) => {
      const { envelope, secret } = seal(lock, source.manifest.takenAtMs)
      const writer = await SealedWriter.begin(file, envelope, secret)
      for (const { name, content } of small) {
        await writer.write(headOf({ name, bytes: content.length }))
        await writer.write(content)
      }
      for (const entry of large) {
        await copyEntry(writer, entry, entry.path, signal)
        doneBytes += entry.bytes
        progress({ doneBytes, totalBytes })
      }
      await writer.write(headOf({ name: 'end', bytes: small.length + large.length }))
      await writer.finish()
    })
  } catch (error) {
    throw roomError(error)
  } finally {
    await rm(source.workDirectory, { recursive: true, force: true })
  }
}

async function smallEntries(source: BackupSource): Promise<{ name: string; content: Buffer }[]> {
  const { manifest, databaseKey, configFile } = source
  const config = configFile === undefined ? undefined : await readFile(configFile).catch(() => undefined)
  return [
    { name: 'manifest', content: Buffer.from(JSON.stringify(manifest)) },
    { name: 'key', content: Buffer.from(databaseKey) },
    ...(config === undefined || config.length > SMALL_BYTES_MAX ? [] : [{ name: 'config', content: config }]),
  ]
}

async function copyEntry(writer: SealedWriter, entry: Entry, path: string, signal: AbortSignal): Promise<void> {
  const { name, bytes } = entry
  await writer.write(headOf({ name, bytes }))
  let left = bytes
  for await (const part of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    left -= part.length
    if (left < 0) break
    await writer.write(part)
  }
  if (left !== 0) throw new Error(`${name} has changed its length while it was read`)
}

function roomError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new CausewayError({
    code: 'storage-full',
    message: 'There is no room for the backup. Make room, keep fewer (backup.keep), or set another backup.directory.',
    retry: 'after-human',
    cause: error,
  })
}
