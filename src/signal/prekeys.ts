/**
 * Our pre-keys: made, kept, counted, uploaded, rotated. The private halves are committed before the public ones leave;
 * an upload that fails leaves harmless extra keys.
 *
 * Numbers seen in other clients (reference/signal-service.md 4.3): refill below 10–50 to 100, rotate the signed and the
 * last-resort key every two days, keep replaced ones 30 days.
 */
import {
  type IdentityKeyPair,
  KEMKeyPair,
  KyberPreKeyRecord,
  PreKeyRecord,
  PrivateKey,
  SignedPreKeyRecord,
} from '@signalapp/libsignal-client'
import { sql } from 'kysely'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Chat } from './chat.ts'
import { type Clock, fraction, type Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import type { OwnKind } from './ids.ts'
import { repeatedUseDigest } from './prekey-digest.ts'
import { refusal, request } from './rest.ts'
import type { LocalIdentity } from './stores.ts'

/** At most 100 a kind fit one upload. */
const batch = 100
const refillBelow = 20
const rotateAfterMs = 2 * 24 * 3600_000
const replacedKeptMs = 30 * 24 * 3600_000
/** An upload replaces the server's stock, but a peer may still hold one of the replaced keys. */
const unusedKept = 2 * batch
/** Ids live in 1 … 2^24 − 1 and wrap around. */
const idMax = 0xff_ffff

export interface RepeatedUseKeys {
  signed: SignedPreKeyRecord
  lastResort: KyberPreKeyRecord
}

interface UploadBody {
  preKeys: { keyId: number; publicKey: string }[]
  pqPreKeys: { keyId: number; publicKey: string; signature: string }[]
  signedPreKey?: { keyId: number; publicKey: string; signature: string }
  pqLastResortPreKey?: { keyId: number; publicKey: string; signature: string }
}

/** A first id, so that two registrations of one number do not reuse ids. */
export function firstKeyId(random: Random): number {
  return 1 + Math.floor(fraction(random) * (idMax - 1))
}

/** Makes one signed pre-key and one last-resort Kyber key; keeps nothing. */
export function makeRepeatedUseKeys(
  identity: IdentityKeyPair,
  ids: { signed: number; kyber: number },
  nowMs: number,
): RepeatedUseKeys {
  const pair = PrivateKey.generate()
  const signature = identity.privateKey.sign(pair.getPublicKey().serialize())
  return {
    signed: SignedPreKeyRecord.new(ids.signed, nowMs, pair.getPublicKey(), pair, signature),
    lastResort: makeKyber(identity, ids.kyber, nowMs),
  }
}

/** Keeps the repeated-use keys of one identity, and where its ids go on. */
export async function keepRepeatedUseKeys(
  transaction: DatabaseTransaction,
  own: OwnKind,
  keys: RepeatedUseKeys,
  nowMs: number,
): Promise<void> {
  await transaction
    .insertInto('signal_signed_pre_keys')
    .values({ own, key_id: keys.signed.id(), record: keys.signed.serialize(), created_at_ms: nowMs })
    .execute()
  await transaction
    .insertInto('signal_kyber_pre_keys')
    .values({
      own,
      key_id: keys.lastResort.id(),
      record: keys.lastResort.serialize(),
      last_resort: 1,
      created_at_ms: nowMs,
    })
    .execute()
  await advanceCounter(transaction, own, 'signed', next(keys.signed.id()))
  await advanceCounter(transaction, own, 'kyber', next(keys.lastResort.id()))
}

export class PreKeyKeeper {
  readonly #db: Database
  readonly #chat: Chat
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  /** One-time keys left at the server, of the rarer kind, by identity that could not be filled up. */
  readonly #short = new Map<OwnKind, number>()

  constructor(parts: {
    db: Database
    chat: Chat
    credentials: Credentials
    clock: Clock
    random: Random
    log: Log
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#credentials = parts.credentials
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
  }

  /** How few are left there of an identity that could not be filled up; undefined: enough, or not counted yet. */
  get runsShortAt(): number | undefined {
    return this.#short.size === 0 ? undefined : Math.min(...this.#short.values())
  }

  /**
   * Counts what the server still has of both identities, fills up below 20, and rotates the repeated-use keys when they
   * are two days old, or are not the ones that the server hands out. Throws CausewayError when the server cannot be asked.
   */
  async maintain(): Promise<void> {
    const rotate = await this.#rotationDue()
    for (const own of ['aci', 'pni'] as const) {
      const local = this.#credentials.identities[own]
      const replace = rotate || (await this.#differs(local))
      const left = replace ? undefined : await this.#left(own)
      if (left !== undefined && left >= refillBelow) {
        this.#short.delete(own)
        continue
      }
      try {
        await this.#upload(local, replace)
        this.#short.delete(own)
      } catch (error) {
        // Short only now: while it is being filled up nothing is the matter.
        if (left !== undefined) this.#short.set(own, left)
        throw error
      }
    }
    if (rotate) await this.#noteRotation()
    await this.#prune()
  }

  async #rotationDue(): Promise<boolean> {
    const row = await this.#db.selectFrom('signal_account').select('keys_rotated_at_ms').executeTakeFirst()
    return row !== undefined && this.#clock.now() - row.keys_rotated_at_ms >= rotateAfterMs
  }

  async #left(own: OwnKind): Promise<number> {
    // An identity that is new here has none, whatever the server still hands out.
    const any = await this.#db.selectFrom('signal_pre_keys').select('key_id').where('own', '=', own).executeTakeFirst()
    if (any === undefined) return 0
    const path = `/v2/keys?identity=${own}`
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const { count, pqCount } = answer.json as { count?: number; pqCount?: number }
    return Math.min(count ?? 0, pqCount ?? 0)
  }

  /** Whether the server hands out other repeated-use keys than ours. One that cannot say is believed to have them. */
  async #differs(local: LocalIdentity): Promise<boolean> {
    const digest = await repeatedUseDigest(this.#db, local)
    if (digest === undefined) return true
    const path = '/v2/keys/check'
    const answer = await request(this.#chat.authenticated(), 'POST', path, { identityType: local.own, digest })
    if (answer.status === 429) throw refusal(path, answer)
    if (answer.status === 409) this.#log.warn({ identity: local.own }, 'Signal has other keys of ours: replacing them')
    return answer.status === 409
  }

  async #upload(local: LocalIdentity, rotate: boolean): Promise<void> {
    const body = await this.#db.transaction().execute((transaction) => this.#make(transaction, local, rotate))
    const path = `/v2/keys?identity=${local.own}`
    const answer = await request(this.#chat.authenticated(), 'PUT', path, body)
    if (answer.status < 200 || answer.status > 299) throw refusal(path, answer)
    this.#log.debug({ identity: local.own, oneTime: batch, rotated: rotate }, 'uploaded pre-keys')
  }

  async #make(transaction: DatabaseTransaction, local: LocalIdentity, rotate: boolean): Promise<UploadBody> {
    const { own } = local
    const nowMs = this.#clock.now()
    let ec = await this.#counter(transaction, own, 'ec')
    let kyber = await this.#counter(transaction, own, 'kyber')
    const body: UploadBody = { preKeys: [], pqPreKeys: [] }
    for (let made = 0; made < batch; made += 1) {
      const pair = PrivateKey.generate()
      const record = PreKeyRecord.new(ec, pair.getPublicKey(), pair)
      const pq = makeKyber(local.keyPair, kyber, nowMs)
      await transaction
        .insertInto('signal_pre_keys')
        .orReplace()
        .values({ own, key_id: ec, record: record.serialize() })
        .execute()
      await transaction
        .insertInto('signal_kyber_pre_keys')
        .orReplace()
        .values({ own, key_id: kyber, record: pq.serialize(), last_resort: 0, created_at_ms: nowMs })
        .execute()
      body.preKeys.push({ keyId: ec, publicKey: base64(record.publicKey().serialize()) })
      body.pqPreKeys.push(signedForm(pq))
      ec = next(ec)
      kyber = next(kyber)
    }
    await advanceCounter(transaction, own, 'ec', ec)
    await advanceCounter(transaction, own, 'kyber', kyber)
    if (rotate) {
      const signed = await this.#counter(transaction, own, 'signed')
      const keys = makeRepeatedUseKeys(local.keyPair, { signed, kyber }, nowMs)
      await keepRepeatedUseKeys(transaction, own, keys, nowMs)
      body.signedPreKey = signedForm(keys.signed)
      body.pqLastResortPreKey = signedForm(keys.lastResort)
    }
    return body
  }

  async #counter(transaction: DatabaseTransaction, own: OwnKind, kind: 'ec' | 'signed' | 'kyber'): Promise<number> {
    const row = await transaction
      .selectFrom('signal_key_counters')
      .select('next_id')
      .where('own', '=', own)
      .where('kind', '=', kind)
      .executeTakeFirst()
    return row?.next_id ?? firstKeyId(this.#random)
  }

  async #noteRotation(): Promise<void> {
    await this.#db.updateTable('signal_account').set({ keys_rotated_at_ms: this.#clock.now() }).execute()
  }

  async #prune(): Promise<void> {
    const before = this.#clock.now() - replacedKeptMs
    await this.#db.transaction().execute(async (transaction) => {
      for (const own of ['aci', 'pni'] as const) {
        await this.#pruneRepeatedUse(transaction, own, before)
        await sql`delete from signal_pre_keys where own = ${own} and rowid not in
          (select rowid from signal_pre_keys where own = ${own} order by rowid desc limit ${unusedKept})`.execute(
          transaction,
        )
        await transaction
          .deleteFrom('signal_kyber_pre_keys')
          .where('own', '=', own)
          .where('last_resort', '=', 0)
          .where('created_at_ms', '<', before)
          .execute()
        await sql`delete from signal_kyber_uses where own = ${own} and kyber_id not in
          (select key_id from signal_kyber_pre_keys where own = ${own})`.execute(transaction)
      }
    })
  }

  /** The newest of each stays whatever its age: it is the one in use. */
  async #pruneRepeatedUse(transaction: DatabaseTransaction, own: OwnKind, before: number): Promise<void> {
    const newest = await transaction
      .selectFrom('signal_signed_pre_keys')
      .select((row) => row.fn.max('created_at_ms').as('at'))
      .where('own', '=', own)
      .executeTakeFirst()
    const limit = Math.min(before, newest?.at ?? 0)
    await transaction
      .deleteFrom('signal_signed_pre_keys')
      .where('own', '=', own)
      .where('created_at_ms', '<', limit)
      .execute()
    await transaction
      .deleteFrom('signal_kyber_pre_keys')
      .where('own', '=', own)
      .where('last_resort', '=', 1)
      .where('created_at_ms', '<', limit)
      .execute()
  }
}

async function advanceCounter(
  transaction: DatabaseTransaction,
  own: OwnKind,
  kind: 'ec' | 'signed' | 'kyber',
  nextId: number,
): Promise<void> {
  await transaction
    .insertInto('signal_key_counters')
    .values({ own, kind, next_id: nextId })
    .onConflict((conflict) => conflict.columns(['own', 'kind']).doUpdateSet({ next_id: nextId }))
    .execute()
}

function makeKyber(identity: IdentityKeyPair, id: number, nowMs: number): KyberPreKeyRecord {
  const pair = KEMKeyPair.generate()
  return KyberPreKeyRecord.new(id, nowMs, pair, identity.privateKey.sign(pair.getPublicKey().serialize()))
}

/** A signed public key as the service takes it. */
export function signedForm(record: SignedPreKeyRecord | KyberPreKeyRecord) {
  return {
    keyId: record.id(),
    publicKey: base64(record.publicKey().serialize()),
    signature: base64(record.signature()),
  }
}

function next(id: number): number {
  return id >= idMax ? 1 : id + 1
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
