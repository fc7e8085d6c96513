/**
 * Stands in for Signal's PIN service (SVR2), whose enclave cannot be asked from here: what a PIN of which account opens, and
 * ten tries. In a file, since the gateway is another process than the sandbox; it guards nothing, unlike the real one.
 *
 * The file is a log that is only ever added to, a line for each word: two processes that speak at once both count.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { normalizedPin, type PinVault, pinGone, type VaultCredentials, wrongPin } from '../signal/pin-vault.ts'

const TRIES_MAX = 10

interface Kept {
  /** Of the PIN as the service gets it. */
  sha256: string
  masterKey: string
}

type Word = { username: string } & ({ kind: 'keep'; kept: Kept } | { kind: 'try'; sha256: string } | { kind: 'erase' })

/** What is kept of one account, and the tries that are left. */
interface Standing {
  kept: Kept
  left: number
}

export class StandInVault implements PinVault {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async open({ username }: VaultCredentials, pin: string): Promise<Uint8Array> {
    const found = this.#standing(username)
    if (found === undefined) throw pinGone()
    const sha256 = hashed(pin)
    this.#say({ username, kind: 'try', sha256 })
    if (found.kept.sha256 !== sha256) throw wrongPin(this.#standing(username)?.left ?? 0)
    return Buffer.from(found.kept.masterKey, 'base64')
  }

  async keep({ username }: VaultCredentials, pin: string, masterKey: Uint8Array): Promise<void> {
    const kept = { sha256: hashed(pin), masterKey: Buffer.from(masterKey).toString('base64') }
    this.#say({ username, kind: 'keep', kept })
  }

  async erase({ username }: VaultCredentials): Promise<void> {
    this.#say({ username, kind: 'erase' })
  }

  #say(word: Word): void {
    appendFileSync(this.path, `${JSON.stringify(word)}\n`, { mode: 0o600 })
  }

  #standing(username: string): Standing | undefined {
    return this.#words()
      .filter((word) => word.username === username)
      .reduce(heard, undefined)
  }

  #words(): Word[] {
    try {
      const lines = readFileSync(this.path, 'utf8').split('\n').slice(0, -1)
      return lines.map((line) => JSON.parse(line) as Word)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
}

/** What is kept after one more word. */
function heard(standing: Standing | undefined, word: Word): Standing | undefined {
  if (word.kind === 'keep') return { kept: word.kept, left: TRIES_MAX }
  if (word.kind === 'erase' || standing === undefined) return undefined
  const left = word.sha256 === standing.kept.sha256 ? TRIES_MAX : standing.left - 1
  return left === 0 ? undefined : { ...standing, left }
}

function hashed(pin: string): string {
  return createHash('sha256').update(normalizedPin(pin)).digest('hex')
}
