/**
 * Puts a file in the place of another one at once: whoever reads it meanwhile, and whoever pulls the plug, finds the one or
 * the other, whole. Mode and owner stay, since the gateway's own user must go on reading what root has changed.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { CausewayError } from '../domain/errors.ts'

/** A new one is for its user and the group of the service. */
const NEW_MODE = 0o640

/** Writes through links. Throws CausewayError `config-unwritable`; the file is then as it was. */
export function rewriteFile(file: string, text: string): void {
  try {
    const target = existsSync(file) ? realpathSync(file) : file
    // Of this process alone: two that write at once would put half of a file in place.
    const fresh = `${target}.${process.pid}.new`
    try {
      write(fresh, text, existsSync(target) ? statSync(target) : undefined)
      renameSync(fresh, target)
    } catch (error) {
      rmSync(fresh, { force: true })
      throw error
    }
    sync(dirname(target))
  } catch (cause) {
    throw new CausewayError({
      code: 'config-unwritable',
      message: `The configuration ${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}. It is as it was.`,
      retry: 'after-human',
      cause,
    })
  }
}

function write(path: string, text: string, like: { mode: number; uid: number; gid: number } | undefined): void {
  rmSync(path, { force: true })
  // Nobody else's until it has its mode.
  const handle = openSync(path, 'wx', 0o600)
  try {
    // To its last octet: on a full disk a single write may take a part of it, and say so to nobody.
    writeFileSync(handle, text)
    const own = statSync(path)
    if (like !== undefined && (own.uid !== like.uid || own.gid !== like.gid)) fchownSync(handle, like.uid, like.gid)
    fchmodSync(handle, like === undefined ? NEW_MODE : like.mode & 0o7777)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function sync(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
