/**
 * Our own sender keys: one for each group, handed to every device of its members once, then one encryption serves them
 * all. A key is replaced when a member or a device has left (who left must not read on) and every two weeks.
 *
 *   distribution ─► hand over to who lacks it (one message each) ─► encrypt once ─► seal for all
 */
import { randomUUID } from 'node:crypto'
import {
  ContentHint,
  groupEncrypt,
  type ProtocolAddress,
  type SenderCertificate,
  SenderKeyDistributionMessage,
  sealedSenderMultiRecipientEncrypt,
  UnidentifiedSenderMessageContent,
} from '@signalapp/libsignal-client'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Clock, OwnTimestamps } from './clock.ts'
import { pad } from './content.ts'
import type { Credentials } from './credentials.ts'
import type { AccountLock } from './lock.ts'
import type { Outgoing, Sender } from './sender.ts'
import { dropShares, noteShare, sharesOf } from './sender-key-shares.ts'
import type { SessionKeeper } from './sessions.ts'
import { RatchetUnit } from './stores.ts'

const keyLifeMs = 14 * 24 * 3600_000
/** Members who are handed the key at the same time. */
const handingOverAtOnce = 8

export class SenderKeys {
  readonly #db: Database
  readonly #lock: AccountLock
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #credentials: Credentials
  readonly #sender: Sender
  readonly #sessions: SessionKeeper

  constructor(parts: {
    db: Database
    lock: AccountLock
    clock: Clock
    timestamps: OwnTimestamps
    credentials: Credentials
    sender: Sender
    sessions: SessionKeeper
  }) {
    this.#db = parts.db
    this.#lock = parts.lock
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#credentials = parts.credentials
    this.#sender = parts.sender
    this.#sessions = parts.sessions
  }

  /** The distribution id under which we send to this group now; a new one where the old has served its time. */
  async distribution(groupId: string): Promise<string> {
    const now = this.#clock.now()
    return await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('signal_groups')
        .select(['distribution_id', 'distribution_at_ms'])
        .where('id', '=', groupId)
        .executeTakeFirst()
      const known = row?.distribution_id ?? undefined
      if (known !== undefined && now - (row?.distribution_at_ms ?? 0) < keyLifeMs) return known
      if (known !== undefined) await dropShares(transaction, known)
      const fresh = randomUUID()
      await transaction
        .updateTable('signal_groups')
        .set({ distribution_id: fresh, distribution_at_ms: now })
        .where('id', '=', groupId)
        .execute()
      return fresh
    })
  }

  /** Somebody who held the key has gone: the next message goes under a new one. */
  async rotate(groupId: string): Promise<void> {
    await this.#db
      .updateTable('signal_groups')
      .set({ distribution_id: null, distribution_at_ms: null })
      .where('id', '=', groupId)
      .execute()
  }

  /** Those of these accounts of which every device holds the key. */
  async holding(distributionId: string, acis: readonly string[]): Promise<string[]> {
    const holders = await sharesOf(this.#db, distributionId)
    const holding: string[] = []
    for (const aci of acis) {
      const devices = await this.#sessions.devices(aci)
      if (devices.length > 0 && devices.every(({ deviceId }) => holders.has(`${aci}.${deviceId}`))) holding.push(aci)
    }
    return holding
  }

  /**
   * Hands the key to every device of these accounts that lacks it. `group` makes the licence for one of them. Who
   * could not be reached is told to `failed` and takes no part; what was wrong shows when they are written to alone.
   */
  async handOver(
    distributionId: string,
    acis: readonly string[],
    group: (aci: string) => NonNullable<Outgoing['group']>,
    failed: (aci: string) => void,
  ): Promise<void> {
    const holders = await sharesOf(this.#db, distributionId)
    const lacking: string[] = []
    for (const aci of acis) {
      const devices = await this.#sessions.devices(aci)
      if (devices.some(({ deviceId }) => !holders.has(`${aci}.${deviceId}`))) lacking.push(aci)
    }
    if (lacking.length === 0) return
    const key = await this.#create(distributionId)
    const queue = lacking.values()
    const work = async () => {
      for (const aci of queue) {
        try {
          await this.#sender.send({
            to: aci,
            content: { senderKeyDistributionMessage: key },
            timestampMs: this.#timestamps.next(),
            urgent: false,
            hint: ContentHint.Implicit,
            log: false,
            group: group(aci),
          })
          const devices = await this.#sessions.devices(aci)
          const deviceIds = devices.filter(({ usable }) => usable).map(({ deviceId }) => deviceId)
          await noteShare(this.#db, distributionId, aci, deviceIds)
        } catch {
          failed(aci)
        }
      }
    }
    await Promise.all(Array.from({ length: handingOverAtOnce }, work))
  }

  /**
   * Encrypts once and seals for all these devices; the turned ratchet is committed before it returns, with whatever
   * `alongside` writes.
   */
  async encrypt(message: {
    distributionId: string
    content: Uint8Array
    certificate: SenderCertificate
    idOctets: Uint8Array<ArrayBuffer>
    recipients: ProtocolAddress[]
    hint: ContentHint
    alongside: (transaction: DatabaseTransaction, nowMs: number) => Promise<void>
  }): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#lock.run(async () => {
      const now = this.#clock.now()
      const local = this.#credentials.identities.aci
      const unit = new RatchetUnit(this.#db, now)
      const { senderKeys, identities, sessions } = unit.stores(local)
      const padded = pad(message.content)
      const ciphertext = await groupEncrypt(local.address, message.distributionId, senderKeys, padded)
      const content = UnidentifiedSenderMessageContent.new(
        ciphertext,
        message.certificate,
        message.hint,
        message.idOctets,
      )
      const payload = await sealedSenderMultiRecipientEncrypt({
        content,
        recipients: message.recipients,
        identityStore: identities,
        sessionStore: sessions,
      })
      await this.#db.transaction().execute(async (transaction) => {
        await unit.commit(transaction)
        await message.alongside(transaction, now)
      })
      return payload
    })
  }

  async #create(distributionId: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#lock.run(async () => {
      const local = this.#credentials.identities.aci
      const unit = new RatchetUnit(this.#db, this.#clock.now())
      const { senderKeys } = unit.stores(local)
      const message = await SenderKeyDistributionMessage.create(local.address, distributionId, senderKeys)
      await this.#db.transaction().execute((transaction) => unit.commit(transaction))
      return message.serialize()
    })
  }
}
