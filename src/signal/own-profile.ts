/**
 * Our own profile as its owner sees and changes it. A primary keeps what was set here and publishes it, now or when it is
 * connected again; a linked device shows what the phone has published, and changes nothing.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Portraits } from '../domain/media.ts'
import { told } from '../domain/told.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { placeIn } from './avatars.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { ContentServer } from './content-server.ts'
import type { Credentials } from './credentials.ts'
import { shortly } from './errors.ts'
import { AccountLock } from './lock.ts'
import type { OwnProfileView, ProfileChange, SignalProfile } from './own-contract.ts'
import { fingerprintsOf, type OwnProfile, publishProfile, versionOf, wantedProfile } from './profile.ts'
import { decryptName, decryptPicture, decryptText, pictureOverhead } from './profile-cipher.ts'
import { refusal, request } from './rest.ts'
import { makeStorageDue } from './storage-due.ts'

/** As the apps make them. */
const edgePx = 1024
/** What the service takes (reference/signal-service.md 8.2, 8.3). */
const octetsMax = { name: 257, about: 512, emoji: 32 } as const
const pictureOctetsMax = 10 * 1024 * 1024

interface Parts {
  db: Database
  chat: Chat
  server: ContentServer
  portraits: Portraits
  credentials: Credentials
  profile: OwnProfile
  clock: Clock
  random: Random
  log: Log
  /** Tells our other devices that there is another profile. */
  tell: () => Promise<void>
  /** There is something to write to the storage service. */
  store: () => void
}

export class OwnProfileDesk implements SignalProfile {
  readonly #parts: Parts
  readonly #stopping = new AbortController()
  /** Publishing, and learning what was published, one after the other. */
  readonly #lock = new AccountLock()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get #isPrimary(): boolean {
    return this.#parts.credentials.deviceId === 1
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#lock.run(async () => {})
  }

  async read(): Promise<OwnProfileView> {
    const { db, credentials, profile } = this.#parts
    const wanted = await wantedProfile(db, this.#isPrimary ? profile : { name: undefined, about: undefined })
    const row = await db.selectFrom('signal_account').select('profile_digest').executeTakeFirst()
    const { digest, picture } = fingerprintsOf(wanted, credentials)
    return {
      name: wanted.name,
      about: wanted.about,
      emoji: wanted.emoji,
      picture: picture === '' ? undefined : picture,
      editable: this.#isPrimary,
      published: !this.#isPrimary || row?.profile_digest === digest,
    }
  }

  async picture(): Promise<Uint8Array | undefined> {
    const row = await this.#parts.db.selectFrom('signal_profile').select('avatar').executeTakeFirst()
    return row?.avatar ?? undefined
  }

  async change(change: ProfileChange): Promise<void> {
    this.#demandPrimary()
    for (const field of ['name', 'about', 'emoji'] as const) {
      const octets = Buffer.byteLength(change[field] ?? '')
      if (octets <= octetsMax[field]) continue
      throw new CausewayError({
        ...told('profile-too-long', { field, max: octetsMax[field], octets }),
        message: `The ${field} of a Signal profile holds ${octetsMax[field]} octets of UTF-8; this has ${octets}.`,
        retry: 'never',
      })
    }
    await this.#put(change)
    await this.#publishNow()
  }

  async setPicture(octets: Uint8Array | undefined): Promise<void> {
    this.#demandPrimary()
    const square = octets === undefined ? null : await this.#parts.portraits.square(octets, edgePx)
    if (square === 'busy') {
      throw new CausewayError({
        code: 'picture-busy',
        message: 'The picture could not be looked into now: too many wait, or it took too long. Try again later.',
        retry: 'same-transport',
      })
    }
    if (square === 'no-picture' || (square !== null && square.length > pictureOctetsMax)) {
      throw new CausewayError({
        code: 'picture-unreadable',
        message: 'That is no picture that can be read here. Take a JPEG, PNG, WebP or GIF.',
        retry: 'never',
      })
    }
    await this.#put({ avatar: square })
    await this.#publishNow()
  }

  /** At a connection: publishes what is ours and has changed, or reads what the phone has published. Errors: `signal-…`. */
  async settle(): Promise<void> {
    if (this.#isPrimary) await this.#publish()
    else await this.#lock.run(() => this.#learn())
  }

  /** As `settle` of a primary, without a word of it to our other devices. True when there was something to publish. */
  async publish(): Promise<boolean> {
    return await this.#lock.run(() => publishProfile({ ...this.#parts, signal: this.#stopping.signal }))
  }

  async #publish(): Promise<void> {
    if (await this.publish()) await this.announce()
  }

  /** Our other devices are to look at the profile, and at what the storage service says of it. Errors: `signal-…`. */
  async announce(): Promise<void> {
    const { db, clock, store, tell } = this.#parts
    await db.transaction().execute((transaction) => makeStorageDue(transaction, clock.now()))
    store()
    await tell()
  }

  /** A linked device reads what the phone has published, now or at the next connection; nothing on a primary. Never throws. */
  async learn(): Promise<void> {
    if (this.#isPrimary) return
    await this.#lock
      .run(() => this.#learn())
      .catch((error: unknown) => this.#parts.log.info({ cause: shortly(error) }, 'our profile is not read yet'))
  }

  async #learn(): Promise<void> {
    const { db, chat, credentials } = this.#parts
    const path = `/v1/profile/${credentials.aci}/${versionOf(credentials)}`
    const answer = await request(chat.authenticated(), 'GET', path)
    if (answer.status === 404) return
    if (answer.status !== 200) throw refusal('/v1/profile', answer)
    const said = (answer.json ?? {}) as Record<'name' | 'about' | 'aboutEmoji' | 'avatar', unknown>
    const key = credentials.profileKey.serialize()
    const opened = (value: unknown, decrypt: typeof decryptText) =>
      typeof value === 'string' && value !== '' ? (decrypt(key, Buffer.from(value, 'base64')) ?? null) : null
    await this.#put({
      name: opened(said.name, decryptName),
      about: opened(said.about, decryptText),
      emoji: opened(said.aboutEmoji, decryptText),
    })
    const place = placeIn(said.avatar)
    const row = await db.selectFrom('signal_profile').select(['avatar_place', 'avatar']).executeTakeFirst()
    if (place === undefined) await this.#put({ avatar: null, avatar_place: null })
    else if (row?.avatar_place !== place) await this.#put({ avatar: await this.#fetched(place), avatar_place: place })
  }

  /** Null where what lies there is no picture of ours. */
  async #fetched(place: string): Promise<Uint8Array | null> {
    const { server, credentials, portraits } = this.#parts
    const { signal } = this.#stopping
    const sealed = await server.downloadPicture(place, pictureOctetsMax + pictureOverhead, signal)
    const plain = decryptPicture(credentials.profileKey.serialize(), sealed)
    const square = plain === undefined ? 'no-picture' : await portraits.square(plain, edgePx)
    if (square === 'busy') throw new Error('the picture could not be looked into now')
    return square === 'no-picture' ? null : square
  }

  /** What could not be published now is when we are connected again. */
  async #publishNow(): Promise<void> {
    try {
      await this.#publish()
    } catch (error) {
      this.#parts.log.info({ cause: shortly(error) }, 'our profile is not published yet')
    }
  }

  async #put(change: ProfileChange & { avatar?: Uint8Array | null; avatar_place?: string | null }): Promise<void> {
    if (Object.keys(change).length === 0) return
    await this.#parts.db
      .insertInto('signal_profile')
      .values({ ...change, id: 1 })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(change))
      .execute()
  }

  #demandPrimary(): void {
    if (this.#isPrimary) return
    throw new CausewayError({
      code: 'signal-not-primary',
      message: 'This is a linked device: the profile is the phone’s, and is changed there.',
      retry: 'never',
    })
  }
}
