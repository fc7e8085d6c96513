/**
 * Signal's contact discovery, asked as rarely as it can be. An answer is believed for as long as the router believes it,
 * also over restarts and for those who ask beside the router; one question at a time, of many numbers;
 * a wait that the service asks for is kept, and so is the token by which it does not count a number twice.
 *
 * An account id comes back only for people whose access key we can show, else the PNI alone.
 */
import { ErrorCode } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../domain/errors.ts'
import type { Database } from '../store/database.ts'
import type { Cdsi, CdsiEntries } from './cdsi.ts'
import type { Chat } from './chat.ts'
import type { Directory } from './contract.ts'
import { DiscoveryCache } from './discovery-cache.ts'
import { isCode } from './errors.ts'
import type { PeerIds } from './facts.ts'
import { octets } from './ids.ts'
import { AccountLock } from './lock.ts'
import type { DiscoveryUse } from './own-contract.ts'
import { Ration } from './rations.ts'
import { refusal, request } from './rest.ts'

const lookUpTimeoutMs = 30_000
const numbersMax = 1_000
/** Credentials for contact discovery are valid for 24 h. */
const credentialsKeptMs = 23 * 3600_000

export class ContactDiscovery implements Directory {
  readonly #db: Database
  readonly #chat: Pick<Chat, 'authenticated'>
  readonly #now: () => number
  readonly #ask: Cdsi
  readonly #cache: DiscoveryCache
  readonly #ration: Ration
  readonly #turn = new AccountLock()
  #credentials: { username: string; password: string; untilMs: number } | undefined
  #use: DiscoveryUse | undefined

  constructor(parts: { db: Database; chat: Pick<Chat, 'authenticated'>; now: () => number; ask: Cdsi }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#now = parts.now
    this.#ask = parts.ask
    this.#cache = new DiscoveryCache(parts.db)
    this.#ration = new Ration({ db: parts.db, clock: { now: parts.now }, kind: 'directory' })
    void this.#turn.run(() => this.#count()).catch(() => undefined)
  }

  /** As of the last look-up; undefined until it was read from the database. */
  get use(): DiscoveryUse | undefined {
    return this.#use
  }

  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    if (e164s.length > numbersMax) {
      throw new CausewayError({
        code: 'signal-directory',
        message: `Look up at most ${numbersMax} numbers at a time.`,
        retry: 'never',
      })
    }
    // Whoever waits for a turn may find the answer there.
    return await this.#turn.run(() => this.#lookUp([...new Set(e164s)], signal))
  }

  async stop(): Promise<void> {
    await this.#turn.end()
  }

  async #lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    if (e164s.length === 0) return new Map()
    const before = await this.#cache.believed(e164s, this.#now())
    const wanted = e164s.filter((e164) => !before.has(e164))
    try {
      if (wanted.length > 0) await this.#ration.through(() => this.#askFor(wanted, signal))
    } finally {
      await this.#count()
    }
    const answers = wanted.length === 0 ? before : await this.#cache.believed(e164s, this.#now())
    return new Map([...answers].flatMap(([e164, ids]) => (ids === undefined ? [] : [[e164, ids] as const])))
  }

  async #askFor(wanted: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      await this.#askOnce(wanted, signal)
    } catch (error) {
      if (!isCode(error, ErrorCode.CdsiInvalidToken)) throw error
      await this.#cache.forgetToken()
      await this.#askOnce(wanted, signal)
    }
  }

  async #askOnce(wanted: readonly string[], signal: AbortSignal): Promise<void> {
    const { token, e164s: previousE164s } = await this.#cache.counted()
    const counted = new Set(previousE164s)
    const newE164s = wanted.filter((e164) => !counted.has(e164))
    const all = [...newE164s, ...previousE164s]
    let uncounted = all.length
    const entries: CdsiEntries = await this.#ask({
      auth: await this.#authorize(),
      newE164s,
      previousE164s,
      token,
      acisAndAccessKeys: await this.#provenAccounts(all),
      signal: AbortSignal.any([signal, AbortSignal.timeout(lookUpTimeoutMs)]),
      keepToken: async (fresh) => {
        await this.#cache.keepToken(fresh, newE164s, this.#now())
        uncounted = 0
      },
    })
    // What was counted before is answered again, for nothing.
    await this.#cache.keep(all, entries, uncounted, this.#now())
  }

  async #count(): Promise<void> {
    this.#use = { ...(await this.#cache.use(this.#now())), notBeforeMs: await this.#ration.notBeforeMs() }
  }

  async #authorize(): Promise<{ username: string; password: string }> {
    if (this.#credentials !== undefined && this.#now() < this.#credentials.untilMs) return this.#credentials
    const path = '/v2/directory/auth'
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const { username, password } = answer.json as { username: string; password: string }
    this.#credentials = { username, password, untilMs: this.#now() + credentialsKeptMs }
    return this.#credentials
  }

  async #provenAccounts(e164s: readonly string[]): Promise<{ aci: string; accessKey: string }[]> {
    const asked = new Set(e164s)
    const rows = await this.#db
      .selectFrom('signal_peers')
      .select(['aci', 'e164', 'profile_key'])
      .where('e164', 'is not', null)
      .where('aci', 'is not', null)
      .where('profile_key', 'is not', null)
      .execute()
    return rows.flatMap(({ aci, e164, profile_key: key }) => {
      if (aci === null || key === null || e164 === null || !asked.has(e164)) return []
      const accessKey = Buffer.from(new ProfileKey(octets(key)).deriveAccessKey()).toString('base64')
      return [{ aci, accessKey }]
    })
  }
}
