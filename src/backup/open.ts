/** Opens a backup with its recovery key: verifies every octet of it, and hands out what is in it. */
import { open } from 'node:fs/promises'
import { CausewayError } from '../domain/errors.ts'
import { type Entry, type EntrySink, type Manifest, readEntries, SMALL_BYTES_MAX } from './entries.ts'
import { damaged, type Envelope, unlock } from './envelope.ts'
import { envelopeOf, readSealed } from './sealed-file.ts'

export interface OpenedBackup {
  path: string
  envelope: Envelope
  secret: Uint8Array
}

export interface VerifiedBackup {
  manifest: Manifest
  databaseBytes: number
  files: number
  filesBytes: number
  hasConfig: boolean
}

/** Throws CausewayError `backup-missing`, `backup-not-one`, `backup-version`, `backup-damaged`, `backup-wrong-key`. */
export async function openBackup(path: string, recoveryKey: string): Promise<OpenedBackup> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new CausewayError({
      code: 'backup-missing',
      message: `The backup ${path} cannot be read. Name a file that is there.`,
      retry: 'after-human',
      cause,
    })
  })
  try {
    const envelope = await envelopeOf(file)
    return { path, envelope, secret: await unlock(envelope, recoveryKey) }
  } finally {
    await file.close()
  }
}

/** Hands its entries to `sink`. Throws CausewayError `backup-damaged`. */
export async function readBackup({ path, envelope, secret }: OpenedBackup, sink: EntrySink): Promise<void> {
  await readEntries(readSealed(path, envelope, secret), sink)
}

/** Reads all of it, writes nothing. Throws CausewayError `backup-damaged`. */
export async function verifyBackup(backup: OpenedBackup): Promise<VerifiedBackup> {
  const seen = new Map<string, number>()
  const manifest: Buffer[] = []
  let current = ''
  await readBackup(backup, {
    begin: async ({ name, bytes }) => {
      if (seen.has(name)) throw damaged('something is in it twice')
      if (isSmall(name) && bytes > SMALL_BYTES_MAX) throw damaged('its content is not what was written')
      seen.set(name, bytes)
      current = name
    },
    content: async (octets) => {
      if (current === 'manifest') manifest.push(Buffer.from(octets))
    },
    end: async () => undefined,
  })
  const databaseBytes = seen.get('database')
  if (databaseBytes === undefined || seen.get('key') !== 32) throw damaged('some of its content is missing')
  const files = [...seen].filter(([name]) => name.startsWith('file:'))
  return {
    manifest: manifestFrom(Buffer.concat(manifest)),
    databaseBytes,
    files: files.length,
    filesBytes: files.reduce((sum, [, bytes]) => sum + bytes, 0),
    hasConfig: seen.has('config'),
  }
}

function isSmall(name: Entry['name']): boolean {
  return name === 'manifest' || name === 'key' || name === 'config'
}

function manifestFrom(json: Buffer): Manifest {
  try {
    const { takenAtMs, version, account } = JSON.parse(json.toString()) as Partial<Manifest>
    if (typeof takenAtMs === 'number' && typeof version === 'string') {
      return { takenAtMs, version, account: typeof account === 'string' ? account : null }
    }
  } catch (cause) {
    throw damaged('it does not say what it is', cause)
  }
  throw damaged('it does not say what it is')
}
