/**
 * What a primary answers when a device that is linked to it asks: the blocked list, the settings, the keys, and the contact
 * list, which goes to the content server first. What is asked is on record, so that a restart does not forget it.
 */
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { sealAttachment } from './attachments.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import { contactsMax, type ListedContact, writeContactList } from './contact-list.ts'
import type { ContentServer } from './content-server.ts'
import { uploadWhole } from './content-upload.ts'
import { asCauseway } from './errors.ts'
import type { SignalSink } from './facts.ts'
import type { Habits } from './habits.ts'
import type { SyncMessage } from './proto/messages.ts'
import { blockedList } from './standing.ts'
import { settingsOf } from './told-habits.ts'

/** SyncMessage.Request types. */
const asked = { contacts: 1, blocked: 3, configuration: 4, keys: 5 } as const

export class SyncAnswers {
  readonly #parts: SyncAnswersParts
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds

  constructor(parts: SyncAnswersParts) {
    this.#parts = parts
    this.#rounds = new Rounds(
      () => this.#sendContacts(),
      (error) => parts.log.info({ code: asCauseway(error).code }, 'a linked device waits for its contact list'),
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#rounds.stop()
  }

  /** Takes note of what is asked, inside the receiver's transaction. True when `flush` is to be called after it. */
  async take(type: number | undefined, transaction: DatabaseTransaction): Promise<boolean> {
    const { clock, habits, owe } = this.#parts
    switch (type) {
      case asked.contacts:
        await transaction.updateTable('signal_account').set({ contacts_asked_at_ms: clock.now() }).execute()
        return true
      case asked.blocked:
        await owe(transaction, { blocked: await blockedList(transaction) })
        return true
      case asked.configuration:
        await owe(transaction, await settingsOf(habits, transaction))
        return true
      case asked.keys: {
        const row = await transaction.selectFrom('signal_account').select('entropy_pool').executeTakeFirst()
        if (row === undefined || row.entropy_pool === '') return false
        await owe(transaction, { keys: { accountEntropyPool: row.entropy_pool } })
        return true
      }
      default:
        return false
    }
  }

  /** Sends what is owed. Never throws; what the network kept from being sent stays owed. */
  async flush(): Promise<void> {
    this.#parts.flush()
    await this.#rounds.run()
  }

  /** False when nobody has asked for it. */
  async #sendContacts(): Promise<boolean> {
    const { db, chat, server, random, owe, flush } = this.#parts
    const row = await db.selectFrom('signal_account').select('contacts_asked_at_ms').executeTakeFirst()
    const askedAtMs = row?.contacts_asked_at_ms ?? null
    if (askedAtMs === null) return false
    const { blob, pointer } = sealAttachment(await this.#list(), random)
    const place = await uploadWhole(server, chat.authenticated(), blob, this.#stopping.signal)
    await db.transaction().execute(async (transaction) => {
      await owe(transaction, { contacts: { blob: { ...pointer, ...place }, complete: true } })
      await transaction
        .updateTable('signal_account')
        .set({ contacts_asked_at_ms: null })
        .where('contacts_asked_at_ms', '=', askedAtMs)
        .execute()
    })
    flush()
    return true
  }

  async #list(): Promise<Uint8Array> {
    const { db, own, addressBook } = this.#parts
    const rows = await db
      .selectFrom('signal_peers')
      .select(['aci', 'pni', 'e164', 'profile_name'])
      .where(({ or, eb }) => or([eb('aci', 'is', null), eb('aci', '!=', own)]))
      .limit(contactsMax)
      .execute()
    const known = rows.map(({ aci, e164, profile_name: name }) => ({
      ids: { aci: aci ?? undefined, pni: undefined, e164: e164 ?? undefined },
      name: name ?? undefined,
    }))
    // The owner's name for them goes before their own; who is on no network but in the book is told as well.
    const named = (await addressBook(contactsMax)).map(({ person, name }) => ({ ids: person, name }))
    return writeContactList(
      joined(
        known,
        named.filter(({ ids }) => ids.aci !== own),
      ),
    )
  }
}

/** Everybody once: as the second list names them, where it does. */
function joined(known: readonly ListedContact[], named: readonly ListedContact[]): ListedContact[] {
  const byAci = new Map(named.flatMap((one) => (one.ids.aci === undefined ? [] : [[one.ids.aci, one] as const])))
  const byNumber = new Map(named.flatMap((one) => (one.ids.e164 === undefined ? [] : [[one.ids.e164, one] as const])))
  const told = new Set<ListedContact>()
  const all = known.map(({ ids, name }) => {
    const found = byAci.get(ids.aci ?? '') ?? byNumber.get(ids.e164 ?? '')
    if (found === undefined) return { ids, name }
    told.add(found)
    return { ids: { ...ids, e164: ids.e164 ?? found.ids.e164 }, name: found.name }
  })
  return [...all, ...named.filter((one) => !told.has(one))]
}

interface SyncAnswersParts {
  db: Database
  chat: Chat
  server: ContentServer
  clock: Clock
  random: Random
  log: Log
  habits: Habits
  /** Our own ACI. */
  own: string
  /** People as the owner calls them. */
  addressBook: SignalSink['addressBook']
  /** Takes note of what our own other devices are to know. */
  owe: (transaction: DatabaseTransaction, message: SyncMessage) => Promise<void>
  /** Sends what is owed. */
  flush: () => void
}
