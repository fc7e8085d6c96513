/**
 * What Signal's server knows of registered numbers and the mock does not: a number keeps its account when it is registered
 * again, a recovery password stands for a code, a registration lock asks for its token, an old phone may offer a transfer.
 * Answers `POST /v1/registration` in the mock's place where that matters.
 */
import { KEMPublicKey, PublicKey } from '@signalapp/libsignal-client'
import type { Device } from './mock.ts'
import { ServiceIdKind } from './mock.ts'
import type { ChatRequest, Reply } from './signal-connection.ts'

/** A lock holds so long after its account was last seen. */
const lockMs = 7 * 24 * 3600_000

/** By which the vault knows who asks. */
export function vaultCredentials(e164: string): { username: string; password: string } {
  return { username: e164.replace('+', ''), password: 'vault' }
}

interface Lock {
  /** As it is on the wire: 64 hexadecimal digits. */
  token: string
  remainingMs: number
  /** For the vault that a PIN opens. */
  vault: { username: string; password: string } | null
}

interface Host {
  numberOfSession(sessionId: string): string | undefined
  /** Signs out whoever used the account, with all it had at the server, and lets this password in. */
  takeOver(device: Device, password: string, ids: { aci: number; pni: number }): Promise<void>
}

interface SignedKey {
  keyId: number
  publicKey: string
  signature: string
}

export class Registrations {
  readonly #accounts = new Map<string, { device: Device; recoveryPassword: string }>()
  readonly #locks = new Map<string, Lock>()
  readonly #transfers = new Set<string>()

  /** From now on the number is registered with this token alone. */
  lock(e164: string, lock: Lock): void {
    this.#locks.set(e164, lock)
  }

  /** What an account's own device asks to be locked with; to the vault everybody comes under the number. */
  lockBy(e164: string, token: unknown): boolean {
    if (typeof token !== 'string' || !/^[0-9a-f]{64}$/.test(token)) return false
    this.lock(e164, { token, remainingMs: lockMs, vault: vaultCredentials(e164) })
    return true
  }

  unlock(e164: string): void {
    this.#locks.delete(e164)
  }

  /** The old phone of this number could hand over its messages. */
  offerTransfer(e164: string): void {
    this.#transfers.add(e164)
  }

  /** Recovery passwords of this number are not taken any more, as after somebody proved it by a code. */
  forgetRecovery(e164: string): void {
    const account = this.#accounts.get(e164)
    if (account !== undefined) account.recoveryPassword = ''
  }

  /** There is no account on this number any more, and no lock of one. */
  forget(e164: string): void {
    this.#accounts.delete(e164)
    this.#locks.delete(e164)
  }

  /** Takes note of an account that was registered here. */
  note(e164: string, device: Device, attributes: unknown): void {
    this.#accounts.set(e164, { device, recoveryPassword: text(record(attributes)['recoveryPassword']) })
  }

  /** The answer to a registration, where the mock would give another one. */
  async answer(request: ChatRequest, host: Host): Promise<Reply | undefined> {
    const body = record(request.body)
    const recovery = text(body['recoveryPassword'])
    const byRecovery = text(body['sessionId']) === ''
    const credentials = basic(request.authorization)
    const e164 = byRecovery ? credentials.username : host.numberOfSession(text(body['sessionId']))
    if (e164 === undefined) return undefined
    const account = this.#accounts.get(e164)
    if (byRecovery && (account === undefined || recovery === '' || recovery !== account.recoveryPassword)) {
      return reply(403, {})
    }
    const lock = this.#locks.get(e164)
    if (lock !== undefined && record(body['accountAttributes'])['registrationLock'] !== lock.token) {
      return reply(423, { timeRemaining: lock.remainingMs, svr2Credentials: lock.vault })
    }
    if (this.#transfers.has(e164) && body['skipDeviceTransfer'] !== true) return reply(409, {})
    if (account === undefined) return undefined
    const { device } = account
    const attributes = record(body['accountAttributes'])
    await host.takeOver(device, credentials.password, {
      aci: Number(attributes['registrationId']),
      pni: Number(attributes['pniRegistrationId']),
    })
    await device.setKeys(ServiceIdKind.ACI, keysIn(body, 'aci'))
    await device.setKeys(ServiceIdKind.PNI, keysIn(body, 'pni'))
    return reply(200, {
      uuid: device.aci,
      number: e164,
      pni: device.checkedPni.replace(/^PNI:/, ''),
      storageCapable: false,
      entitlements: { badges: [] },
      reregistration: true,
    })
  }
}

function keysIn(body: Record<string, unknown>, kind: 'aci' | 'pni') {
  const signed = body[`${kind}SignedPreKey`] as SignedKey
  const lastResort = body[`${kind}PqLastResortPreKey`] as SignedKey
  return {
    identityKey: PublicKey.deserialize(octets(text(body[`${kind}IdentityKey`]))),
    signedPreKey: {
      keyId: signed.keyId,
      publicKey: PublicKey.deserialize(octets(signed.publicKey)),
      signature: octets(signed.signature),
    },
    lastResortKey: {
      keyId: lastResort.keyId,
      publicKey: KEMPublicKey.deserialize(octets(lastResort.publicKey)),
      signature: octets(lastResort.signature),
    },
  }
}

function reply(status: number, body: unknown): Reply {
  return { status, headers: {}, body }
}

function basic(header: string | undefined): { username: string; password: string } {
  const encoded = /^basic (.+)$/i.exec(header ?? '')?.[1] ?? ''
  const [username = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
  return { username, password: rest.join(':') }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function octets(base64: string): Buffer<ArrayBuffer> {
  return Buffer.from(base64, 'base64')
}
