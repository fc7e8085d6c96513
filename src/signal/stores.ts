/**
 * libsignal's six stores for both of our identities over the database, as one unit of work.
 *
 * All that one decrypt or encrypt writes is collected in a `RatchetUnit` and committed together (with the message, when
 * one was decrypted). libsignal removes a pre-key before it saves the session: a crash between the two would make the
 * redelivered message undecryptable for ever. Dropping the unit restores the state before, and the same ciphertext
 * decrypts again.
 *
 * Used inside the account lock only; reads go past the transaction, so a unit is filled before `commit`'s transaction
 * begins (the database has one connection: a read outside of an open transaction would wait for itself).
 *
 * Envelopes that are kept together have a unit each over a common one: what one wrote the next one reads, what one failed
 * over is dropped alone, and a session that turned many times is written once.
 */
import {
  type Direction,
  Direction as Directions,
  IdentityChange,
  type IdentityKeyPair,
  IdentityKeyStore,
  KyberPreKeyRecord,
  KyberPreKeyStore,
  PreKeyRecord,
  PreKeyStore,
  type PrivateKey,
  type ProtocolAddress,
  PublicKey,
  SenderKeyRecord,
  SenderKeyStore,
  SessionRecord,
  SessionStore,
  SignedPreKeyRecord,
  SignedPreKeyStore,
} from '@signalapp/libsignal-client'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { prepared, preparedByShape } from '../store/prepared.ts'
import { storeIdentity } from './identity-writes.ts'
import { type OwnKind, octets } from './ids.ts'

/** One of our two identities, on this device. */
export interface LocalIdentity {
  own: OwnKind
  address: ProtocolAddress
  keyPair: IdentityKeyPair
  registrationId: number
}

export interface ProtocolStores {
  sessions: SessionStore
  identities: IdentityKeyStore
  preKeys: PreKeyStore
  signedPreKeys: SignedPreKeyStore
  kyberPreKeys: KyberPreKeyStore
  senderKeys: SenderKeyStore
}

type Write = (transaction: DatabaseTransaction) => Promise<unknown>

export class RatchetUnit {
  readonly db: Database
  readonly nowMs: number
  readonly #values = new Map<string, unknown>()
  readonly #writes = new Map<string, Write>()
  /** Addresses whose identity key was replaced by another one in this unit. */
  readonly changedIdentities = new Set<string>()
  /** Set when the database itself failed: then nothing can be said about the message. */
  storageFailure: unknown
  readonly #over: RatchetUnit | undefined

  /** `over`: reads what that one holds where it has written nothing itself, and is `merge`d into it. */
  constructor(db: Database, nowMs: number, over?: RatchetUnit) {
    this.db = db
    this.nowMs = nowMs
    this.#over = over
  }

  /** What is read once is not read again. */
  async read<T>(key: string, load: (db: Database) => Promise<T>): Promise<T> {
    if (this.#values.has(key)) return this.#values.get(key) as T
    try {
      if (this.#over !== undefined) return await this.#over.read(key, load)
      const value = await load(this.db)
      this.#values.set(key, value)
      return value
    } catch (error) {
      this.storageFailure = error
      throw error
    }
  }

  write(key: string, value: unknown, persist: Write): void {
    this.#values.set(key, value)
    this.#writes.set(key, persist)
  }

  /** Hands what it has written to the unit that it is over. */
  merge(): void {
    for (const [key, persist] of this.#writes) this.#over?.take(key, this.#values.get(key), persist)
  }

  /** As `write`, behind all that was written before. */
  take(key: string, value: unknown, persist: Write): void {
    this.#writes.delete(key)
    this.write(key, value, persist)
  }

  /** Writes everything into the open transaction. */
  async commit(transaction: DatabaseTransaction): Promise<void> {
    for (const persist of this.#writes.values()) await persist(transaction)
  }

  stores(local: LocalIdentity): ProtocolStores {
    return {
      sessions: new Sessions(this, local.own),
      identities: new Identities(this, local),
      preKeys: new PreKeys(this, local.own),
      signedPreKeys: new SignedPreKeys(this, local.own),
      kyberPreKeys: new KyberPreKeys(this, local.own),
      senderKeys: new SenderKeys(this, local.own),
    }
  }
}

const sessionBy = prepared((db, $: { own: OwnKind; address: string; deviceId: number }) =>
  db
    .selectFrom('signal_sessions')
    .select('record')
    .where('own', '=', $.own)
    .where('address', '=', $.address)
    .where('device_id', '=', $.deviceId),
)

const putSession = preparedByShape(
  (db, row: { own: OwnKind; address: string; device_id: number; record: Uint8Array }) =>
    db
      .insertInto('signal_sessions')
      .values(row)
      .onConflict((conflict) => conflict.columns(['own', 'address', 'device_id']).doUpdateSet({ record: row.record })),
)

/** Under which a unit holds the record of a session, or null. */
export function sessionKey(own: OwnKind, address: string, deviceId: number): string {
  return `session ${own} ${address} ${deviceId}`
}

class Sessions extends SessionStore {
  readonly #unit: RatchetUnit
  readonly #own: OwnKind

  constructor(unit: RatchetUnit, own: OwnKind) {
    super()
    this.#unit = unit
    this.#own = own
  }

  /** libsignal turns a copy of what it is given, and saves that: the same record serves again. Whoever changes it copies it. */
  async getSession(name: ProtocolAddress): Promise<SessionRecord | null> {
    const [own, address, deviceId] = [this.#own, name.name(), name.deviceId()]
    return await this.#unit.read(sessionKey(own, address, deviceId), async (db) => {
      const [row] = await sessionBy(db, { own, address, deviceId })
      return row === undefined ? null : SessionRecord.deserialize(octets(row.record))
    })
  }

  async saveSession(name: ProtocolAddress, record: SessionRecord): Promise<void> {
    const row = { own: this.#own, address: name.name(), device_id: name.deviceId() }
    this.#unit.write(sessionKey(row.own, row.address, row.device_id), record, (transaction) =>
      putSession(transaction, { ...row, record: record.serialize() }),
    )
  }

  async getExistingSessions(addresses: ProtocolAddress[]): Promise<SessionRecord[]> {
    return await Promise.all(
      addresses.map(async (address) => {
        const session = await this.getSession(address)
        if (session === null) throw new Error(`no session with device ${address.deviceId()}`)
        return session
      }),
    )
  }
}

const identityBy = prepared((db, $: { address: string }) =>
  db.selectFrom('signal_identities').select(['identity_key', 'approved']).where('address', '=', $.address),
)

interface KnownIdentity {
  key: Uint8Array
  approved: boolean
}

/** Our key pair, and the keys of others, which both of our identities share. */
class Identities extends IdentityKeyStore {
  readonly #unit: RatchetUnit
  readonly #local: LocalIdentity

  constructor(unit: RatchetUnit, local: LocalIdentity) {
    super()
    this.#unit = unit
    this.#local = local
  }

  async getIdentityKey(): Promise<PrivateKey> {
    return this.#local.keyPair.privateKey
  }

  /** libsignal's own way is to compute the public key from the private one each time. */
  override async getIdentityKeyPair(): Promise<IdentityKeyPair> {
    return this.#local.keyPair
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.#local.registrationId
  }

  async getIdentity(name: ProtocolAddress): Promise<PublicKey | null> {
    const known = await this.#known(name.name())
    return known === undefined ? null : PublicKey.deserialize(octets(known.key))
  }

  /** What arrives is accepted, whatever the key. What we send needs the first key of that address or an approved one. */
  async isTrustedIdentity(name: ProtocolAddress, key: PublicKey, direction: Direction): Promise<boolean> {
    if (direction === Directions.Receiving) return true
    const known = await this.#known(name.name())
    if (known === undefined) return true
    if (Buffer.compare(known.key, key.serialize()) === 0) return known.approved
    rememberIdentity(this.#unit, name.name(), key.serialize(), false)
    return false
  }

  async saveIdentity(name: ProtocolAddress, key: PublicKey): Promise<IdentityChange> {
    const known = await this.#known(name.name())
    const bytes = key.serialize()
    if (known !== undefined && Buffer.compare(known.key, bytes) === 0) return IdentityChange.NewOrUnchanged
    rememberIdentity(this.#unit, name.name(), bytes, known === undefined)
    return known === undefined ? IdentityChange.NewOrUnchanged : IdentityChange.ReplacedExisting
  }

  async #known(address: string): Promise<KnownIdentity | undefined> {
    return await this.#unit.read(`identity ${address}`, async (db) => {
      const [row] = await identityBy(db, { address })
      return row === undefined ? undefined : { key: row.identity_key, approved: row.approved === 1 }
    })
  }
}

function rememberIdentity(unit: RatchetUnit, address: string, key: Uint8Array, approved: boolean): void {
  if (!approved) unit.changedIdentities.add(address)
  const known: KnownIdentity = { key, approved }
  unit.write(`identity ${address}`, known, (transaction) =>
    storeIdentity(transaction, { address, ...known, atMs: unit.nowMs }),
  )
}

class PreKeys extends PreKeyStore {
  readonly #unit: RatchetUnit
  readonly #own: OwnKind

  constructor(unit: RatchetUnit, own: OwnKind) {
    super()
    this.#unit = unit
    this.#own = own
  }

  async savePreKey(id: number, record: PreKeyRecord): Promise<void> {
    const row = { own: this.#own, key_id: id, record: record.serialize() }
    this.#unit.write(`pre-key ${row.own} ${id}`, row.record, (transaction) =>
      transaction.insertInto('signal_pre_keys').values(row).execute(),
    )
  }

  async getPreKey(id: number): Promise<PreKeyRecord> {
    const record = await this.#unit.read(`pre-key ${this.#own} ${id}`, async (db) => {
      const row = await db
        .selectFrom('signal_pre_keys')
        .select('record')
        .where('own', '=', this.#own)
        .where('key_id', '=', id)
        .executeTakeFirst()
      return row?.record
    })
    if (record === undefined) throw new Error(`no one-time pre-key ${id}`)
    return PreKeyRecord.deserialize(octets(record))
  }

  async removePreKey(id: number): Promise<void> {
    const own = this.#own
    this.#unit.write(`pre-key ${own} ${id}`, undefined, (transaction) =>
      transaction.deleteFrom('signal_pre_keys').where('own', '=', own).where('key_id', '=', id).execute(),
    )
  }
}

class SignedPreKeys extends SignedPreKeyStore {
  readonly #unit: RatchetUnit
  readonly #own: OwnKind

  constructor(unit: RatchetUnit, own: OwnKind) {
    super()
    this.#unit = unit
    this.#own = own
  }

  async saveSignedPreKey(id: number, record: SignedPreKeyRecord): Promise<void> {
    const row = { own: this.#own, key_id: id, record: record.serialize(), created_at_ms: this.#unit.nowMs }
    this.#unit.write(`signed pre-key ${row.own} ${id}`, row.record, (transaction) =>
      transaction.insertInto('signal_signed_pre_keys').values(row).execute(),
    )
  }

  async getSignedPreKey(id: number): Promise<SignedPreKeyRecord> {
    const record = await this.#unit.read(`signed pre-key ${this.#own} ${id}`, async (db) => {
      const row = await db
        .selectFrom('signal_signed_pre_keys')
        .select('record')
        .where('own', '=', this.#own)
        .where('key_id', '=', id)
        .executeTakeFirst()
      return row?.record
    })
    if (record === undefined) throw new Error(`no signed pre-key ${id}`)
    return SignedPreKeyRecord.deserialize(octets(record))
  }
}

/** Kyber pre-keys: a one-time key goes with its use; a last-resort key stays, and refuses the same use twice. */
class KyberPreKeys extends KyberPreKeyStore {
  readonly #unit: RatchetUnit
  readonly #own: OwnKind

  constructor(unit: RatchetUnit, own: OwnKind) {
    super()
    this.#unit = unit
    this.#own = own
  }

  async saveKyberPreKey(id: number, record: KyberPreKeyRecord): Promise<void> {
    await this.save(id, record, false)
  }

  async save(id: number, record: KyberPreKeyRecord, lastResort: boolean): Promise<void> {
    const row = {
      own: this.#own,
      key_id: id,
      record: record.serialize(),
      last_resort: lastResort ? 1 : 0,
      created_at_ms: this.#unit.nowMs,
    } as const
    this.#unit.write(`kyber ${row.own} ${id}`, row, (transaction) =>
      transaction.insertInto('signal_kyber_pre_keys').values(row).execute(),
    )
  }

  async getKyberPreKey(id: number): Promise<KyberPreKeyRecord> {
    return KyberPreKeyRecord.deserialize(octets((await this.#row(id)).record))
  }

  async markKyberPreKeyUsed(kyberId: number, signedId: number, baseKey: PublicKey): Promise<void> {
    const own = this.#own
    const { last_resort: lastResort } = await this.#row(kyberId)
    if (lastResort === 0) {
      this.#unit.write(`kyber ${own} ${kyberId}`, undefined, (transaction) =>
        transaction.deleteFrom('signal_kyber_pre_keys').where('own', '=', own).where('key_id', '=', kyberId).execute(),
      )
      return
    }
    const use = { own, kyber_id: kyberId, signed_id: signedId, base_key: baseKey.serialize() }
    const key = `kyber use ${own} ${kyberId} ${signedId} ${Buffer.from(use.base_key).toString('hex')}`
    const seen = await this.#unit.read(key, async (db) => {
      const row = await db
        .selectFrom('signal_kyber_uses')
        .select('kyber_id')
        .where('own', '=', own)
        .where('kyber_id', '=', kyberId)
        .where('signed_id', '=', signedId)
        .where('base_key', '=', use.base_key)
        .executeTakeFirst()
      return row !== undefined
    })
    if (seen) throw new Error('last-resort Kyber key used twice with the same base key')
    this.#unit.write(key, true, (transaction) => transaction.insertInto('signal_kyber_uses').values(use).execute())
  }

  async #row(id: number): Promise<{ record: Uint8Array; last_resort: 0 | 1 }> {
    const row = await this.#unit.read(`kyber ${this.#own} ${id}`, (db) =>
      db
        .selectFrom('signal_kyber_pre_keys')
        .select(['record', 'last_resort'])
        .where('own', '=', this.#own)
        .where('key_id', '=', id)
        .executeTakeFirst(),
    )
    if (row === undefined) throw new Error(`no Kyber pre-key ${id}`)
    return row
  }
}

class SenderKeys extends SenderKeyStore {
  readonly #unit: RatchetUnit
  readonly #own: OwnKind

  constructor(unit: RatchetUnit, own: OwnKind) {
    super()
    this.#unit = unit
    this.#own = own
  }

  async saveSenderKey(sender: ProtocolAddress, distributionId: string, record: SenderKeyRecord): Promise<void> {
    const row = {
      own: this.#own,
      address: sender.name(),
      device_id: sender.deviceId(),
      distribution_id: distributionId,
      record: record.serialize(),
    }
    this.#unit.write(`sender key ${row.own} ${sender.toString()} ${distributionId}`, row.record, (transaction) =>
      transaction
        .insertInto('signal_sender_keys')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['own', 'address', 'device_id', 'distribution_id']).doUpdateSet({ record: row.record }),
        )
        .execute(),
    )
  }

  async getSenderKey(sender: ProtocolAddress, distributionId: string): Promise<SenderKeyRecord | null> {
    const record = await this.#unit.read(
      `sender key ${this.#own} ${sender.toString()} ${distributionId}`,
      async (db) => {
        const row = await db
          .selectFrom('signal_sender_keys')
          .select('record')
          .where('own', '=', this.#own)
          .where('address', '=', sender.name())
          .where('device_id', '=', sender.deviceId())
          .where('distribution_id', '=', distributionId)
          .executeTakeFirst()
        return row?.record
      },
    )
    return record === undefined ? null : SenderKeyRecord.deserialize(octets(record))
  }
}
