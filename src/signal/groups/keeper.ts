/**
 * Keeps the states of our groups: notes what messages say of them, applies signed changes in order, puts on record what is
 * to be fetched (`GroupFetching` does that), and tells the house how a group is by now.
 *
 *   message's context → note (in the receiver's transaction) ─ next revision, signed ─► applied at once
 *                                                            └ anything else ─► due → GroupFetching
 */
import type { ServerPublicParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database, DatabaseTransaction } from '../../store/database.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import type { SignalSink } from '../facts.ts'
import { blockAsStored, decideGroup, isGroupBlocked, letGroupIn, setGroupBlocked } from '../group-blocks.ts'
import { nobody, peerOf } from '../ids.ts'
import { learnPeer, learnProfileKey } from '../peers.ts'
import type { GroupContext } from '../proto/data-message.ts'
import { isBlocked, isLetIn } from '../standing.ts'
import { makeStorageDue } from '../storage-due.ts'
import type { StoredGroup } from '../storage-records.ts'
import { applyActions } from './actions.ts'
import { masterKeyOctets } from './cipher.ts'
import type { GroupFact } from './contract.ts'
import { type Endorsements, receiveEndorsements } from './endorsements.ts'
import { cipherOf, findGroup, groupFrom, isRequest, type KnownGroup, viewOf } from './known.ts'
import { readPeerChange } from './signed.ts'
import { access, type GroupState, isAdmin, type Standing, standingIn } from './state.ts'

/** Groups that somebody has spoken of and that could not be fetched; nobody has so many invitations. */
const unknownMax = 1_000
const unknownKeptMs = 30 * 24 * 3600_000

export interface Step {
  state: GroupState
  by: string | undefined
  /** Where this is the whole state, and we are new in it: who may have added us, as far as the log tells. */
  addedBy?: readonly string[]
  items: GroupFact['changes'][number]['items']
}

export class GroupKeeper {
  readonly #db: Database
  readonly #params: ServerPublicParams
  readonly #credentials: Credentials
  readonly #sink: SignalSink
  readonly #clock: Clock
  readonly #log: Log
  /** Called in the transaction in which a group became known, or better known. */
  onReady: (id: string, transaction: DatabaseTransaction) => Promise<void> = async () => {}
  /** Called in the transaction after which a primary's records have something to say of a group that they do not say yet. */
  onUnlisted: () => void = () => {}

  constructor(parts: {
    db: Database
    params: ServerPublicParams
    credentials: Credentials
    sink: SignalSink
    clock: Clock
    log: Log
  }) {
    this.#db = parts.db
    this.#params = parts.params
    this.#credentials = parts.credentials
    this.#sink = parts.sink
    this.#clock = parts.clock
    this.#log = parts.log
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
    { masterKey, blocked: said, archived, whitelisted }: StoredGroup,
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const group = await this.learn(masterKey, transaction)
    if (group === undefined) return
    const blocked = await blockAsStored(transaction, group, said, this.#clock.now())
    // To a primary its own word of before, as far as it can tell: whoever adds us again is judged anew. That another device has let
    // it in since, that one says itself.
    const isPast = this.#credentials.deviceId === 1 && (group.standing === 'out' || group.asks === true)
    const isNews = whitelisted && group.asks !== false && !isPast
    if (isNews) await letGroupIn(transaction, group.id)
    if (group.blocked === blocked && group.archived === archived && !isNews) return
    if (group.blocked !== blocked) await setGroupBlocked(transaction, group.id, blocked)
    await transaction
      .updateTable('signal_groups')
      .set({ archived: archived ? 1 : 0 })
      .where('id', '=', group.id)
      .execute()
    await this.retell(group.id, transaction, group.archived === archived ? undefined : archived)
  }

  /**
   * The house is to know how this group is by now; nothing of one that was not fetched yet. `archived`: what another device has
   * just made of that.
   */
  async retell(id: string, transaction: DatabaseTransaction, archived?: boolean): Promise<void> {
    const group = await findGroup(transaction, id)
    if (group?.state !== undefined) await this.#tell(group, group.state, { changes: [], archived }, transaction)
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
        ...(await this.#asking(held, before, { steps, standing, isNewer, ours: more.ours ?? false }, transaction)),
      })
      .where('id', '=', group.id)
      .execute()
    await this.#list(group.id, held, transaction)
    if (isNewer) {
      await this.#learnProfileKeys(state, transaction)
      const changes = steps
        .filter((step) => before !== undefined && step.state.revision > before.revision && step.items.length > 0)
        .map(({ by, items, state: { revision } }) => ({ by, items, revision }))
      // One that is fetched for the first time may have been put away before.
      const archived = before === undefined && held?.archived === true ? true : undefined
      await this.#tell(group, state, { changes, archived, ours: more.ours }, transaction)
    }
    await this.onReady(group.id, transaction)
  }

  /** The server no longer tells us of this group: we were removed. */
  async shutOut(group: KnownGroup & { state: GroupState }, transaction: DatabaseTransaction): Promise<void> {
    const { aci, pni } = this.#credentials
    const { state } = group
    const left = {
      ...state,
      members: state.members.filter((member) => member.aci !== aci),
      invited: state.invited.filter(({ serviceId }) => serviceId !== aci && serviceId !== `PNI:${pni}`),
      requesting: state.requesting.filter((one) => one.aci !== aci),
    }
    await transaction
      .updateTable('signal_groups')
      .set({ state_json: JSON.stringify(left), standing: 'out', asks: null, due_at_ms: null, failures: 0 })
      .where('id', '=', group.id)
      .execute()
    await this.#list(group.id, group, transaction)
    const items = [{ kind: 'removed', who: aci } as const]
    await this.#tell(group, left, { changes: [{ by: undefined, items, revision: left.revision }] }, transaction)
    await this.onReady(group.id, transaction)
  }

  /** We have come, gone or been let in: a primary's record of the group says so, that a device linked later learns of it. */
  async #list(id: string, before: KnownGroup | undefined, transaction: DatabaseTransaction): Promise<void> {
    if (this.#credentials.deviceId !== 1) return
    const now = await findGroup(transaction, id)
    if (now === undefined || (now.standing === before?.standing && now.asks === before.asks)) return
    await makeStorageDue(transaction, this.#clock.now())
    this.onUnlisted()
  }

  /** Whether a stranger has added us, to be kept with a state in which we are new; nothing more is known of one we left. */
  async #asking(
    held: KnownGroup | undefined,
    before: GroupState | undefined,
    now: { steps: readonly Step[]; standing: Standing; isNewer: boolean; ours: boolean },
    transaction: DatabaseTransaction,
  ): Promise<{ asks?: 0 | 1 | null }> {
    const { steps, standing, isNewer, ours } = now
    if (!isNewer) return {}
    if (standing !== 'member') return { asks: null }
    // Another device has let it in already.
    if (held?.standing === 'member' || held?.asks === false) return {}
    // We came by ourselves, or have asked to.
    if (ours || held?.standing === 'requesting') return { asks: 0 }
    const { aci, pni } = this.#credentials
    const isIn = (state: GroupState | undefined) => state?.members.some((member) => member.aci === aci) === true
    const entry = steps.find(({ state }, index) => isIn(state) && !isIn(steps[index - 1]?.state ?? before))
    const adders = entry?.addedBy ?? (entry?.by === undefined ? [] : [entry.by])
    if (adders.some((id) => id === aci || id === `PNI:${pni}`)) return { asks: 0 }
    for (const id of adders) {
      const { peer } = await learnPeer(transaction, peerOf(id))
      if ((await isBlocked(transaction, peer)) || !(await isLetIn(transaction, this.#sink, peer))) return { asks: 1 }
    }
    return { asks: adders.length === 0 ? 1 : 0 }
  }

  async #tell(
    group: KnownGroup,
    state: GroupState,
    news: Pick<GroupFact, 'changes'> & { archived?: boolean | undefined; ours?: boolean | undefined },
    transaction: DatabaseTransaction,
  ): Promise<void> {
    const { aci, pni } = this.#credentials
    const { changes, archived, ours = false } = news
    const now = (await findGroup(transaction, group.id)) ?? group
    const view = { ...viewOf(state, group.cipher, this.#credentials), blocked: now.blocked }
    const standing = { ours, archived, request: isRequest(now) }
    const fact = { group: view, changes, ...standing, self: [aci, `PNI:${pni}`], atMs: this.#clock.now() }
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
