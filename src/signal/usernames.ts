/**
 * Usernames: whose one is, and our own. What is looked up again within minutes is not asked again, and a name is never
 * believed for longer, since it may become somebody else's. Ours is on record before the server is asked to give it, so
 * that a crash in between leaves no username that nobody here knows of.
 */
import { ErrorCode, usernames } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway, isCode, signalError } from './errors.ts'
import { octets } from './ids.ts'
import type { OwnUsername, SignalUsernames } from './own-contract.ts'
import { Ration } from './rations.ts'
import { makeStorageDue } from './storage-due.ts'
import { candidatesFor, hashOf, linkIn, linkOf } from './username-words.ts'

const foundKeptMs = 10 * 60_000
const missingKeptMs = 60_000
const keptMax = 200

interface Found {
  aci: string
  username: string
}

interface Parts {
  db: Database
  chat: Chat
  credentials: Credentials
  clock: Clock
  log: Log
  /** `present` is another one now. */
  changed: () => void
  /** The storage service is to be told. */
  store: () => void
  /** Our other devices are to know that it is another one. Returned: what is to be called after the commit. */
  renamed: (transaction: DatabaseTransaction) => Promise<() => void>
}

export class UsernameDesk implements SignalUsernames {
  readonly #parts: Parts
  readonly #ration: Ration
  readonly #asked = new Map<string, { found: Found | undefined; untilMs: number }>()
  #present: OwnUsername | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#ration = new Ration({ ...parts, kind: 'usernames' })
  }

  /** Ours, as far as it was read. */
  get present(): OwnUsername | undefined {
    return this.#present
  }

  /** Reads what is on record. */
  async load(): Promise<void> {
    const row = await this.#parts.db.selectFrom('signal_username').selectAll().executeTakeFirst()
    const { username, entropy, link_handle: handle } = row ?? { username: null, entropy: null, link_handle: null }
    this.#present =
      username === null || entropy === null
        ? undefined
        : { username, link: handle === null ? undefined : linkOf({ entropy, handle }) }
    this.#parts.changed()
  }

  async find(words: string): Promise<Found> {
    const key = words.trim()
    const now = this.#parts.clock.now()
    const kept = this.#asked.get(key)
    const answer = kept !== undefined && now < kept.untilMs ? kept.found : await this.#ask(key)
    if (answer === undefined) {
      throw new CausewayError({
        code: 'username-unknown',
        message: 'Nobody on Signal has this username (any more).',
        retry: 'never',
      })
    }
    return answer
  }

  async #ask(words: string): Promise<Found | undefined> {
    const link = linkIn(words)
    if (link === undefined) hashOf(words)
    const found = await this.#ration.through(async () => {
      const connection = await this.#parts.chat.anonymous()
      const named =
        link === undefined
          ? { username: words, hash: hashOf(words) }
          : await connection.lookUpUsernameLink({ uuid: link.handle, entropy: link.entropy }).catch(unreadableAsNobody)
      const aci = named === null ? null : await connection.lookUpUsernameHash({ hash: named.hash })
      return named === null || aci === null ? undefined : { aci: aci.getServiceIdString(), username: named.username }
    })
    if (this.#asked.size >= keptMax) this.#asked.clear()
    const keptMs = found === undefined ? missingKeptMs : foundKeptMs
    this.#asked.set(words, { found, untilMs: this.#parts.clock.now() + keptMs })
    return found
  }

  async claim({ nickname, discriminator }: { nickname: string; discriminator: string | undefined }): Promise<void> {
    this.#demandPrimary()
    const candidates = candidatesFor(nickname, discriminator)
    await this.#ration.through(async () => {
      const username = await this.#reserve(candidates)
      const { entropy, encryptedUsername } = usernames.createUsernameLink(username)
      await this.#put({ pending: username, pending_entropy: entropy })
      await this.#confirm(username, entropy, encryptedUsername)
    })
  }

  async release(): Promise<void> {
    this.#demandPrimary()
    await this.#ration.through(() => this.#parts.chat.authenticated().deleteUsernameHash())
    await this.#note({ username: null, entropy: null, link_handle: null, pending: null, pending_entropy: null })
  }

  async renewLink(): Promise<void> {
    this.#demandPrimary()
    const username = this.#present?.username
    if (username === undefined) {
      throw new CausewayError({ code: 'username-none', message: 'This account has no username.', retry: 'never' })
    }
    await this.#ration.through(() => this.#makeLink(username, undefined, false))
  }

  /** What the server was asked for when we went away is taken, or given up where somebody else has it now. */
  async settle(): Promise<void> {
    const row = await this.#parts.db.selectFrom('signal_username').selectAll().executeTakeFirst()
    const { pending, pending_entropy: pendingEntropy } = row ?? { pending: null, pending_entropy: null }
    if (pending === null || pendingEntropy === null) return
    const hash = hashOf(pending)
    const entropy = octets(pendingEntropy)
    try {
      await this.#ration.through(async () => {
        const owner = await (await this.#parts.chat.anonymous()).lookUpUsernameHash({ hash })
        if (owner?.getServiceIdString() === this.#parts.credentials.aci) {
          await this.#makeLink(pending, entropy, true)
          return
        }
        await this.#reserve([pending])
        await this.#confirm(pending, entropy, usernames.createUsernameLink(pending, entropy).encryptedUsername)
      })
    } catch (error) {
      if (asCauseway(error).code !== 'username-taken') throw error
      this.#parts.log.warn({}, 'our username is somebody else’s now')
      await this.#note({ pending: null, pending_entropy: null })
    }
  }

  /** The first of these that the server holds ready for us. Errors: CausewayError `username-taken`. */
  async #reserve(candidates: readonly string[]): Promise<string> {
    const usernameHashes = candidates.map(hashOf)
    const reserved = await this.#parts.chat
      .authenticated()
      .reserveUsernameHash({ usernameHashes })
      .catch((error: unknown) => {
        throw isCode(error, ErrorCode.UsernameNotAvailable) ? taken(error) : error
      })
    const username = candidates[usernameHashes.findIndex((hash) => Buffer.compare(hash, reserved) === 0)]
    if (username === undefined) throw signalError('signal-failed', { detail: 'a username that was not asked for' })
    return username
  }

  async #confirm(
    username: string,
    entropy: Uint8Array<ArrayBuffer>,
    usernameCiphertext: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    try {
      const handle = await this.#parts.chat.authenticated().confirmUsername({ username, usernameCiphertext })
      await this.#note({ username, entropy, link_handle: handle, pending: null, pending_entropy: null })
    } catch (error) {
      const isTaken =
        isCode(error, ErrorCode.UsernameNotAvailable) || isCode(error, ErrorCode.UsernameReservationNotFound)
      if (!isTaken) throw error
      await this.#put({ pending: null, pending_entropy: null })
      throw taken(error)
    }
  }

  async #makeLink(username: string, old: Uint8Array<ArrayBuffer> | undefined, keepLinkHandle: boolean): Promise<void> {
    const { entropy, encryptedUsername } = usernames.createUsernameLink(username, old)
    const handle = await this.#parts.chat
      .authenticated()
      .setUsernameLink({ usernameCiphertext: encryptedUsername, keepLinkHandle })
    await this.#note({ username, entropy, link_handle: handle, pending: null, pending_entropy: null })
  }

  #demandPrimary(): void {
    if (this.#parts.credentials.deviceId === 1) return
    throw new CausewayError({
      code: 'signal-not-primary',
      message: 'This is a linked device: the username is set on the phone.',
      retry: 'never',
    })
  }

  async #put(change: Partial<{ [K in keyof Row]: Row[K] }>, on: Database = this.#parts.db): Promise<void> {
    await on
      .insertInto('signal_username')
      .values({ ...nothing, ...change, id: 1 })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(change))
      .execute()
  }

  async #note(change: Partial<{ [K in keyof Row]: Row[K] }>): Promise<void> {
    const { db, clock, renamed, store } = this.#parts
    const isOther = change.username !== undefined && change.username !== (this.#present?.username ?? null)
    const tell = await db.transaction().execute(async (transaction) => {
      await this.#put(change, transaction)
      await makeStorageDue(transaction, clock.now())
      return isOther ? await renamed(transaction) : () => undefined
    })
    await this.load()
    store()
    tell()
  }
}

interface Row {
  username: string | null
  entropy: Uint8Array | null
  link_handle: string | null
  pending: string | null
  pending_entropy: Uint8Array | null
}

const nothing: Row = { username: null, entropy: null, link_handle: null, pending: null, pending_entropy: null }

function taken(cause: unknown): CausewayError {
  return new CausewayError({
    code: 'username-taken',
    message: 'This username is taken: choose another one, or other digits.',
    retry: 'never',
    cause,
  })
}

/** A link whose username cannot be opened leads to nobody. */
function unreadableAsNobody(error: unknown): null {
  if (isCode(error, ErrorCode.InvalidUsernameLinkEncryptedData)) return null
  throw error
}
