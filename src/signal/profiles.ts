/**
 * The profiles of others: how they call themselves, and where their picture lies. Fetched sealed, by the access key of their profile key, when that is
 * new and once a day after that; a few at a time, and never before a wait that the service asked for is over.
 */
import { Aci } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { type AvatarDesk, noteAvatar, placeIn } from './avatars.ts'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway, signalError } from './errors.ts'
import type { SignalSink } from './facts.ts'
import { octets, peerOf } from './ids.ts'
import { findPeer, idsOf } from './peers.ts'
import { decryptName } from './profile-cipher.ts'
import { type RestAnswer, refusal, request } from './rest.ts'

/** A profile is believed this long; signal-cli asks after 6 h, signalmeow at most hourly. */
const freshMs = 24 * 3600_000
/** One that the server does not hand out is asked for again after this. */
const failedWaitMs = 3600_000
/** Profiles in one run; the service lets through one in 20 s once its bucket is used up. */
const fetchesMax = 50
/** When the service does not say how long to wait. */
const waitDefaultMs = 10 * 60_000

interface Due {
  aci: string
  profileKey: Uint8Array
}

export class ProfileDesk {
  readonly #db: Database
  readonly #chat: Chat
  readonly #sink: SignalSink
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #log: Log
  readonly #avatars: AvatarDesk
  readonly #rounds: Rounds
  #stopped = false
  #notBeforeMs = 0

  constructor(parts: {
    db: Database
    chat: Chat
    sink: SignalSink
    credentials: Credentials
    clock: Clock
    log: Log
    avatars: AvatarDesk
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#sink = parts.sink
    this.#credentials = parts.credentials
    this.#clock = parts.clock
    this.#log = parts.log
    this.#avatars = parts.avatars
    this.#rounds = new Rounds(
      () => this.#fetchDue(),
      (error) => {
        const { code, retryAfterMs } = asCauseway(error)
        if (code === 'signal-rate-limited') this.#notBeforeMs = this.#clock.now() + (retryAfterMs ?? waitDefaultMs)
        this.#log.info({ code }, 'profiles wait')
      },
    )
  }

  /** Fetches nothing more; resolves when the one that is being fetched has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#rounds.stop()
  }

  /** Fetches what is due. Never throws; what could not be fetched stays due. */
  async fetch(): Promise<void> {
    await this.#rounds.run()
    await this.#avatars.fetch()
  }

  /** All that is due, in one run: more becomes due only when somebody says so. */
  async #fetchDue(): Promise<false> {
    for (const due of await this.#due()) {
      if (this.#stopped) break
      await this.#fetchOne(due).catch((error) => this.#putOff(due, error))
    }
    return false
  }

  /** What is wrong with one profile alone is no reason to let the others wait. */
  async #putOff({ aci }: Due, error: unknown): Promise<void> {
    const { code } = asCauseway(error)
    if (code !== 'signal-failed') throw error
    this.#log.info({ code }, 'a profile could not be had')
    await this.#db
      .updateTable('signal_peers')
      .set({ profile_due_at_ms: this.#clock.now() + failedWaitMs })
      .where('aci', '=', aci)
      .execute()
  }

  async #due(): Promise<Due[]> {
    const now = this.#clock.now()
    if (now < this.#notBeforeMs) return []
    const rows = await this.#db
      .selectFrom('signal_peers')
      .select(['aci', 'profile_key'])
      .where('aci', 'is not', null)
      .where('aci', '!=', this.#credentials.aci)
      .where('profile_key', 'is not', null)
      .where('unregistered_at_ms', 'is', null)
      .where('profile_due_at_ms', '<=', now)
      .orderBy('profile_due_at_ms')
      .limit(fetchesMax)
      .execute()
    return rows.flatMap(({ aci, profile_key: profileKey }) =>
      aci === null || profileKey === null ? [] : [{ aci, profileKey }],
    )
  }

  async #fetchOne({ aci, profileKey }: Due): Promise<void> {
    const { answer, isOpen } = await this.#ask(aci, new ProfileKey(octets(profileKey)))
    // No profile of this version, or none for us: asked again another day.
    if (![200, 401, 404].includes(answer.status)) throw refusal('/v1/profile', answer)
    const isThere = answer.status === 200
    const { name: sealed, avatar } = (isThere ? (answer.json ?? {}) : {}) as { name?: unknown; avatar?: unknown }
    const name = typeof sealed === 'string' ? decryptName(profileKey, Buffer.from(sealed, 'base64')) : undefined
    const isTold = await this.#db.transaction().execute(async (transaction) => {
      const dueAtMs = this.#clock.now() + freshMs
      // A newer key that came meanwhile has made it due again.
      const { numUpdatedRows } = await transaction
        .updateTable('signal_peers')
        .set({
          profile_due_at_ms: dueAtMs,
          ...(name === undefined ? {} : { profile_name: name }),
          // The access key opens it: sealed messages are let in again.
          ...(isOpen ? { sealed_refused: 0 as const } : {}),
        })
        .where('aci', '=', aci)
        .where('profile_key', '=', profileKey)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      const atMs = this.#clock.now()
      const isGone = isThere && (await noteAvatar(transaction, aci, placeIn(avatar), atMs))
      if (name === undefined && !isGone) return false
      const peer = idsOf((await findPeer(transaction, peerOf(aci))) ?? peerOf(aci))
      if (name !== undefined) await this.#sink.peer({ kind: 'profile', peer, name, atMs }, transaction)
      if (isGone) await this.#sink.peer({ kind: 'avatar', peer, picture: undefined, atMs }, transaction)
      return true
    })
    if (isTold) this.#sink.committed()
  }

  /** `isOpen`: by the access key. */
  async #ask(aci: string, key: ProfileKey): Promise<{ answer: RestAnswer; isOpen: boolean }> {
    const path = `/v1/profile/${aci}/${key.getProfileKeyVersion(Aci.fromUuid(aci)).toString()}`
    const accessKey = Buffer.from(key.deriveAccessKey()).toString('base64')
    const answer = await request(await this.#chat.anonymous(), 'GET', path, undefined, [
      ['unidentified-access-key', accessKey],
    ])
    if (answer.status === 429) throw signalError('signal-rate-limited', { retryAfterMs: answer.retryAfterMs })
    // Somebody who takes no sealed messages shows the profile to accounts all the same.
    if (answer.status !== 401) return { answer, isOpen: answer.status === 200 }
    return { answer: await request(this.#chat.authenticated(), 'GET', path), isOpen: false }
  }
}
