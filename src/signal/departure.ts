/**
 * A linked device leaves its account by its own hand; and whatever ends an account here forgets what belonged to it. The phone and
 * the account's other devices go on as they are, and so do the conversations.
 *
 *   noted ─► gone at the server (`device-removal.ts`) ─► forgotten, with the note, in one transaction
 *
 * What is noted outlives a crash at any point: the next start goes on with it.
 */
import type { Net } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, Random } from './clock.ts'
import { giveUpOwed } from './contents-due.ts'
import type { SignalState } from './contract.ts'
import { type Credentials, forgetAccount } from './credentials.ts'
import { DeviceRemoval } from './device-removal.ts'
import { demandLinked } from './devices.ts'
import { signalError } from './errors.ts'
import type { SignalSink } from './facts.ts'
import { AccountLock } from './lock.ts'

/** Who unlinks this device hears within that time that it is done, or else that it will be. */
const patienceMs = 10_000

interface Parts {
  db: Database
  net: Net.Net
  clock: Clock
  random: Random
  log: Log
  sink: SignalSink
  /** `reason` is another one now. */
  changed: () => void
  /** The account at work does nothing more. */
  halt: () => Promise<void>
  /** What is on record of the account is other now. */
  reload: () => Promise<void>
}

export class Departure {
  readonly #parts: Parts
  /** One word of leaving after the other. */
  readonly #lock = new AccountLock()
  #removal: DeviceRemoval | undefined
  /** Ends when there is no account any more; never, where the server does not remove us. */
  #over: Promise<void> | undefined
  #forgetting: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What the removal of this device waits for, in words; undefined while none is under way. */
  get reason(): string | undefined {
    return this.#removal?.reason
  }

  /** Goes on with a removal that is on record. False where there is none. */
  async resume(credentials: Credentials): Promise<boolean> {
    const { db, log } = this.#parts
    const row = await db.selectFrom('signal_account').select('leaving_at_ms').executeTakeFirst()
    if ((row?.leaving_at_ms ?? null) === null) return false
    const removal = new DeviceRemoval({ ...this.#parts, credentials })
    this.#removal = removal
    this.#over = removal.gone
      .then(() => this.forget())
      .catch((error: unknown) => log.error({ err: error }, 'what belonged to the account could not be forgotten'))
    removal.start()
    return true
  }

  /** See `SignalAccount.unlink`; `state` is the account's. */
  async leave(credentials: Credentials | undefined, state: SignalState): Promise<void> {
    const { db, clock, reload } = this.#parts
    await this.#lock.run(async () => {
      if (this.#removal !== undefined) return
      if (credentials === undefined) throw signalError('signal-no-account')
      demandLinked(credentials)
      if (state === 'signed-out') return await this.forget()
      if (state !== 'connected' && state !== 'challenged') throw signalError('signal-unreachable')
      await db.updateTable('signal_account').set({ leaving_at_ms: clock.now() }).execute()
      await reload()
    })
    const heard = new AbortController()
    const patience = clock.wait(patienceMs, heard.signal).catch(() => undefined)
    await Promise.race([this.#over, patience])
    heard.abort()
  }

  /** There is no account any more: nothing of it stays but whom it has met. */
  async forget(): Promise<void> {
    this.#forgetting = this.#forget()
    await this.#forgetting
  }

  /** What is under way stays on record. */
  async stop(): Promise<void> {
    await this.#removal?.stop()
    // Whose failure is told where it was begun.
    await this.#forgetting?.catch(() => undefined)
  }

  async #forget(): Promise<void> {
    const { db, sink, clock, halt, reload } = this.#parts
    await halt()
    await this.#removal?.stop()
    await db.transaction().execute(async (transaction) => {
      await giveUpOwed(transaction, sink, clock.now())
      await forgetAccount(transaction)
    })
    sink.committed()
    this.#removal = undefined
    this.#over = undefined
    await reload()
  }
}
