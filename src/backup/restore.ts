/**
 * Puts a backup in the place of an appliance that is gone. In this order, so that a crash anywhere leaves either nothing
 * that a gateway would start with, or all of it:
 *
 *   refuse · verify all of it · unpack beside · make it safe to go on with · key file · stored files · database
 *
 * The copy is of an earlier day: see `store/restoring.ts` and `signal/restored.ts` for what must not simply go on.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import { settleRestoredAccount } from '../signal/restored.ts'
import { openDatabase } from '../store/database.ts'
import { settleRestored } from '../store/restoring.ts'
import type { Manifest } from './entries.ts'
import { syncDirectory } from './folder.ts'
import { openBackup, readBackup, type VerifiedBackup, verifyBackup } from './open.ts'

const PROBE_TIMEOUT_MS = 2_000
const DATABASE = 'causeway.db'
/** The YAML of the backup, for a person to put in its place: paths and ports of another machine may be in it. */
const CONFIG = 'causeway.restored.yaml'

export interface RestoreTarget {
  dataDir: string
  keyFile: string
  /** Of the gateway's API. */
  socketPath: string
}

export interface RestoreOptions {
  path: string
  recoveryKey: string
  target: RestoreTarget
  /** A person vouches that the gateway it came from will never run again. */
  takeover: boolean
  clock: () => number
}

export interface Restored {
  manifest: Manifest
  files: number
  /** Messages that wait for a person. */
  held: number
  configFile: string | undefined
}

/**
 * Throws CausewayError `restore-gateway-running`, `restore-not-empty`, `restore-second-copy`, `restore-key-file`, and what
 * `openBackup` and `verifyBackup` throw. Before the backup is verified nothing is written.
 */
export async function restoreBackup({ path, recoveryKey, target, takeover, clock }: RestoreOptions): Promise<Restored> {
  await demandEmpty(target)
  const backup = await openBackup(path, recoveryKey)
  const verified = await verifyBackup(backup)
  demandOnlyCopy(verified, takeover)
  const work = join(target.dataDir, '.restoring')
  await rm(work, { recursive: true, force: true })
  await mkdir(join(work, 'files'), { recursive: true, mode: 0o700 })
  try {
    await unpack(backup, work)
    const key = await readFile(join(work, 'key'))
    await demandKeyFits(target.keyFile, key)
    const held = await makeSafe(join(work, DATABASE), key, verified.manifest.takenAtMs, clock())
    await putInPlace(work, target, key)
    const configFile = verified.hasConfig ? join(target.dataDir, CONFIG) : undefined
    return { manifest: verified.manifest, files: verified.files, held, configFile }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function demandEmpty({ dataDir, socketPath }: RestoreTarget): Promise<void> {
  if (await answers(socketPath)) {
    throw refused(
      'restore-gateway-running',
      'A gateway runs with this configuration. Stop it (systemctl stop causeway), and restore where there is none.',
    )
  }
  if (existsSync(join(dataDir, DATABASE))) {
    throw refused(
      'restore-not-empty',
      `There is a database in ${dataDir} already, and nothing is overwritten. Move it away, or name another data_dir.`,
    )
  }
}

function demandOnlyCopy({ manifest: { account } }: VerifiedBackup, takeover: boolean): void {
  if (account === null || takeover) return
  throw refused(
    'restore-second-copy',
    'This backup holds a Signal account, and two gateways with the same account destroy each other’s sessions. When the one it came from will never run again, say so with --takeover.',
  )
}

/** The key of another database is not lost for this one. */
async function demandKeyFits(keyFile: string, key: Buffer): Promise<void> {
  const present = await readFile(keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (present === undefined || present.trim().toLowerCase() === key.toString('hex')) return
  throw refused(
    'restore-key-file',
    `There is another key in ${keyFile}, perhaps of a database that still exists. Move it away, then restore again.`,
  )
}

async function unpack(backup: Awaited<ReturnType<typeof openBackup>>, work: string): Promise<void> {
  let file: FileHandle | undefined
  try {
    await readBackup(backup, {
      begin: async ({ name }) => {
        file = await open(join(work, placeOf(name)), 'w', 0o600)
      },
      content: async (octets) => {
        await file?.writeFile(octets)
      },
      end: async () => {
        await file?.sync()
        await file?.close()
        file = undefined
      },
    })
  } finally {
    await file?.close()
  }
}

/** `entries.ts` lets no other names through. */
function placeOf(name: string): string {
  if (name.startsWith('file:')) return join('files', name.slice('file:'.length))
  if (name === 'database') return DATABASE
  return name === 'config' ? CONFIG : name
}

async function makeSafe(path: string, key: Uint8Array, takenAtMs: number, nowMs: number): Promise<number> {
  const db = await openDatabase({ path, key })
  try {
    return await db.transaction().execute(async (tx) => {
      await settleRestoredAccount(tx, (count) => new Uint8Array(randomBytes(count)))
      return await settleRestored(tx, takenAtMs, nowMs)
    })
  } finally {
    await db.destroy()
  }
}

async function putInPlace(work: string, { dataDir, keyFile }: RestoreTarget, key: Buffer): Promise<void> {
  if (!existsSync(keyFile)) {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
    const file = await open(keyFile, 'wx', 0o600)
    try {
      await file.writeFile(`${key.toString('hex')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await syncDirectory(dirname(keyFile))
  }
  const files = join(dataDir, 'files')
  await mkdir(files, { recursive: true, mode: 0o700 })
  for (const name of await readdir(join(work, 'files'))) await rename(join(work, 'files', name), join(files, name))
  await syncDirectory(files)
  if (existsSync(join(work, CONFIG))) await rename(join(work, CONFIG), join(dataDir, CONFIG))
  // The log, where closing has left one, belongs to its database; the database comes last.
  for (const suffix of ['-wal', '-shm', '']) {
    const name = `${DATABASE}${suffix}`
    if (existsSync(join(work, name))) await rename(join(work, name), join(dataDir, name))
  }
  await syncDirectory(dataDir)
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const settle = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(true))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function refused(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'after-human' })
}
