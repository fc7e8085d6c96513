/**
 * Tells somebody, or a group, that the owner is writing, or has stopped: to devices that are connected now, never kept, never
 * repeated, and only to people who were let in.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, OwnTimestamps } from './clock.ts'
import { asCauseway } from './errors.ts'
import type { PeerIds } from './facts.ts'
import type { Habits } from './habits.ts'
import { Ongoing } from './ongoing.ts'
import { findPeer } from './peers.ts'
import type { Content } from './proto/messages.ts'
import type { Sender } from './sender.ts'
import { isBlocked } from './standing.ts'

/** TypingMessage.Action. */
const actions = { started: 0, stopped: 1 } as const
/** Official clients repeat it every ten seconds; more often says nothing more. */
const startEveryMs = 10_000
/** People whose last sign is remembered. */
const keysMax = 1_000

interface TypingParts {
  db: Database
  sender: Sender
  clock: Clock
  timestamps: OwnTimestamps
  habits: Habits
  log: Log
  /** To the members who are connected; rejects when it could not leave. */
  toGroup: (groupId: string, content: Content, timestampMs: number) => Promise<void>
}

export class TypingDesk {
  readonly #db: Database
  readonly #sender: Sender
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #habits: Habits
  readonly #log: Log
  readonly #toGroup: TypingParts['toGroup']
  readonly #started = new Map<string, number>()
  readonly #ongoing = new Ongoing()

  constructor(parts: TypingParts) {
    this.#db = parts.db
    this.#toGroup = parts.toGroup
    this.#sender = parts.sender
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#habits = parts.habits
    this.#log = parts.log
  }

  /** Tells nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    await this.#ongoing.end()
  }

  /** Never throws: a sign that did not leave is as good as none. */
  async tell(to: PeerIds & { groupId?: string | undefined }, started: boolean): Promise<void> {
    await this.#ongoing.unlessEnded(() => this.#tell(to, started))
  }

  async #tell(to: PeerIds & { groupId?: string | undefined }, started: boolean): Promise<void> {
    try {
      if (!(await this.#habits.typing(this.#db))) return
      if (to.groupId === undefined) await this.#tellPerson(to, started)
      else await this.#tellGroup(to.groupId, started)
    } catch (error) {
      this.#log.debug({ code: asCauseway(error).code }, 'a sign of typing was not told')
    }
  }

  async #tellPerson(ids: PeerIds, started: boolean): Promise<void> {
    const peer = await findPeer(this.#db, ids)
    if (peer?.aci === undefined || !peer.accepted || peer.unregistered) return
    if (await this.#db.transaction().execute((transaction) => isBlocked(transaction, peer))) return
    if (!this.#isNews(peer.aci, started)) return
    const { timestampMs, content } = this.#sign(started)
    await this.#sender.send({
      to: peer.aci,
      content,
      timestampMs,
      urgent: false,
      hint: ContentHint.Implicit,
      log: false,
      onlineOnly: true,
    })
  }

  async #tellGroup(groupId: string, started: boolean): Promise<void> {
    if (!this.#isNews(groupId, started)) return
    const { timestampMs, content } = this.#sign(started, Buffer.from(groupId, 'base64'))
    await this.#toGroup(groupId, content, timestampMs)
  }

  #sign(started: boolean, groupId?: Uint8Array): { timestampMs: number; content: Content } {
    const timestampMs = this.#timestamps.next()
    const named = groupId === undefined ? {} : { groupId }
    const action = started ? actions.started : actions.stopped
    return { timestampMs, content: { typingMessage: { timestamp: timestampMs, action, ...named } } }
  }

  /** A start that was told a moment ago is not repeated, and nothing is stopped that was not told. */
  #isNews(who: string, started: boolean): boolean {
    const now = this.#clock.now()
    const last = this.#started.get(who)
    if (!started) return this.#started.delete(who)
    if (last !== undefined && now - last < startEveryMs) return false
    this.#started.delete(who)
    this.#started.set(who, now)
    const oldest = this.#started.keys().next().value
    if (this.#started.size > keysMax && oldest !== undefined) this.#started.delete(oldest)
    return true
  }
}
