/**
 * Another profile key for our account, after the owner has shut somebody out who may know the present one: they see nothing of
 * the profile that is new. The primary's to do; a linked device takes the phone's key from the storage service.
 *
 *   shut out → noted ─► next key chosen ─► profile published under it ─► access key at the server ─► it is our key ─► our groups
 *
 * Every step is on record or can be done twice, so a crash, a lost connection or a wait that the service asks for only puts it
 * off. Until it is our key nobody is told the next one; afterwards everybody we write to, and our groups, are.
 */
import { AccountEntropyPool, SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { sealedDeviceName } from './devices.ts'
import { capabilities, profileKeyOctets } from './enroll-secrets.ts'
import { asCauseway, shortly } from './errors.ts'
import { octets } from './ids.ts'
import type { AccountLock } from './lock.ts'
import { refusal, request } from './rest.ts'
import { makeStorageDue } from './storage-due.ts'

const attributesPath = '/v1/accounts/attributes'
/** First wait before a repetition; doubles with each… */
const backOffMs = 30_000
/** …up to this. */
const backOffMaxMs = 6 * 3600_000

interface Parts {
  db: Database
  chat: Chat
  credentials: Credentials
  clock: Clock
  random: Random
  log: Log
  /** Held while the server's settings of the account change: each such request tells all of them. */
  settings: AccountLock
  /** Publishes our profile under the next key, where there is one. */
  publish: () => Promise<unknown>
  /** Our other devices are to look at the storage service and the profile. */
  announce: () => Promise<void>
  /** Tells our groups the present key; when it wants to be called again (ms since epoch). */
  toGroups: (signal: AbortSignal) => Promise<number | undefined>
}

export class ProfileKeyDesk {
  readonly #parts: Parts
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds
  #tries = 0
  #waking = new AbortController()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#rounds = new Rounds(
      () => this.#round(),
      (error) => {
        if (!this.#stopping.signal.aborted)
          parts.log.info({ cause: shortly(error) }, 'the change of the profile key waits')
      },
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#waking.abort()
    await this.#rounds.stop()
  }

  /** Does what is due. Never throws; what cannot be done now is done later, after a crash too. */
  async run(): Promise<void> {
    if (this.#parts.credentials.deviceId === 1) await this.#rounds.run()
  }

  async #round(): Promise<boolean> {
    const { db, clock, toGroups } = this.#parts
    const row = await db.selectFrom('signal_account').select('key_change_due_at_ms').executeTakeFirst()
    const dueAtMs = row?.key_change_due_at_ms ?? undefined
    if (dueAtMs !== undefined && clock.now() < dueAtMs) this.#wakeAt(dueAtMs)
    else if (dueAtMs !== undefined) await this.#change()
    const againAtMs = await toGroups(this.#stopping.signal)
    if (againAtMs !== undefined) this.#wakeAt(againAtMs)
    return false
  }

  async #change(): Promise<void> {
    try {
      const next = await this.#next()
      await this.#parts.publish()
      await this.#tellServer(next)
      await this.#takeOver(next)
      this.#tries = 0
    } catch (error) {
      await this.#putOff(error)
      throw error
    }
  }

  /** The same one however often it is asked for, until it has become ours. */
  async #next(): Promise<Uint8Array> {
    const { db, random } = this.#parts
    const row = await db.selectFrom('signal_account').select('next_profile_key').executeTakeFirstOrThrow()
    if (row.next_profile_key !== null) return row.next_profile_key
    const next = random(profileKeyOctets)
    await db.updateTable('signal_account').set({ next_profile_key: next }).execute()
    return next
  }

  /** Who writes sealed is let in by this; the request says everything else of the account, too, as it is. */
  async #tellServer(next: Uint8Array): Promise<void> {
    const { db, chat, credentials, settings, log } = this.#parts
    await settings.run(async () => {
      const connection = chat.authenticated()
      const name = await sealedDeviceName(connection, credentials)
      const row = await db
        .selectFrom('signal_account')
        .select(['entropy_pool', 'registration_lock', 'discoverable'])
        .executeTakeFirstOrThrow()
      const masterKey = new SvrKey(AccountEntropyPool.deriveSvrKey(row.entropy_pool))
      const { aci, pni } = credentials.identities
      const answer = await request(connection, 'PUT', attributesPath, {
        fetchesMessages: true,
        registrationId: aci.registrationId,
        pniRegistrationId: pni.registrationId,
        ...(name === undefined ? {} : { name }),
        // Left out, it would be taken off.
        ...(row.registration_lock === null ? {} : { registrationLock: row.registration_lock }),
        unidentifiedAccessKey: toBase64(new ProfileKey(octets(next)).deriveAccessKey()),
        unrestrictedUnidentifiedAccess: false,
        capabilities: Object.fromEntries(capabilities.map((capability) => [capability, true])),
        discoverableByPhoneNumber: row.discoverable === 1,
        recoveryPassword: toBase64(masterKey.deriveRegistrationRecoveryPassword()),
      })
      if (answer.status === 404) log.warn({}, 'this Signal server takes no attributes of accounts')
      else if (answer.status < 200 || answer.status > 299) throw refusal(attributesPath, answer)
    })
  }

  async #takeOver(next: Uint8Array): Promise<void> {
    const { db, credentials, clock, log, announce } = this.#parts
    await db.transaction().execute(async (transaction) => {
      const change = { profile_key: next, next_profile_key: null, key_change_due_at_ms: null }
      await transaction.updateTable('signal_account').set(change).execute()
      await transaction.updateTable('signal_groups').set({ own_key_failures: 0, own_key_not_before_ms: 0 }).execute()
      await makeStorageDue(transaction, clock.now())
      // Before it is on record: nothing may leave with the former key after that. Should it not come to that, it is tried again
      // with this very key, which the server has by now.
      credentials.profileKey = new ProfileKey(octets(next))
    })
    log.info({}, 'our profile has another key now')
    await announce().catch((error: unknown) => {
      log.info({ cause: shortly(error) }, 'our other devices will see the new profile key at the storage service')
    })
  }

  /** Without a connection the next one is waited for; all else has its time, after a restart too. */
  async #putOff(error: unknown): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const { db, clock } = this.#parts
    const { code, retryAfterMs } = asCauseway(error)
    const atMs =
      clock.now() + Math.max(retryAfterMs ?? 0, Math.min(backOffMaxMs, backOffMs * 2 ** Math.min(this.#tries, 20)))
    this.#tries += 1
    this.#wakeAt(atMs)
    if (code === 'signal-unreachable') return
    await db
      .updateTable('signal_account')
      .set({ key_change_due_at_ms: atMs })
      .where('key_change_due_at_ms', 'is not', null)
      .execute()
  }

  #wakeAt(atMs: number): void {
    this.#waking.abort()
    if (this.#stopping.signal.aborted) return
    this.#waking = new AbortController()
    const waitMs = Math.min(backOffMaxMs, Math.max(1, atMs - this.#parts.clock.now()))
    void this.#parts.clock.wait(waitMs, this.#waking.signal).then(
      () => this.run(),
      () => undefined,
    )
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
