/** Stands in for Signal's vault, whose enclave cannot be asked from here: what a PIN of which account opens, and ten tries. */
import { type PinVault, wrongPin } from '../../../src/signal/pin-vault.ts'

const TRIES_MAX = 10

export class StandInVault implements PinVault {
  readonly kept = new Map<string, { pin: string; masterKey: Uint8Array; left: number }>()

  async open({ username }: { username: string }, pin: string): Promise<Uint8Array> {
    const found = this.kept.get(username)
    if (found?.pin === pin) return found.masterKey
    const left = (found?.left ?? 1) - 1
    if (found !== undefined) found.left = left
    if (left === 0) this.kept.delete(username)
    throw wrongPin(left)
  }

  async keep({ username }: { username: string }, pin: string, masterKey: Uint8Array): Promise<void> {
    this.kept.set(username, { pin, masterKey, left: TRIES_MAX })
  }

  async erase({ username }: { username: string }): Promise<void> {
    this.kept.delete(username)
  }
}
