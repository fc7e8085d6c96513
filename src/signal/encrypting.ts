/**
 * Encrypts for all devices of a recipient, under the account lock. Who comes while others are encrypted for is taken
 * together with the next ones: each in a unit of its own over a common one, all in one transaction. What was encrypted is
 * handed out when the turned ratchets are on the disk, never before.
 */
import { type CiphertextMessage, ProtocolAddress, signalEncrypt } from '@signalapp/libsignal-client'
import { type Database, type DatabaseTransaction, onDisk, withoutWaiting } from '../store/database.ts'
import type { Clock } from './clock.ts'
import { pad } from './content.ts'
import type { Credentials } from './credentials.ts'
import { type AccountLock, busy } from './lock.ts'
import type { KnownDevice, SessionKeeper } from './sessions.ts'
import { type ProtocolStores, RatchetUnit } from './stores.ts'

const waitingMax = 10_000
/** In one transaction; then the receiving side has its turn. */
const togetherMax = 16

export interface Encrypted<T> {
  deviceId: number
  registrationId: number
  contents: T
}

interface Order<T> {
  /** Service id. */
  to: string
  content: Uint8Array
  /** Whether these devices will do, or sessions are to be made first. Throws what the caller is to get then. */
  demand: (devices: readonly KnownDevice[]) => void
  /** What becomes of each ciphertext. */
  finish: (ciphertext: CiphertextMessage, address: ProtocolAddress, stores: ProtocolStores) => Promise<T>
  /** Kept with the ratchets. */
  remember: (transaction: DatabaseTransaction, nowMs: number) => Promise<void>
}

/** One order, whatever it makes. */
interface Turn {
  encrypt(unit: RatchetUnit): Promise<void>
  remember(transaction: DatabaseTransaction, nowMs: number): Promise<void>
  succeed(): void
  fail(error: unknown): void
}

export class Encrypting {
  readonly #db: Database
  readonly #lock: AccountLock
  readonly #clock: Clock
  readonly #credentials: Credentials
  readonly #sessions: SessionKeeper
  readonly #waiting: Turn[] = []
  /** The lock is asked for. */
  #asked = false

  constructor(parts: {
    db: Database
    lock: AccountLock
    clock: Clock
    credentials: Credentials
    sessions: SessionKeeper
  }) {
    this.#db = parts.db
    this.#lock = parts.lock
    this.#clock = parts.clock
    this.#credentials = parts.credentials
    this.#sessions = parts.sessions
  }

  /** For every usable device. Throws CausewayError `signal-busy` when too many wait, and what libsignal says. */
  async encrypt<T>(order: Order<T>): Promise<Encrypted<T>[]> {
    if (this.#waiting.length >= waitingMax) throw busy(waitingMax)
    const contents = await new Promise<Encrypted<T>[]>((resolve, reject) => {
      let made: Encrypted<T>[] = []
      this.#waiting.push({
        encrypt: async (unit) => {
          made = await this.#encryptFor(order, unit)
        },
        remember: order.remember,
        succeed: () => resolve(made),
        fail: reject,
      })
      this.#ask()
    })
    // Outside of the lock, so that all who encrypt at the moment share one wait for the disk.
    await onDisk(this.#db)
    return contents
  }

  #ask(): void {
    if (this.#asked || this.#waiting.length === 0) return
    this.#asked = true
    this.#lock
      .run(async () => {
        this.#asked = false
        await this.#encryptTogether(this.#waiting.splice(0, togetherMax))
        this.#ask()
      })
      .catch((error: unknown) => {
        this.#asked = false
        for (const turn of this.#waiting.splice(0)) turn.fail(error)
      })
  }

  /** Never throws: each learns what became of it. */
  async #encryptTogether(turns: readonly Turn[]): Promise<void> {
    const all = new RatchetUnit(this.#db, this.#clock.now())
    const done: Turn[] = []
    for (const turn of turns) {
      const unit = new RatchetUnit(this.#db, all.nowMs, all)
      try {
        await turn.encrypt(unit)
        unit.merge()
        done.push(turn)
      } catch (error) {
        turn.fail(error)
      }
    }
    if (done.length === 0) return
    try {
      await withoutWaiting(this.#db)
        .transaction()
        .execute(async (transaction) => {
          await all.commit(transaction)
          for (const turn of done) await turn.remember(transaction, all.nowMs)
        })
    } catch (error) {
      for (const turn of done) turn.fail(error)
      return
    }
    for (const turn of done) turn.succeed()
  }

  async #encryptFor<T>({ to, content, demand, finish }: Order<T>, unit: RatchetUnit): Promise<Encrypted<T>[]> {
    const devices = await this.#sessions.devicesIn(unit, to)
    demand(devices)
    const local = this.#credentials.identities.aci
    const stores = unit.stores(local)
    const { sessions, identities } = stores
    const padded = pad(content)
    const now = new Date(unit.nowMs)
    const contents: Encrypted<T>[] = []
    for (const { deviceId, registrationId, usable } of devices) {
      if (!usable) continue
      const address = ProtocolAddress.new(to, deviceId)
      const ciphertext = await signalEncrypt(padded, address, local.address, sessions, identities, now)
      contents.push({ deviceId, registrationId, contents: await finish(ciphertext, address, stores) })
    }
    return contents
  }
}
