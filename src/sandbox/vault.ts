/**
 * Stands in for Signal's PIN service (SVR2), whose enclave cannot be asked from here: what a PIN of which account opens, and
 * ten tries. In a file, since the gateway is another process than the sandbox; it guards nothing, unlike the real one.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { normalizedPin, type PinVault, pinGone, type VaultCredentials, wrongPin } from '../signal/pin-vault.ts'

const TRIES_MAX = 10

interface Kept {
  /** Of the PIN as the service gets it. */
  sha256: string
  masterKey: string
  left: number
}

export class StandInVault implements PinVault {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async open({ username }: VaultCredentials, pin: string): Promise<Uint8Array> {
    const all = this.#read()
    const found = all.get(username)
    if (found === undefined) throw pinGone()
    const isRight = found.sha256 === hashed(pin)
    const left = isRight ? TRIES_MAX : found.left - 1
    if (left === 0) all.delete(username)
    else all.set(username, { ...found, left })
    this.#write(all)
    if (!isRight) throw wrongPin(left)
    return Buffer.from(found.masterKey, 'base64')
  }

  async keep({ username }: VaultCredentials, pin: string, masterKey: Uint8Array): Promise<void> {
    const kept = { sha256: hashed(pin), masterKey: Buffer.from(masterKey).toString('base64'), left: TRIES_MAX }
    this.#write(this.#read().set(username, kept))
  }

  async erase({ username }: VaultCredentials): Promise<void> {
    const all = this.#read()
    if (all.delete(username)) this.#write(all)
  }

  #read(): Map<string, Kept> {
    try {
      return new Map(Object.entries(JSON.parse(readFileSync(this.path, 'utf8')) as Record<string, Kept>))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
      throw error
    }
  }

  /** Whole, and renamed: a reader never sees half of it. */
  #write(all: ReadonlyMap<string, Kept>): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(Object.fromEntries(all)), { mode: 0o600 })
    renameSync(`${this.path}.new`, this.path)
  }
}

function hashed(pin: string): string {
  return createHash('sha256').update(normalizedPin(pin)).digest('hex')
}
