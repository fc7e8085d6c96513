/**
 * What the records of the storage service mean here: contacts become peers with names, keys and blocks, groups are handed
 * on, the account brings settings. And the other way: what a primary has to add to them.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { isDiscoverable } from './discoverability.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { decidedGroups } from './group-blocks.ts'
import type { Habits } from './habits.ts'
import { nobody, readServiceId, serviceIdOctets } from './ids.ts'
import { idsOf, learnPeer, learnProfileKey, setTraits } from './peers.ts'
import { type OwnProfile, wantedProfile } from './profile.ts'
import { type ContactRecord, type StorageRecord, storageRecordCodec } from './proto/storage.ts'
import { isBlocked, keepOut, shutOut } from './standing.ts'
import { noteUsername, usernameNews } from './username-record.ts'
import { verdictNews, verdictOf } from './verdicts.ts'

/** Records applied in one transaction, so that messages come in between. */
const recordsPerTransaction = 100
/** Contacts that a primary writes at most. */
const contactsMax = 5_000
const keyOctets = 32

/** One record, with its octets as they lie at the service. */
export interface StoredRecord {
  raw: Uint8Array
  octets: Uint8Array
  record: StorageRecord
}

/** A group that another device of the account is in. */
export interface StoredGroup {
  /** 32 octets. */
  masterKey: Uint8Array
  blocked: boolean
  archived: boolean
  /** The owner has let it in. */
  whitelisted: boolean
}

/** A record to write; `replaces` is the id of the one that it takes the place of. Undefined: that one only goes. */
export interface RecordChange {
  type: 'contact' | 'groupV2' | 'account'
  record: Uint8Array | undefined
  replaces: Uint8Array | undefined
}

export class StorageRecords {
  readonly #db: Database
  readonly #sink: SignalSink
  readonly #credentials: Credentials
  readonly #profile: OwnProfile
  readonly #habits: Habits
  readonly #clock: Clock
  readonly #onAccount: (hasOtherPicture: boolean) => void
  readonly #moved: () => void
  #profileKey: Uint8Array
  readonly #onGroup: (group: StoredGroup, transaction: DatabaseTransaction) => Promise<void>

  constructor(parts: {
    db: Database
    sink: SignalSink
    credentials: Credentials
    profile: OwnProfile
    /** A primary's own, which its records say. */
    habits: Habits
    clock: Clock
    /** Called for every group at every reading, inside its transaction. */
    onGroup: (group: StoredGroup, transaction: DatabaseTransaction) => Promise<void>
    /** What the phone says of the account was kept, inside a transaction that is still open; also that its picture is another. */
    onAccount: (hasOtherPicture: boolean) => void
    /** The profile key in the database is another one now, inside a transaction that is still open. */
    moved: () => void
  }) {
    this.#db = parts.db
    this.#sink = parts.sink
    this.#credentials = parts.credentials
    this.#profile = parts.profile
    this.#habits = parts.habits
    this.#clock = parts.clock
    this.#onAccount = parts.onAccount
    this.#moved = parts.moved
    this.#profileKey = parts.credentials.profileKey.serialize()
    this.#onGroup = parts.onGroup
  }

  async apply(records: readonly StoredRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += recordsPerTransaction) {
      await this.#db.transaction().execute(async (transaction) => {
        const forgotten = await this.#forgotten(transaction)
        for (const { record } of records.slice(from, from + recordsPerTransaction)) {
          const { aci } = record.contact === undefined ? nobody : idsIn(record.contact)
          // What it says is of before the owner deleted them.
          if (aci === undefined || !forgotten.has(aci)) await this.#applyOne(record, transaction)
        }
      })
      this.#sink.committed()
    }
  }

  async #applyOne({ contact, groupV2, account }: StorageRecord, transaction: DatabaseTransaction): Promise<void> {
    if (contact !== undefined) await this.#applyContact(contact, transaction)
    if (groupV2?.masterKey?.length === keyOctets) {
      const { masterKey, blocked = false, archived = false, whitelisted = false } = groupV2
      await this.#onGroup({ masterKey, blocked, archived, whitelisted }, transaction)
    }
    // A primary's own settings are the configuration's.
    if (account !== undefined && this.#credentials.deviceId !== 1) {
      const read_receipts = account.readReceipts === true ? 1 : 0
      const typing_indicators = account.typingIndicators === true ? 1 : 0
      await transaction.updateTable('signal_account').set({ read_receipts, typing_indicators }).execute()
      await noteUsername(account, transaction)
      await this.#takeProfileKey(account.profileKey, transaction)
      const known = await transaction.selectFrom('signal_profile').select('avatar_place').executeTakeFirst()
      this.#onAccount((account.avatarUrlPath ?? '') !== (known?.avatar_place ?? ''))
    }
  }

  /**
   * The phone has another one (after it blocked somebody, for instance). With the former one we would hand out to everybody
   * what opens nothing any more.
   */
  async #takeProfileKey(profileKey: Uint8Array | undefined, transaction: DatabaseTransaction): Promise<void> {
    if (profileKey?.length !== keyOctets || same(profileKey, this.#profileKey)) return
    this.#profileKey = profileKey
    await transaction.updateTable('signal_account').set({ profile_key: profileKey }).execute()
    this.#moved()
  }

  async #applyContact(contact: ContactRecord, transaction: DatabaseTransaction): Promise<void> {
    const ids = idsIn(contact)
    if (ids.aci === this.#credentials.aci || (ids.aci === undefined && ids.e164 === undefined)) return
    const { peer } = await learnPeer(transaction, ids)
    const { aci } = peer
    if (aci !== undefined) {
      // A primary's record may be our own word of before, and the key that somebody has told us since is not in it yet.
      const isNews = this.#credentials.deviceId !== 1 || peer.profileKey === undefined
      if (isNews && contact.profileKey?.length === keyOctets)
        await learnProfileKey(transaction, aci, contact.profileKey)
      await this.#applyStanding(idsOf(peer), contact, transaction)
    }
    const fact = { peer: idsOf(peer), atMs: this.#clock.now() }
    const verified = aci === undefined ? undefined : await verdictOf(transaction, aci, contact, fact.atMs)
    if (verified !== undefined) await this.#sink.peer({ kind: 'verified', verified, ...fact }, transaction)
    const given = nameOf(contact.nickname?.given, contact.nickname?.family)
    // A primary's address book is our own word of before.
    const isOurs = this.#credentials.deviceId === 1
    const listed = given ?? (isOurs ? undefined : nameOf(contact.systemGivenName, contact.systemFamilyName))
    if (listed !== undefined) await this.#sink.peer({ kind: 'named', name: listed, ...fact }, transaction)
    const own = nameOf(contact.givenName, contact.familyName)
    if (own === undefined || (isOurs && (await hasProfile(transaction, aci)))) return
    await this.#sink.peer({ kind: 'profile', name: own, ...fact }, transaction)
  }

  /** Whom another device has let in or keeps out; what was decided here meanwhile stands until the records say it. */
  async #applyStanding(peer: PeerIds, contact: ContactRecord, transaction: DatabaseTransaction): Promise<void> {
    const { aci } = peer
    if (aci === undefined) return
    const { blocked = false, whitelisted = false } = contact
    const row = await transaction
      .selectFrom('signal_peers')
      .select(['accepted', 'decided'])
      .where('aci', '=', aci)
      .executeTakeFirst()
    const wasBlocked = await isBlocked(transaction, { ...nobody, aci })
    if (row?.decided === 1) {
      if (wasBlocked !== blocked) return
      await transaction.updateTable('signal_peers').set({ decided: 0 }).where('aci', '=', aci).execute()
    }
    const atMs = this.#clock.now()
    if (blocked && !wasBlocked) {
      await shutOut(transaction, peer, atMs)
      await keepOut(transaction, aci)
    } else if (!blocked) await transaction.deleteFrom('signal_blocked').where('aci', '=', aci).execute()
    if (blocked !== wasBlocked) await this.#sink.peer({ kind: 'blocked', peer, blocked, atMs }, transaction)
    if (blocked || !whitelisted || row?.accepted === 1) return
    await setTraits(transaction, aci, { accepted: true })
    await this.#sink.peer({ kind: 'accepted', peer, atMs }, transaction)
  }

  /** Whom the owner has deleted, and the records do not know it yet. */
  async #forgotten(db: Database): Promise<ReadonlySet<string>> {
    return new Set((await db.selectFrom('signal_forgotten').select('aci').execute()).map(({ aci }) => aci))
  }

  /** The records have been without those whom the owner deleted up to then. */
  async settleForgotten(atMs: number): Promise<void> {
    await this.#db.deleteFrom('signal_forgotten').where('at_ms', '<=', atMs).execute()
  }

  /** What a primary adds to these records; nothing when they say it all. */
  async changes(records: readonly StoredRecord[]): Promise<RecordChange[]> {
    const groups = await this.#groupChanges(records)
    return [...(await this.#accountChange(records)), ...groups, ...(await this.#contactChanges(records))]
  }

  /** Which groups are blocked, where that was decided here, which the owner has let in, and those that have no record yet. */
  async #groupChanges(records: readonly StoredRecord[]): Promise<RecordChange[]> {
    const nameOfKey = (masterKey: Uint8Array) => Buffer.from(masterKey).toString('base64')
    const decided = new Map((await decidedGroups(this.#db)).map((group) => [nameOfKey(group.masterKey), group]))
    const listed = new Set<string>()
    const changed = records.flatMap((item) => {
      const said = item.record.groupV2
      if (said?.masterKey === undefined) return []
      const key = nameOfKey(said.masterKey)
      listed.add(key)
      const group = decided.get(key)
      if (group === undefined) return []
      const { blocked = said.blocked ?? false, whitelisted = said.whitelisted ?? false } = group
      const news = {
        ...((said.blocked ?? false) === blocked ? {} : { blocked }),
        ...((said.whitelisted ?? false) === whitelisted ? {} : { whitelisted }),
      }
      return Object.keys(news).length === 0 ? [] : [change('groupV2', item, { groupV2: news })]
    })
    const added = [...decided].flatMap(([key, { masterKey, unlisted }]) =>
      unlisted === undefined || listed.has(key)
        ? []
        : [change('groupV2', undefined, { groupV2: { masterKey, ...unlisted } })],
    )
    return [...changed, ...added]
  }

  async #accountChange(records: readonly StoredRecord[]): Promise<RecordChange[]> {
    const stored = records.find(({ record }) => record.account !== undefined)
    const profileKey = this.#credentials.profileKey.serialize()
    const { name: givenName, place: avatarUrlPath = '' } = await wantedProfile(this.#db, this.#profile)
    const said = stored?.record.account
    const isNamed =
      same(said?.profileKey, profileKey) &&
      (said?.givenName ?? '') === givenName &&
      (said?.avatarUrlPath ?? '') === avatarUrlPath
    const unlistedPhoneNumber = !(await isDiscoverable(this.#db))
    const readReceipts = await this.#habits.readReceipts(this.#db)
    const typingIndicators = await this.#habits.typing(this.#db)
    const areHabitsSaid =
      (said?.readReceipts ?? false) === readReceipts && (said?.typingIndicators ?? false) === typingIndicators
    const news = {
      ...(isNamed ? {} : { profileKey, givenName, avatarUrlPath }),
      ...(await usernameNews(this.#db, said)),
      ...(areHabitsSaid ? {} : { readReceipts, typingIndicators }),
      ...((said?.unlistedPhoneNumber ?? false) === unlistedPhoneNumber ? {} : { unlistedPhoneNumber }),
    }
    return Object.keys(news).length === 0 ? [] : [change('account', stored, { account: news })]
  }

  /** How the owner calls people; empty: by no name of their own, undefined: nobody can say. */
  async #ownersNames(): Promise<(aci: string, e164: string | null) => string | undefined> {
    const book = await this.#sink.addressBook(contactsMax)
    const byAci = new Map(book.flatMap(({ person: { aci }, name }) => (aci === undefined ? [] : [[aci, name]])))
    const byNumber = new Map(book.flatMap(({ person: { e164 }, name }) => (e164 === undefined ? [] : [[e164, name]])))
    const unknown = book.length < contactsMax ? '' : undefined
    return (aci, e164) => byAci.get(aci) ?? (e164 === null ? undefined : byNumber.get(e164)) ?? unknown
  }

  async #contactChanges(records: readonly StoredRecord[]): Promise<RecordChange[]> {
    const stored = new Map<string, StoredRecord>()
    for (const item of records) {
      const aci = item.record.contact === undefined ? undefined : idsIn(item.record.contact).aci
      if (aci !== undefined) stored.set(aci, item)
    }
    const forgotten = await this.#forgotten(this.#db)
    const outdated = new Map([...stored].filter(([aci]) => forgotten.has(aci)))
    for (const aci of outdated.keys()) stored.delete(aci)
    const peers = await this.#db
      .selectFrom('signal_peers')
      .select(['aci', 'e164', 'pni', 'profile_key', 'profile_name', 'accepted'])
      .where('aci', 'is not', null)
      .where('aci', '!=', this.#credentials.aci)
      .limit(contactsMax)
      .execute()
    const blocked = new Set((await this.#db.selectFrom('signal_blocked').select('aci').execute()).map(({ aci }) => aci))
    const called = await this.#ownersNames()
    const compared = await verdictNews(this.#db)
    const known = new Set(peers.map(({ aci }) => aci))
    const gone = [...outdated].filter(([aci]) => !known.has(aci))
    const changed = peers.flatMap(
      ({ aci, e164, pni, profile_key: profileKey, profile_name: name, accepted }): RecordChange[] => {
        if (aci === null) return []
        const item = stored.get(aci)
        const said = item?.record.contact
        const listed = called(aci, e164)
        const news: ContactRecord = {
          ...(said === undefined ? { aci, aciBinary: serviceIdOctets(aci) } : {}),
          ...(e164 !== null && said?.e164 !== e164 ? { e164 } : {}),
          ...(pni !== null && said === undefined ? { pni: `PNI:${pni}` } : {}),
          ...(profileKey !== null && !same(said?.profileKey, profileKey) ? { profileKey } : {}),
          ...compared(aci, said),
          ...((said?.blocked ?? false) === blocked.has(aci) ? {} : { blocked: blocked.has(aci) }),
          ...((said?.whitelisted ?? false) === (accepted === 1) ? {} : { whitelisted: accepted === 1 }),
          ...(name !== null && nameOf(said?.givenName, said?.familyName) !== name
            ? { givenName: name, familyName: '' }
            : {}),
          ...(listed !== undefined && nameOf(said?.systemGivenName, said?.systemFamilyName) !== (listed || undefined)
            ? { systemGivenName: listed, systemFamilyName: '' }
            : {}),
        }
        const fresh = change('contact', item, { contact: news })
        const former = outdated.get(aci)
        if (former !== undefined) return [{ ...fresh, replaces: former.raw }]
        return Object.keys(news).length === 0 ? [] : [fresh]
      },
    )
    return [...changed, ...gone.map(([, { raw }]) => ({ type: 'contact' as const, record: undefined, replaces: raw }))]
  }
}

/** Appended octets are merged by every reader: what is said later counts, all else stays. */
function change(type: RecordChange['type'], stored: StoredRecord | undefined, news: StorageRecord): RecordChange {
  const record = Buffer.concat([stored?.octets ?? new Uint8Array(), storageRecordCodec.encode(news)])
  return { type, record, replaces: stored?.raw }
}

function idsIn({ aciBinary, aci, pniBinary, pni, e164 }: ContactRecord): PeerIds {
  const bare = pni === undefined || pni === '' ? undefined : `PNI:${pni.replace(/^PNI:/i, '')}`
  return {
    aci: readServiceId(aciBinary, aci),
    pni: readServiceId(pniBinary, bare)?.replace(/^PNI:/, ''),
    e164: e164 === undefined || !/^\+[1-9]\d{5,14}$/.test(e164) ? undefined : e164,
  }
}

function nameOf(given: string | undefined, family: string | undefined): string | undefined {
  const name = [given, family]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ')
  return name === '' ? undefined : name
}

function same(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && Buffer.compare(left, right) === 0
}

/** Whether somebody's profile was seen by ourselves: what our own records say of it is older then. */
async function hasProfile(transaction: DatabaseTransaction, aci: string | undefined): Promise<boolean> {
  if (aci === undefined) return false
  const query = transaction.selectFrom('signal_peers').select('profile_name').where('aci', '=', aci)
  return ((await query.executeTakeFirst())?.profile_name ?? null) !== null
}
