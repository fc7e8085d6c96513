/**
 * The registration lock of our own account: whoever registers its number elsewhere is asked for a PIN. What the PIN opens is
 * the account's master key, which Signal's vault keeps (`pin-vault.ts`); from that follows the token that the server asks for.
 *
 *   PIN ─► vault keeps the master key ─► server asks for its token from now on ─► noted here
 *
 * In that order: a crash in between leaves a key in the vault and no lock, and setting it again is safe. The PIN itself is
 * kept nowhere. A linked device has no say in it.
 */
import { AccountEntropyPool, SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { CausewayError } from '../domain/errors.ts'
import { told } from '../domain/told.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Credentials } from './credentials.ts'
import { demandPrimary } from './devices.ts'
import type { AccountLock } from './lock.ts'
import type { RegistrationLockView, SignalLock } from './own-contract.ts'
import { normalizedPin, type PinVault, type VaultCredentials } from './pin-vault.ts'
import { refusal, request } from './rest.ts'

const path = '/v1/accounts/registration_lock'
const credentialsPath = '/v2/svr/auth'
/** Of the last word to the vault. */
const eraseTimeoutMs = 30_000
const toPhone = 'The PIN is set on the phone: Signal, Settings, Account.'
/** As official clients demand it. */
const charactersMin = 4

interface Parts {
  db: Database
  chat: Chat
  credentials: Credentials
  vault: PinVault
  /** One change of the account's settings after the other. */
  settings: AccountLock
}

export class OwnLock implements SignalLock {
  readonly #parts: Parts
  readonly #stopping = new AbortController()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#parts.settings.run(async () => {})
  }

  async read(): Promise<RegistrationLockView> {
    const row = await this.#parts.db.selectFrom('signal_account').select('registration_lock').executeTakeFirst()
    const editable = this.#parts.credentials.deviceId === 1
    return { locked: editable ? (row?.registration_lock ?? null) !== null : undefined, editable }
  }

  async set(pin: string): Promise<void> {
    demandPrimary(this.#parts.credentials, toPhone)
    if ([...Buffer.from(normalizedPin(pin)).toString()].length < charactersMin) {
      throw new CausewayError({
        ...told('signal-pin-short', { min: charactersMin }),
        message: `A Signal PIN has at least ${charactersMin} digits or letters.`,
        retry: 'never',
      })
    }
    await this.#parts.settings.run(async () => {
      const { db, chat, vault } = this.#parts
      const { entropy_pool: pool } = await db
        .selectFrom('signal_account')
        .select('entropy_pool')
        .executeTakeFirstOrThrow()
      const masterKey = AccountEntropyPool.deriveSvrKey(pool)
      await vault.keep(await this.#credentials(), pin, masterKey, this.#stopping.signal)
      const token = Buffer.from(new SvrKey(masterKey).deriveRegistrationLock()).toString('hex')
      await this.#ask(chat, 'PUT', { registrationLock: token })
      await this.#note(token)
    })
  }

  async remove(): Promise<void> {
    demandPrimary(this.#parts.credentials, toPhone)
    await this.#parts.settings.run(async () => {
      const { chat, vault } = this.#parts
      await this.#ask(chat, 'DELETE')
      await this.#note(null)
      // Without a lock nobody is asked for the PIN: the key need not lie there.
      await vault.erase(await this.#credentials(), this.#stopping.signal)
    })
  }

  /** What takes the key out of the vault when the account is gone; asked for while there still is one. */
  async leaving(): Promise<() => Promise<void>> {
    if ((await this.read()).locked !== true) return async () => {}
    const credentials = await this.#credentials()
    return () => this.#parts.vault.erase(credentials, AbortSignal.timeout(eraseTimeoutMs))
  }

  async #ask(chat: Chat, verb: 'PUT' | 'DELETE', body?: unknown): Promise<void> {
    const answer = await request(chat.authenticated(), verb, path, body)
    if (answer.status < 200 || answer.status > 299) throw refusal(path, answer)
  }

  async #credentials(): Promise<VaultCredentials> {
    const answer = await request(this.#parts.chat.authenticated(), 'GET', credentialsPath)
    const { username, password } = (answer.json ?? {}) as { username?: unknown; password?: unknown }
    if (answer.status !== 200 || typeof username !== 'string' || typeof password !== 'string') {
      throw refusal(credentialsPath, answer)
    }
    return { username, password }
  }

  async #note(token: string | null): Promise<void> {
    await this.#parts.db.updateTable('signal_account').set({ registration_lock: token }).execute()
  }
}
