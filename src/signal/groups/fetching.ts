/**
 * Fetches groups from the storage service: the log from where we stand, or the whole state where the log does not tell all.
 * What is due is on record (`GroupKeeper`), so that neither a restart nor a lost connection forgets it; what could not be
 * fetched is due again after a growing while.
 */
import { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { Clock } from '../clock.ts'
import { asCauseway, signalError } from '../errors.ts'
import type { SignalSink } from '../facts.ts'
import { applyActions } from './actions.ts'
import type { GroupKeeper, Step } from './keeper.ts'
import { findGroup, groupFrom, type KnownGroup } from './known.ts'
import type { GroupServer, LogPage } from './server.ts'
import { readUnsigned } from './signed.ts'
import { type GroupState, readGroup, roles } from './state.ts'

/** A group that cannot be fetched is tried again after a time that doubles between these. */
const retryFirstMs = 30_000
const retryMaxMs = 6 * 3600_000
/** A group that we are out of is asked for so often, with growing waits; then only when there is news of it. */
const outTriesMax = 8
/** Pages of a log that are followed at once; then the whole state is taken. */
const logPagesMax = 8
/** A storage service whose answers make no progress is not asked for ever. */
const fetchesAtOnceMax = 1_000

interface Fetched {
  steps: Step[]
  endorsements: Uint8Array | undefined
}

export class GroupFetching {
  readonly #db: Database
  readonly #server: GroupServer
  readonly #keeper: GroupKeeper
  readonly #own: string
  readonly #sink: SignalSink
  readonly #clock: Clock
  readonly #log: Log
  #fetching: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(parts: {
    db: Database
    server: GroupServer
    keeper: GroupKeeper
    /** Our own ACI. */
    own: string
    sink: SignalSink
    clock: Clock
    log: Log
  }) {
    this.#db = parts.db
    this.#server = parts.server
    this.#keeper = parts.keeper
    this.#own = parts.own
    this.#sink = parts.sink
    this.#clock = parts.clock
    this.#log = parts.log
  }

  async stop(): Promise<void> {
    this.#stopped = true
    // What is being asked ends with its connection.
    this.#server.stop()
    await this.#fetching
  }

  /** Fetches what is due. Never throws; what the network kept from being fetched stays due. */
  async fetchDue(): Promise<void> {
    if (this.#stopped) return
    if (this.#fetching !== undefined) {
      this.#again = true
      return await this.#fetching
    }
    this.#fetching = this.#fetchAll().finally(() => {
      this.#fetching = undefined
    })
    await this.#fetching
  }

  /** Brings one group up to date now. Throws CausewayError `group-…`, `signal-…`. */
  async refresh(id: string): Promise<KnownGroup & { state: GroupState }> {
    const group = await findGroup(this.#db, id)
    if (group === undefined) return await this.#keeper.demand(id)
    const { steps, endorsements } = await this.#fetchSteps(group)
    await this.#db
      .transaction()
      .execute((transaction) => this.#keeper.save(group, steps, { transaction, endorsements }))
    this.#sink.committed()
    return await this.#keeper.demand(id)
  }

  async #fetchAll(): Promise<void> {
    try {
      for (let round = 0; round < fetchesAtOnceMax && !this.#stopped; round += 1) {
        const row = await this.#db
          .selectFrom('signal_groups')
          .selectAll()
          .where('due_at_ms', '<=', this.#clock.now())
          .orderBy('due_at_ms')
          .executeTakeFirst()
        if (row === undefined) {
          if (!this.#again) return
          this.#again = false
        } else await this.#fetchOne(groupFrom(row))
      }
    } catch (error) {
      this.#log.info({ code: asCauseway(error).code }, 'groups wait to be fetched')
    }
  }

  async #fetchOne(group: KnownGroup): Promise<void> {
    try {
      await this.refresh(group.id)
    } catch (error) {
      const { code } = asCauseway(error)
      if (code === 'signal-unreachable') throw error
      const isOut = code === 'group-forbidden' || code === 'group-not-found'
      if (isOut) await this.#shutOut(group)
      else await this.#postpone(group)
      this.#log.info({ code }, 'a group could not be fetched')
    }
  }

  /** The server no longer tells us: we were removed. What waits for the group may still be let in later. */
  async #shutOut(group: KnownGroup): Promise<void> {
    const { state } = group
    if (state === undefined) return await this.#postpone(group)
    if (group.standing === 'out') return await this.#postpone(group, outTriesMax)
    const held = { ...group, state }
    await this.#db.transaction().execute((transaction) => this.#keeper.shutOut(held, transaction))
    this.#sink.committed()
  }

  async #postpone(group: KnownGroup, triesMax = Number.POSITIVE_INFINITY): Promise<void> {
    const isLast = group.failures + 1 >= triesMax
    const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(group.failures, 20))
    await this.#db
      .updateTable('signal_groups')
      .set({ due_at_ms: isLast ? null : this.#clock.now() + waitMs, failures: group.failures + 1 })
      .where('id', '=', group.id)
      .execute()
  }

  async #fetchSteps(group: KnownGroup): Promise<Fetched> {
    const { state, standing } = group
    const followed = state !== undefined && standing === 'member' ? await this.#follow(group, state) : undefined
    if (followed !== undefined) return followed
    const answer = await this.#server.get(group.cipher)
    if (answer.group === undefined) throw signalError('signal-failed', { detail: 'a group without a state' })
    const known = readGroup(answer.group, group.cipher)
    const whole: Step = { state: known, by: undefined, items: [], addedBy: await this.#whoAdded(group, known) }
    // An empty answer in place of endorsements still says that the server was asked.
    return { steps: [whole], endorsements: answer.endorsements ?? new Uint8Array() }
  }

  /**
   * Who has added us to a group that we are new in: the author of that change; of one that began with us in it, whoever was
   * an administrator then. Nobody where the log does not say.
   */
  async #whoAdded(group: KnownGroup, { members }: GroupState): Promise<readonly string[]> {
    const self = members.find(({ aci }) => aci === this.#own)
    if (self === undefined || group.standing === 'member' || group.asks !== undefined) return []
    const revision = self.joinedAtRevision
    const log = await this.#logFrom(group, revision, 0, true).catch((error: unknown) => {
      if (CausewayError.is(error) && error.retry === 'never') return undefined
      throw error
    })
    const [first] = log?.changes ?? []
    const read = first?.change === undefined ? undefined : readUnsigned(first.change)
    if (read?.kind === 'change' && (read.actions.version ?? 0) === revision) {
      const by = group.cipher.openServiceId(read.actions.sourceUserId)
      if (by !== undefined) return [by]
    }
    if (revision !== 0 || first?.state === undefined) return []
    const begun = readGroup(first.state, group.cipher)
    return begun.members.filter(({ aci, role }) => role === roles.admin && aci !== this.#own).map(({ aci }) => aci)
  }

  /** The changes since; undefined when the log does not tell them in full. */
  async #follow(group: KnownGroup, from: GroupState): Promise<Fetched | undefined> {
    const { endorsements: held, cipher } = group
    const endorsedUntilS = Math.floor((held?.expireAtMs ?? 0) / 1000)
    const steps: Step[] = []
    let state = from
    let next: number | undefined = from.revision + 1
    let endorsements: Uint8Array | undefined
    for (let page = 0; page < logPagesMax && next !== undefined; page += 1) {
      const log: LogPage | undefined = await this.#logFrom(group, next, endorsedUntilS)
      if (log === undefined) return undefined
      endorsements = log.endorsements ?? endorsements
      for (const { change } of log.changes) {
        if (change === undefined) continue
        const read = readUnsigned(change)
        if (read.kind === 'change' && (read.actions.version ?? 0) <= state.revision) continue
        const applied = read.kind === 'change' ? applyActions(state, read.actions, cipher) : undefined
        if (applied === undefined) return undefined
        steps.push(applied)
        state = applied.state
      }
      next = log.moreFrom
    }
    if (next !== undefined) return undefined
    return { steps, endorsements: endorsements ?? new Uint8Array() }
  }

  /** Undefined when that part of the log is not for us: it begins where we came in. */
  async #logFrom(
    group: KnownGroup,
    from: number,
    endorsedUntilS: number,
    withFirst = false,
  ): Promise<LogPage | undefined> {
    try {
      return await this.#server.logs(group.cipher, from, endorsedUntilS, withFirst)
    } catch (error) {
      if (!CausewayError.is(error, 'group-forbidden')) throw error
      const joinedAt = await this.#server.joinedAt(group.cipher)
      if (joinedAt <= from) throw error
      return undefined
    }
  }
}
