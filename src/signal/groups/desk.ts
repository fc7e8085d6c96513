/**
 * Messages of groups as they come in: which group, and whether its author may write there. A message of a group that is
 * not known yet (or in which its author is not a member as far as we know) is kept, in the transaction of its ratchet,
 * and put through again when the group was fetched.
 */
import type { Log } from '../../log.ts'
import type { Database, DatabaseTransaction } from '../../store/database.ts'
import type { Clock } from '../clock.ts'
import { happeningIn, words } from '../content.ts'
import { letGroupIn } from '../group-blocks.ts'
import type { DataMessage, GroupContext } from '../proto/data-message.ts'
import { type Content, contentCodec } from '../proto/messages.ts'
import type { GroupKeeper } from './keeper.ts'
import { findGroup, isRequest, type KnownGroup } from './known.ts'
import { isAdmin } from './state.ts'

/** Kept messages of all groups together; beyond this they are quarantined. */
const waitingMax = 10_000
/** What is not let in within this time is forgotten: we are not in that group. */
const waitingKeptMs = 30 * 24 * 3600_000

export interface GroupMessage {
  sender: { aci: string; deviceId: number; sealed: boolean }
  content: Content
  timestampMs: number
  serverTimestampMs: number
  /** Of one that our own other device wrote: when its timer began, and the accounts to which it went. */
  own?: { startedAtMs: number; members: readonly string[] } | undefined
}

export type Placement =
  /** Shown in this group; `request`: the owner has not let it in yet; `byAdmin`: its author is an administrator. */
  | { kind: 'group'; id: string; request: boolean; byAdmin: boolean }
  /** Kept until the group was fetched: nothing more to do now. */
  | { kind: 'kept' }
  /** Not to be shown. */
  | { kind: 'refused'; why: string }
  | { kind: 'full' }

export class GroupDesk {
  readonly #keeper: GroupKeeper
  readonly #clock: Clock
  readonly #log: Log

  constructor(parts: { keeper: GroupKeeper; clock: Clock; log: Log }) {
    this.#keeper = parts.keeper
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** Where a message of a group goes. Inside the receiver's transaction. */
  async place(message: GroupMessage, context: GroupContext, transaction: DatabaseTransaction): Promise<Placement> {
    const group = await this.#keeper.note(context, transaction)
    if (group === undefined) return { kind: 'refused', why: 'it names no group' }
    if (group.blocked && message.own === undefined) return { kind: 'refused', why: 'the owner has blocked this group' }
    // Where the owner writes, they have let it in.
    const isOpened = message.own !== undefined && group.asks !== false
    if (isOpened) await letGroupIn(transaction, group.id)
    if (isOpened && isRequest(group)) await this.#keeper.retell(group.id, transaction)
    const verdict = judge(group, message)
    if (verdict === 'may') {
      const request = !isOpened && isRequest(group)
      return { kind: 'group', id: group.id, request, byAdmin: isByAdmin(group, message) }
    }
    if (verdict === 'must-not') return { kind: 'refused', why: 'only administrators may write in this group' }
    // Whoever is no member to our knowledge may be one by now.
    if (!group.isDue) await this.#keeper.markDue(group.id, transaction)
    return await this.#keep(group.id, message, transaction)
  }

  /** A sign of typing: the group, when its author may write there. */
  async typingIn(groupId: Uint8Array, aci: string, transaction: DatabaseTransaction): Promise<string | undefined> {
    const group = await findGroup(transaction, Buffer.from(groupId).toString('base64'))
    if (group === undefined || group.blocked) return undefined
    return group.state?.members.some((member) => member.aci === aci) === true ? group.id : undefined
  }

  /** Takes what waits for this group out of the waiting room: what may be shown now, oldest first; `request` as in `Placement`. */
  async release(
    id: string,
    transaction: DatabaseTransaction,
  ): Promise<{ messages: (GroupMessage & { byAdmin: boolean })[]; request: boolean }> {
    const group = await findGroup(transaction, id)
    if (group?.state === undefined) return { messages: [], request: false }
    const rows = await transaction
      .selectFrom('signal_group_waiting')
      .selectAll()
      .where('group_id', '=', id)
      .orderBy('id')
      .execute()
    const released: (GroupMessage & { byAdmin: boolean })[] = []
    for (const row of rows) {
      const message = { ...JSON.parse(row.facts_json), content: contentCodec.decode(row.content) } as GroupMessage
      const verdict = judge(group, message)
      const isSettled = group.state.revision >= group.wantedRevision && group.standing === 'member'
      if (verdict === 'unknown' && !isSettled) continue
      if (verdict === 'may' && !group.blocked) released.push({ ...message, byAdmin: isByAdmin(group, message) })
      else
        this.#log.warn(
          {},
          'a message of a group was dropped: it is blocked, or its author is no member or may not write there',
        )
      await transaction.deleteFrom('signal_group_waiting').where('id', '=', row.id).execute()
    }
    return { messages: released, request: isRequest(group) }
  }

  /** Forgets what was never let in. */
  async prune(db: Database): Promise<void> {
    const before = this.#clock.now() - waitingKeptMs
    const { numDeletedRows } = await db
      .deleteFrom('signal_group_waiting')
      .where('kept_at_ms', '<', before)
      .executeTakeFirst()
    if (numDeletedRows > 0n) this.#log.warn({ messages: Number(numDeletedRows) }, 'forgot messages of unknown groups')
  }

  async #keep(groupId: string, message: GroupMessage, transaction: DatabaseTransaction): Promise<Placement> {
    if (!shows(message.content)) return { kind: 'kept' }
    const { count } = await transaction
      .selectFrom('signal_group_waiting')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (count >= waitingMax) return { kind: 'full' }
    const { sender, content, timestampMs, serverTimestampMs, own } = message
    await transaction
      .insertInto('signal_group_waiting')
      .values({
        group_id: groupId,
        sender: sender.aci,
        device_id: sender.deviceId,
        timestamp_ms: timestampMs,
        facts_json: JSON.stringify({ sender, timestampMs, serverTimestampMs, own }),
        content: contentCodec.encode(content),
        kept_at_ms: this.#clock.now(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return { kind: 'kept' }
  }
}

/** `unknown`: the group must be fetched before that can be said. */
function judge({ state, standing }: KnownGroup, { sender, content }: GroupMessage): 'may' | 'must-not' | 'unknown' {
  if (state === undefined || standing === 'out' || standing === 'unknown') return 'unknown'
  if (!state.members.some(({ aci }) => aci === sender.aci)) return 'unknown'
  const isQuiet = !shows(content)
  return state.announcementsOnly && !isQuiet && !isAdmin(state, sender.aci) ? 'must-not' : 'may'
}

function isByAdmin({ state }: KnownGroup, { sender }: GroupMessage): boolean {
  return state !== undefined && isAdmin(state, sender.aci)
}

/** It has something to show, beside what it says of the group. */
function shows(content: Content): boolean {
  const message: DataMessage | undefined = content.dataMessage ?? content.editMessage?.dataMessage
  if (message === undefined) return false
  const { reaction, delete: deletion, adminDelete } = message
  if (reaction !== undefined || deletion !== undefined || adminDelete !== undefined) return true
  return words(message) !== undefined || happeningIn(message) !== undefined
}
