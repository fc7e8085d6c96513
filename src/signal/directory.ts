/**
 * Who of some phone numbers is on Signal. Signal's own answer comes from contact discovery (CDSI), which is rationed:
 * whoever asks caches. A custom server without contact discovery has a file of JSON lines instead, read again whenever
 * it has changed.
 */
import { readFile, stat } from 'node:fs/promises'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../domain/errors.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { PeerIds } from './contract.ts'
import { asCauseway } from './errors.ts'
import { octets } from './ids.ts'
import { refusal, request } from './rest.ts'
import type { SignalServer } from './server.ts'

const lookUpTimeoutMs = 30_000
const numbersMax = 1_000
/** Credentials for contact discovery are valid for 24 h. */
const credentialsKeptMs = 23 * 3600_000

export interface Directory {
  /** Who of these numbers is registered; missing from the map = not. Throws CausewayError when it cannot know. */
  lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>>
}

export function openDirectory(server: SignalServer, parts: { db: Database; chat: Chat; now: () => number }): Directory {
  if (server.kind !== 'custom') return new ContactDiscovery(parts)
  return server.directoryFile === undefined ? new NoDirectory() : new FileDirectory(server.directoryFile)
}

class NoDirectory implements Directory {
  async lookUp(): Promise<ReadonlyMap<string, PeerIds>> {
    throw unavailable('This custom Signal server has no directory file, so numbers cannot be looked up.')
  }
}

class FileDirectory implements Directory {
  readonly #path: string
  #read: { version: string; entries: ReadonlyMap<string, PeerIds> } | undefined

  constructor(path: string) {
    this.#path = path
  }

  async lookUp(e164s: readonly string[]): Promise<ReadonlyMap<string, PeerIds>> {
    const all = await this.#entries()
    const found = new Map<string, PeerIds>()
    for (const e164 of e164s) {
      const ids = all.get(e164)
      if (ids !== undefined) found.set(e164, ids)
    }
    return found
  }

  async #entries(): Promise<ReadonlyMap<string, PeerIds>> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path)
      const version = `${mtimeMs} ${size} ${ino}`
      if (this.#read?.version !== version) {
        this.#read = { version, entries: parseListings(await readFile(this.#path, 'utf8')) }
      }
      return this.#read.entries
    } catch (cause) {
      throw unavailable(`The directory file ${this.#path} cannot be read.`, cause)
    }
  }
}

function parseListings(text: string): ReadonlyMap<string, PeerIds> {
  const entries = new Map<string, PeerIds>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const ids = parseListing(line)
    if (ids?.e164 === undefined) {
      throw new Error(`line ${index + 1} is not {"e164":"+…","aci":"…","pni":"…"}`)
    }
    entries.set(ids.e164, ids)
  }
  return entries
}

function parseListing(line: string): PeerIds | undefined {
  try {
    const { e164, aci, pni } = JSON.parse(line) as Record<string, unknown>
    if (typeof e164 !== 'string') return undefined
    const text = (value: unknown) => (typeof value === 'string' ? value.replace(/^PNI:/i, '').toLowerCase() : undefined)
    return { e164, aci: text(aci), pni: text(pni) }
  } catch {
    return undefined
  }
}

/** Signal's contact discovery. An account id comes back only for people whose access key we can show, else the PNI alone. */
class ContactDiscovery implements Directory {
  readonly #db: Database
  readonly #chat: Chat
  readonly #now: () => number
  #credentials: { username: string; password: string; untilMs: number } | undefined

  constructor(parts: { db: Database; chat: Chat; now: () => number }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#now = parts.now
  }

  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    if (e164s.length > numbersMax) {
      throw new CausewayError({
        code: 'signal-directory',
        message: `Look up at most ${numbersMax} numbers at a time.`,
        retry: 'never',
      })
    }
    const acisAndAccessKeys = await this.#provenAccounts(e164s)
    try {
      const { entries } = await this.#chat.net.cdsiLookup(await this.#authorize(), {
        e164s: [...e164s],
        acisAndAccessKeys,
        abortSignal: AbortSignal.any([signal, AbortSignal.timeout(lookUpTimeoutMs)]),
      })
      const found = new Map<string, PeerIds>()
      for (const [e164, { aci, pni }] of entries) {
        if (aci !== undefined || pni !== undefined) found.set(e164, { e164, aci, pni: pni?.replace(/^PNI:/, '') })
      }
      return found
    } catch (error) {
      throw asCauseway(error)
    }
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
    const rows = await this.#db
      .selectFrom('signal_peers')
      .select(['aci', 'profile_key'])
      .where('e164', 'in', e164s)
      .where('aci', 'is not', null)
      .where('profile_key', 'is not', null)
      .execute()
    return rows.flatMap(({ aci, profile_key: key }) => {
      if (aci === null || key === null) return []
      const accessKey = Buffer.from(new ProfileKey(octets(key)).deriveAccessKey()).toString('base64')
      return [{ aci, accessKey }]
    })
  }
}

function unavailable(message: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'signal-directory',
    message,
    retry: 'after-human',
    ...(cause === undefined ? {} : { cause }),
  })
}
