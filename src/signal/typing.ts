/**
 * Tells somebody that the owner is writing, or has stopped: to devices that are connected now, never kept, never repeated, and
 * only to people who were let in.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, OwnTimestamps } from './clock.ts'
import type { PeerIds } from './contract.ts'
import { asCauseway } from './errors.ts'
import type { Habits } from './habits.ts'
import { findPeer } from './peers.ts'
import type { Sender } from './sender.ts'
import { isBlocked } from './standing.ts'

/** TypingMessage.Action. */
const actions = { started: 0, stopped: 1 } as const
/** Official clients repeat it every ten seconds; more often says nothing more. */
const startEveryMs = 10_000
/** People whose last sign is remembered. */
const keysMax = 1_000

export class TypingDesk {
  readonly #db: Database
  readonly #sender: Sender
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #habits: Habits
  readonly #log: Log
  readonly #started = new Map<string, number>()

  constructor(parts: {
    db: Database
    sender: Sender
    clock: Clock
    timestamps: OwnTimestamps
    habits: Habits
    log: Log
  }) {
    this.#db = parts.db
    this.#sender = parts.sender
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#habits = parts.habits
    this.#log = parts.log
  }

  /** Never throws: a sign that did not leave is as good as none. */
  async tell(ids: PeerIds, started: boolean): Promise<void> {
    try {
      const peer = await findPeer(this.#db, ids)
      if (peer?.aci === undefined || !peer.accepted || peer.unregistered || !(await this.#habits.typing(this.#db)))
        return
      if (await this.#db.transaction().execute((transaction) => isBlocked(transaction, peer))) return
      if (!this.#isNews(peer.aci, started)) return
      const timestampMs = this.#timestamps.next()
      await this.#sender.send({
        to: peer.aci,
        content: { typingMessage: { timestamp: timestampMs, action: started ? actions.started : actions.stopped } },
        timestampMs,
        urgent: false,
        hint: ContentHint.Implicit,
        log: false,
        onlineOnly: true,
      })
    } catch (error) {
      this.#log.debug({ code: asCauseway(error).code }, 'a sign of typing was not told')
    }
  }

  /** A start that was told a moment ago is not repeated, and nothing is stopped that was not told. */
  #isNews(aci: string, started: boolean): boolean {
    const now = this.#clock.now()
    const last = this.#started.get(aci)
    if (!started) return this.#started.delete(aci)
    if (last !== undefined && now - last < startEveryMs) return false
    this.#started.delete(aci)
    this.#started.set(aci, now)
    const oldest = this.#started.keys().next().value
    if (this.#started.size > keysMax && oldest !== undefined) this.#started.delete(oldest)
    return true
  }
}
