/**
 * Keeps the states of our groups: notes what messages say of them, applies signed changes in order, and fetches what is
 * missing: the log from where we stand, or the whole state. That a group is to be fetched is on record, so that neither
 * a restart nor a lost connection forgets it.
 *
 *   message's context → note (in the receiver's transaction) ─ next revision, signed ─► applied at once
 *                                                            └ anything else ─► due → fetchDue → refresh
 */
import type { ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database, DatabaseTransaction } from '../../store/database.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { asCauseway, signalError } from '../errors.ts'
import type { SignalSink } from '../facts.ts'
import { blockAsStored, decideGroup, isGroupBlocked, setGroupBlocked } from '../group-blocks.ts'
import { nobody } from '../ids.ts'
import { learnPeer, learnProfileKey } from '../peers.ts'
import type { GroupContext } from '../proto/messages.ts'
import { applyActions } from './actions.ts'
import { masterKeyOctets } from './cipher.ts'
import type { GroupFact } from './contract.ts'
import { type Endorsements, receiveEndorsements } from './endorsements.ts'
import { cipherOf, findGroup, groupFrom, type KnownGroup, viewOf } from './known.ts'
import type { GroupServer, LogPage } from './server.ts'
import { readPeerChange, readUnsigned } from './signed.ts'
import { access, type GroupState, isAdmin, readGroup, standingIn } from './state.ts'

/** A group that cannot be fetched is tried again after a time that doubles between these. */
const retryFirstMs = 30_000
const retryMaxMs = 6 * 3600_000
/** A group that we are out of is asked for so often, with growing waits; then only when there is news of it. */
const outTriesMax = 8
/** Groups that somebody has spoken of and that could not be fetched; nobody has so many invitations. */
const unknownMax = 1_000
const unknownKeptMs = 30 * 24 * 3600_000
/** Pages of a log that are followed at once; then the whole state is taken. */
const logPagesMax = 8
/** A storage service whose answers make no progress is not asked for ever. */
const fetchesAtOnceMax = 1_000

export interface Step {
  state: GroupState
  by: string | undefined
  items: GroupFact['changes'][number]['items']
}

export class GroupKeeper {
  readonly #db: Database
  readonly #server: GroupServer
  readonly #params: ServerPublicParams
  readonly #credentials: Credentials
  readonly #sink: SignalSink
  readonly #clock: Clock
  readonly #log: Log
  #fetching: Promise<void> | undefined
  #again = false
  #stopped = false
  /** Called in the transaction in which a group became known, or better known. */
  onReady: (id: string, transaction: DatabaseTransaction) => Promise<void> = async () => {}

  constructor(parts: {
    db: Database
    server: GroupServer
    params: ServerPublicParams
    credentials: Credentials
    sink: SignalSink
    clock: Clock
    log: Log
  }) {
    this.#db = parts.db
    this.#server = parts.server
    this.#params = parts.params
    this.#credentials = parts.credentials
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

  /** A group of which we hold the state. Throws CausewayError `unknown-group`. */
  async demand(id: string): Promise<KnownGroup & { state: GroupState }> {
    const group = await findGroup(this.#db, id)
    if (group?.state === undefined) {
      throw new CausewayError({ code: 'unknown-group', message: 'There is no such group here.', retry: 'never' })
    }
    return { ...group, state: group.state }
  }

  /**
   * Takes note of the group that a message names, inside the receiver's transaction: the change that it carries is
   * applied when it is the next one, and signed. Undefined when it names no group.
   */
  async note(context: GroupContext, transaction: DatabaseTransaction): Promise<KnownGroup | undefined> {
    const { masterKey, revision = 0, groupChange } = context
    if (masterKey?.length !== masterKeyOctets) return undefined
    const group = await this.learn(masterKey, transaction)
    if (group === undefined) return undefined
    const { state, cipher } = group
    if (state !== undefined && revision <= state.revision) return group
    // Who only asks to join has not been shown the whole state, to which a change could be applied.
    const isInside = group.standing === 'member' || group.standing === 'invited'
    const isNext = isInside && revision === (state?.revision ?? 0) + 1
    if (state !== undefined && isNext && groupChange !== undefined && groupChange.length > 0) {
      const read = readPeerChange(groupChange, cipher, this.#params)
      const applied = read.kind === 'change' ? applyActions(state, read.actions, cipher) : undefined
      if (applied !== undefined) {
        await this.save(group, [applied], { transaction })
        return (await findGroup(transaction, group.id)) ?? group
      }
      if (read.kind === 'refused') this.#log.warn({ why: read.why }, 'a change of a group was not believed')
    }
    await this.#demandFetch(group.id, revision, transaction, this.#isSigned(group, groupChange))
    return { ...group, wantedRevision: Math.max(revision, group.wantedRevision), isDue: true }
  }

  /**
   * Makes a group known by its master key (32 octets): it is fetched soon (`fetchDue`) when it is new to us. Undefined
   * when too many are unknown already: anybody can name groups that do not exist.
   */
  async learn(masterKey: Uint8Array, transaction: DatabaseTransaction): Promise<KnownGroup | undefined> {
    const { id } = cipherOf(masterKey)
    const known = await findGroup(transaction, id)
    if (known !== undefined) return known
    const { count } = await transaction
      .selectFrom('signal_groups')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('state_json', 'is', null)
      .executeTakeFirstOrThrow()
    if (count >= unknownMax) return undefined
    const now = this.#clock.now()
    const blocked: 0 | 1 = (await isGroupBlocked(transaction, id)) ? 1 : 0
    const row = { id, master_key: masterKey, blocked, due_at_ms: now, created_at_ms: now }
    return groupFrom(await transaction.insertInto('signal_groups').values(row).returningAll().executeTakeFirstOrThrow())
  }

  /** A group as another device of the account has it on its list, at every reading of that. */
  async listed(
    { masterKey, blocked: said, archived }: { masterKey: Uint8Array; blocked: boolean; archived: boolean },
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const group = await this.learn(masterKey, transaction)
    if (group === undefined) return
    const blocked = await blockAsStored(transaction, group, said, this.#clock.now())
    if (group.blocked === blocked && group.archived === archived) return
    if (group.blocked !== blocked) await setGroupBlocked(transaction, group.id, blocked)
    await transaction
      .updateTable('signal_groups')
      .set({ archived: archived ? 1 : 0 })
      .where('id', '=', group.id)
      .execute()
    await this.retell(group.id, transaction)
  }

  /** The house is to know how this group is by now; nothing of one that was not fetched yet. */
  async retell(id: string, transaction: DatabaseTransaction): Promise<void> {
    const group = await findGroup(transaction, id)
    if (group?.state !== undefined) await this.#tell(group, group.state, [], false, transaction)
  }

  /** The owner keeps a group out, or no longer; `tell` in the same transaction, what it returns after it. */
  async block(
    id: string,
    blocked: boolean,
    tell: (transaction: DatabaseTransaction) => Promise<() => void>,
  ): Promise<void> {
    if ((await this.demand(id)).blocked === blocked) return
    const told = await this.#db.transaction().execute(async (transaction) => {
      await decideGroup(transaction, id, blocked, this.#clock.now())
      await this.retell(id, transaction)
      return await tell(transaction)
    })
    this.#sink.committed()
    told()
  }

  /** Whoever asks to join by a link can tell nobody: where we may let people in, we have to look ourselves. */
  async lookForRequests(): Promise<void> {
    const rows = await this.#db.selectFrom('signal_groups').selectAll().where('standing', '=', 'member').execute()
    for (const { id, state } of rows.map(groupFrom)) {
      if (state === undefined || state.access.link !== access.admin || !isAdmin(state, this.#credentials.aci)) continue
      await this.#db.transaction().execute((transaction) => this.markDue(id, transaction))
    }
  }

  /** Forgets groups that were only spoken of. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('signal_groups')
      .where('state_json', 'is', null)
      .where('created_at_ms', '<', this.#clock.now() - unknownKeptMs)
      .execute()
  }

  /** It is to be fetched, whatever we hold; one that we are out of and that was asked for in vain is not. */
  async markDue(id: string, transaction: DatabaseTransaction): Promise<void> {
    await this.#demandFetch(id, 0, transaction)
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
    if (group === undefined) return await this.demand(id)
    const { steps, endorsements } = await this.#fetchSteps(group)
    await this.#db.transaction().execute((transaction) => this.save(group, steps, { transaction, endorsements }))
    this.#sink.committed()
    return await this.demand(id)
  }

  /**
   * Keeps what a group has come to. What is older than what is held by now is left out. `endorsements` as the service
   * issued them for the last state.
   */
  async save(
    group: KnownGroup,
    steps: readonly Step[],
    more: { transaction: DatabaseTransaction; endorsements?: Uint8Array | undefined; ours?: boolean },
  ): Promise<void> {
    const { transaction } = more
    const held = await findGroup(transaction, group.id)
    const before = held?.state
    const last = steps.at(-1)?.state
    const state = last !== undefined && (before === undefined || last.revision > before.revision) ? last : before
    if (state === undefined) return
    const standing = standingIn(state, this.#credentials)
    const isNewer = state !== before
    // What the server says is the newest there is, whatever revision somebody has spoken of.
    const isAsked = more.endorsements !== undefined
    const isSatisfied = isAsked || state.revision >= (held?.wantedRevision ?? 0)
    const gone = isNewer && (before?.members ?? []).some(({ aci }) => !state.members.some((one) => one.aci === aci))
    await transaction
      .updateTable('signal_groups')
      .set({
        state_json: JSON.stringify(state),
        revision: state.revision,
        standing,
        ...(isAsked ? { wanted_revision: state.revision } : {}),
        ...(isSatisfied || standing !== 'member' ? { due_at_ms: null, failures: 0 } : {}),
        ...this.#endorsed(group, state, before, last, more.endorsements),
        ...(gone ? { distribution_id: null, distribution_at_ms: null } : {}),
      })
      .where('id', '=', group.id)
      .execute()
    if (isNewer) {
      await this.#learnProfileKeys(state, transaction)
      const changes = steps
        .filter((step) => before !== undefined && step.state.revision > before.revision && step.items.length > 0)
        .map(({ by, items, state: { revision } }) => ({ by, items, revision }))
      await this.#tell(group, state, changes, more.ours ?? false, transaction)
    }
    await this.onReady(group.id, transaction)
  }

  async #tell(
    group: KnownGroup,
    state: GroupState,
    changes: GroupFact['changes'],
    ours: boolean,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const { aci, pni } = this.#credentials
    const { archived, blocked } = (await findGroup(transaction, group.id)) ?? group
    const view = { ...viewOf(state, group.cipher, this.#credentials), blocked }
    const fact = { group: view, changes, ours, archived, self: [aci, `PNI:${pni}`], atMs: this.#clock.now() }
    await this.#sink.group(fact, transaction)
  }

  #endorsed(
    group: KnownGroup,
    state: GroupState,
    before: GroupState | undefined,
    last: GroupState | undefined,
    response: Uint8Array | undefined,
  ) {
    const { aci } = this.#credentials
    const of = last?.revision === state.revision || last === undefined ? state : undefined
    const fresh: Endorsements | undefined =
      of === undefined ? undefined : receiveEndorsements(response, of, aci, group.cipher, this.#params)
    if (fresh !== undefined) {
      return { endorsements_json: JSON.stringify(fresh.byAci), endorsements_expire_at_ms: fresh.expireAtMs }
    }
    const names = (one: GroupState | undefined) =>
      (one?.members ?? [])
        .map((member) => member.aci)
        .sort()
        .join()
    // They were issued for other members.
    return names(before) === names(state) ? {} : { endorsements_json: null, endorsements_expire_at_ms: 0 }
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
    const { aci, pni } = this.#credentials
    const left = {
      ...state,
      members: state.members.filter((member) => member.aci !== aci),
      invited: state.invited.filter(({ serviceId }) => serviceId !== aci && serviceId !== `PNI:${pni}`),
      requesting: state.requesting.filter((one) => one.aci !== aci),
    }
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('signal_groups')
        .set({ state_json: JSON.stringify(left), standing: 'out', due_at_ms: null, failures: 0 })
        .where('id', '=', group.id)
        .execute()
      const items = [{ kind: 'removed', who: aci } as const]
      await this.#tell(group, left, [{ by: undefined, items, revision: left.revision }], false, transaction)
      await this.onReady(group.id, transaction)
    })
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

  async #fetchSteps(group: KnownGroup): Promise<{ steps: Step[]; endorsements: Uint8Array | undefined }> {
    const { state, standing } = group
    const followed = state !== undefined && standing === 'member' ? await this.#follow(group, state) : undefined
    if (followed !== undefined) return followed
    const answer = await this.#server.get(group.cipher)
    if (answer.group === undefined) throw signalError('signal-failed', { detail: 'a group without a state' })
    const whole: Step = { state: readGroup(answer.group, group.cipher), by: undefined, items: [] }
    // An empty answer in place of endorsements still says that the server was asked.
    return { steps: [whole], endorsements: answer.endorsements ?? new Uint8Array() }
  }

  /** The changes since; undefined when the log does not tell them in full. */
  async #follow(
    group: KnownGroup,
    from: GroupState,
  ): Promise<{ steps: Step[]; endorsements: Uint8Array | undefined } | undefined> {
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
  async #logFrom(group: KnownGroup, from: number, endorsedUntilS: number): Promise<LogPage | undefined> {
    try {
      return await this.#server.logs(group.cipher, from, endorsedUntilS)
    } catch (error) {
      if (!CausewayError.is(error, 'group-forbidden')) throw error
      const joinedAt = await this.#server.joinedAt(group.cipher)
      if (joinedAt <= from) throw error
      return undefined
    }
  }

  /** Who adds us to a group again tells us so in a change that the server has signed. */
  #isSigned({ standing, cipher }: KnownGroup, change: Uint8Array | undefined): boolean {
    if (standing !== 'out' || change === undefined || change.length === 0) return false
    return readPeerChange(change, cipher, this.#params).kind !== 'refused'
  }

  async #demandFetch(id: string, revision: number, tx: DatabaseTransaction, isSigned = false): Promise<void> {
    const due_at_ms = this.#clock.now()
    const query = tx
      .updateTable('signal_groups')
      .set(({ fn, val }) => ({ due_at_ms, wanted_revision: fn('max', ['wanted_revision', val(revision)]) }))
      .where('id', '=', id)
    // One that we are out of keeps its back-off, or its end, unless this is news of it.
    const isNews = query.where(({ eb, or }) =>
      or([eb('standing', '<>', 'out'), eb('failures', '=', 0), eb('wanted_revision', '<', revision)]),
    )
    await (isSigned ? query : isNews).execute()
  }

  /** Of members whose profile key nobody has told us yet; it lets us send to them sealed, and add them elsewhere. */
  async #learnProfileKeys(state: GroupState, transaction: DatabaseTransaction): Promise<void> {
    for (const { aci, profileKey } of state.members) {
      if (aci === this.#credentials.aci) continue
      const { peer } = await learnPeer(transaction, { ...nobody, aci })
      if (peer.profileKey !== undefined || profileKey === undefined) continue
      await learnProfileKey(transaction, aci, Buffer.from(profileKey, 'base64'))
    }
  }
}
