/**
 * Groups in the mailbox, inside a transaction: each has a conversation of its own, in which what is done to it is told
 * in words; a message to it is as far as its slowest member.
 */
import { type GroupFact, groupBeginning, groupLine } from '../domain/group.ts'
import { groupBeginningSaid, groupLineSaid, type Somebody } from '../domain/group-line.ts'
import { findContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { setTimer } from '../store/disappearing.ts'
import {
  detailsOf,
  ensureGroupConversation,
  findGroup,
  groupMessagesBySentTime,
  putGroup,
  putRecipient,
  recipientsOf,
} from '../store/groups.ts'
import { numbersOf } from '../store/phone-groups.ts'
import type { ConversationRow, GroupRow, MessageRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import type { Party } from './facts.ts'
import { addLineTo } from './lines.ts'
import { type MoveContext, moveMessage } from './moves.ts'
import { settleGroupRequest } from './strangers.ts'

/** Takes note of a group, and tells in its conversation what was done. */
export async function takeGroup(
  context: RowContext & Parameters<typeof settleGroupRequest>[0],
  tx: DatabaseTransaction,
  fact: GroupFact,
): Promise<void> {
  const { ids, events, clock } = context
  const now = clock()
  const { group, isNew } = await putGroup(tx, ids, fact.group, now)
  const conversation = await ensureGroupConversation(tx, ids, group.id, now)
  if (isNew)
    await addLineTo(context, tx, conversation, 'group', groupBeginning(fact), { said: groupBeginningSaid(fact) })
  const { timerSeconds: seconds } = fact.group
  if (conversation.timer_s !== seconds) {
    await setTimer(tx, conversation.id, { seconds, version: conversation.timer_version })
    const by = fact.ours ? 'us' : 'them'
    await events.append(tx, { type: 'conversation.timer', conversationId: conversation.id, data: { seconds, by } })
  }
  // Otherwise it is as it was put here.
  if (fact.archived !== undefined && (conversation.archived === 1) !== fact.archived) {
    await tx
      .updateTable('conversations')
      .set({ archived: fact.archived ? 1 : 0 })
      .where('id', '=', conversation.id)
      .execute()
  }
  const isIn = fact.group.standing === 'member' && fact.group.blocked !== true
  await settleGroupRequest(context, tx, conversation, { request: fact.request, isIn })
  // Of a group that is kept out nothing is shown, also not what is done to it.
  for (const { by, items } of fact.group.blocked === true ? [] : fact.changes) {
    for (const item of items) {
      const whom = 'who' in item ? item.who : undefined
      const involved = [by, whom].filter((id) => id !== undefined)
      const names = new Map<string, string>()
      for (const id of involved) names.set(id, await nameOf(tx, id))
      const line = groupLine(item, by, (who, place) => {
        if (fact.self.includes(who)) return place === 'first' ? 'You' : 'you'
        return names.get(who) ?? 'somebody'
      })
      const somebody = (id: string | undefined): Somebody => {
        if (id !== undefined && fact.self.includes(id)) return 'us'
        const name = id === undefined ? undefined : names.get(id)
        return name === undefined ? undefined : { name }
      }
      const said = groupLineSaid(item, somebody(by), somebody(whom))
      await addLineTo(context, tx, conversation, 'group', line, { said })
    }
  }
  await events.append(tx, {
    type: isNew ? 'group.added' : 'group.changed',
    conversationId: conversation.id,
    data: { group: group.id, standing: fact.group.standing, revision: fact.group.revision },
  })
}

/** The conversation of a group by Signal's name for it; undefined for one that nobody has told of. */
export async function conversationOfGroup(
  context: RowContext,
  tx: DatabaseTransaction,
  signalId: string,
): Promise<ConversationRow | undefined> {
  const group = await findGroup(tx, { signalId })
  return group === undefined ? undefined : ensureGroupConversation(tx, context.ids, group.id, context.clock())
}

/** A receipt of one member; the messages that it has moved. */
export async function settleGroupReceipt(
  context: MoveContext,
  tx: DatabaseTransaction,
  receipt: { kind: 'delivered' | 'read'; fromAci: string; timestampsMs: readonly number[]; atMs: number },
): Promise<{ was: MessageRow['state']; message: MessageRow }[]> {
  const moved: { was: MessageRow['state']; message: MessageRow }[] = []
  for (const { group_id: groupId, ...message } of await groupMessagesBySentTime(tx, receipt.timestampsMs)) {
    const group = groupId === null ? undefined : await findGroup(tx, { id: groupId })
    if (group === undefined || !detailsOf(group).members.some(({ aci }) => aci === receipt.fromAci)) continue
    await putRecipient(tx, {
      message_id: message.id,
      aci: receipt.fromAci,
      state: receipt.kind,
      detail: null,
      at_ms: receipt.atMs,
    })
    moved.push({ was: message.state, message: await rollUpGroup(context, tx, message, receipt.atMs) })
  }
  return moved
}

/** Brings a message to where the slowest of those members is who can have it. */
export async function rollUpGroup(
  context: MoveContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  atMs: number,
): Promise<MessageRow> {
  if (message.sent_at_ms === null) return message
  const rows = await recipientsOf(tx, message.id)
  const there = rows.filter(({ state }) => state !== 'unregistered' && state !== 'failed')
  if (there.length === 0) return message
  const reason = `${there.length} of ${rows.length} members have it`
  if (there.every(({ state }) => state === 'read')) {
    const times = { read_at_ms: atMs, delivered_at_ms: message.delivered_at_ms ?? atMs }
    return moveMessage(context, tx, message, 'read', { ...times, due_at_ms: null, reason })
  }
  if (!there.every(({ state }) => state === 'delivered' || state === 'read')) return message
  return moveMessage(context, tx, message, 'delivered', { delivered_at_ms: atMs, due_at_ms: null, reason })
}

/**
 * A group in a person's place, for the rule book: reachable over Signal and over nothing else, or, a group of phone numbers,
 * over the phone network alone.
 */
export function groupParty(group: GroupRow): Party {
  const numbers = numbersOf(group)
  return {
    ...(numbers === undefined ? {} : { phoneGroup: { numbers, apart: group.texts_apart === 1 } }),
    id: group.id,
    e164: null,
    aci: null,
    pni: null,
    sender: null,
    name: group.title,
    profile_name: null,
    avatar_id: null,
    policy: null,
    fallback_after_ms: null,
    preferred_lane: null,
    signal_standing: numbers === undefined ? 'registered' : 'not-registered',
    signal_checked_at_ms: null,
    signal_next_check_at_ms: Number.MAX_SAFE_INTEGER,
    signal_misses: 0,
    verified: 0,
    identity_changed_at_ms: null,
    blocked_at_ms: detailsOf(group).blocked === true ? group.updated_at_ms : null,
    version: 1,
    created_at_ms: group.created_at_ms,
    updated_at_ms: group.updated_at_ms,
  }
}

/** How somebody is called in a line. */
export async function nameOf(tx: DatabaseTransaction, serviceId: string): Promise<string> {
  if (serviceId.startsWith('PNI:')) {
    const row = await tx
      .selectFrom('contacts')
      .select(['name', 'profile_name', 'e164'])
      .where('pni', '=', serviceId.slice(4))
      .executeTakeFirst()
    return row?.name ?? row?.profile_name ?? row?.e164 ?? 'somebody'
  }
  const contact = await findContact(tx, { aci: serviceId })
  return contact?.name ?? contact?.profile_name ?? contact?.e164 ?? `somebody (signal:${serviceId})`
}
