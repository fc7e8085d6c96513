/**
 * Lanes come and go. What waited for one that is back goes on at once; what waits for one that is gone may have another
 * way. Transports call on any change of their status, so only a change of availability counts here.
 */

import { partsOf } from '../store/attempts.ts'
import { getMessage } from '../store/mailbox.ts'
import { endBackOff, heldMessages, queuedOn } from '../store/messages.ts'
import type { Commit } from './commit.ts'
import type { RoutingContext } from './context.ts'
import { applyPlan, CONSENT_NEEDED, hasten, partiesOf, planNow } from './plans.ts'

/** Code of a text that waits until a modem may send again. */
export const QUOTA_EXCEEDED = 'quota-exceeded'
/** Messages that are looked at again when their transport goes away. */
const STRANDED_MAX = 500
/** Waits that end when the lane is back. */
const AWAY_CODES = [
  'modem-unavailable',
  'mms-unreachable',
  'signal-unreachable',
  'signal-failed',
  'directory-unavailable',
  'internal',
  QUOTA_EXCEEDED,
]
/** Holds that end when the Signal lane is back: the person has solved what Signal asked for. */
const CHALLENGE_CODES = ['signal-challenge']

export interface LaneWatchOptions {
  context: RoutingContext
  /** One transaction, then jobs and listeners. */
  commit: Commit
  /** Makes all jobs anew. */
  reconcile: () => Promise<void>
}

export class LaneWatch {
  readonly #context: RoutingContext
  readonly #commit: LaneWatchOptions['commit']
  readonly #reconcile: LaneWatchOptions['reconcile']
  #seen = new Map<string, string>()
  #waking: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor({ context, commit, reconcile }: LaneWatchOptions) {
    this.#context = context
    this.#commit = commit
    this.#reconcile = reconcile
  }

  /** Takes the lanes as they are for known. */
  begin(): void {
    this.#note()
  }

  /** Some lane may have changed. */
  look(): void {
    if (this.#stopped || !this.#note()) return
    if (this.#waking === undefined) this.#waking = this.#run()
    else this.#again = true
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#waking
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      await this.#wake().catch((error: unknown) => {
        this.#context.log.warn({ err: error }, 'waking the queues failed; the reconciler comes by')
      })
    } while (this.#again && !this.#stopped)
    this.#waking = undefined
  }

  /** True when some lane's availability, or where it is, is not what it was. */
  #note(): boolean {
    const now = new Map(
      this.#context
        .lanes()
        .map(({ id, transport, available, roaming }) => [`${transport} ${id}`, `${available} ${roaming}`]),
    )
    const changed = now.size !== this.#seen.size || [...now].some(([id, state]) => this.#seen.get(id) !== state)
    this.#seen = now
    return changed
  }

  async #wake(): Promise<void> {
    const { db, clock, lanes, uses } = this.#context
    // A modem that is seen for the first time (under its IMEI): its quotas are known only once it has been counted.
    if (await uses.count(lanes())) this.#note()
    for (const transport of ['sms', 'mms', 'signal'] as const) {
      if (lanes().some((lane) => lane.transport === transport && lane.available)) {
        await endBackOff(db, transport, AWAY_CODES, clock())
        // A modem may be home again: what was asked about for the price alone need not be asked about any more.
        const codes = transport === 'signal' ? CHALLENGE_CODES : [CONSENT_NEEDED]
        for (const id of await heldMessages(db, { codes })) await this.#goOn(id)
      } else {
        for (const id of await queuedOn(db, transport, STRANDED_MAX)) await this.#goAround(id)
      }
    }
    await this.#reconcile()
  }

  /** A held message whose reason has gone. */
  #goOn(messageId: string): Promise<void> {
    return this.#commit(async (tx) => {
      const message = await getMessage(tx, messageId)
      if (message?.state !== 'held') return
      const { contact } = await partiesOf(tx, message)
      const plan = await planNow(this.#context, tx, message, contact)
      const stillAsks = plan.kind === 'legs' && plan.legs[0]?.consent === 'ask'
      if (message.code === CONSENT_NEEDED && (plan.kind === 'held' || stillAsks)) return
      await applyPlan(this.#context, tx, message, plan, 'approve')
    })
  }

  /** A queued message of which nothing has left takes another way where the plan now has one. */
  #goAround(messageId: string): Promise<void> {
    return this.#commit(async (tx) => {
      const message = await getMessage(tx, messageId)
      if (message?.state !== 'queued' || message.leg === null) return
      const parts = await partsOf(tx, message.id, message.leg)
      if (parts.some(({ state }) => state !== 'pending')) return
      const { contact } = await partiesOf(tx, message)
      const plan = await planNow(this.#context, tx, message, contact)
      const first = plan.kind === 'legs' ? plan.legs[0] : undefined
      if (first === undefined) return
      if (first.transport === message.transport) await hasten(this.#context, tx, message, plan)
      else await applyPlan(this.#context, tx, message, plan, 'approve')
    })
  }
}
