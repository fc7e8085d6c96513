/**
 * Who of some phone numbers is on Signal. Signal's own answer comes from contact discovery (`contact-discovery.ts`). A custom server without contact discovery has a file of JSON lines instead, read again whenever
 * it has changed.
 */
import { readFile, stat } from 'node:fs/promises'
import { CausewayError } from '../domain/errors.ts'
import type { Database } from '../store/database.ts'
import { libsignalCdsi } from './cdsi.ts'
import type { Chat } from './chat.ts'
import { ContactDiscovery } from './contact-discovery.ts'
import type { Directory } from './contract.ts'
import type { PeerIds } from './facts.ts'
import type { SignalServer } from './server.ts'

export function openDirectory(server: SignalServer, parts: { db: Database; chat: Chat; now: () => number }): Directory {
  if (server.kind !== 'custom') return new ContactDiscovery({ ...parts, ask: libsignalCdsi(parts.chat) })
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

function unavailable(message: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'signal-directory',
    message,
    retry: 'after-human',
    ...(cause === undefined ? {} : { cause }),
  })
}
