/** The owner reads: what was unread is read, and the transports it came by may tell whoever wrote it. */
import type { TransportSink } from '../domain/sink.ts'
import type { Recipient } from '../domain/transport.ts'
import { messageByTime } from '../store/amendments.ts'
import { attachmentsOf, wipeAttachment } from '../store/attachments.ts'
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { startReadTimers } from '../store/disappearing.ts'
import { keepEarly } from '../store/early-receipts.ts'
import { conversationsOfAuthor } from '../store/groups.ts'
import { markConversationRead, markMessagesRead } from '../store/mailbox.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'

import { recipientOf } from './capabilities.ts'
import type { RoutingContext, RowContext } from './context.ts'
import { tellOfFile } from './file-news.ts'
import { conversationWith } from './people.ts'
import { partiesIn } from './plans.ts'

const OPENED_ELSEWHERE = { code: 'opened', reason: 'it was to be looked at once, and was on another device' }

/** Who wrote it into a group: of accounts, or of phone numbers. */
function authorOf({ author_aci: aci, author_address: address }: MessageRow): Recipient {
  return { e164: address ?? undefined, aci: aci ?? undefined, pni: undefined }
}

/** Marks it inside the transaction; what is returned is to be called after its commit. */
export async function markRead(
  context: Pick<RoutingContext, 'transports' | 'clock' | 'events'>,
  tx: DatabaseTransaction,
  conversationId: string,
): Promise<() => void> {
  const messages = await markConversationRead(tx, conversationId, context.clock())
  await startReadTimers(tx, conversationId)
  if (messages.length > 0)
    await context.events.append(tx, { type: 'conversation.read', conversationId, data: { by: 'here' } })
  const parties = await partiesIn(tx, await findConversation(tx, { id: conversationId }))
  if (parties === undefined) return () => {}
  const { contact, group } = parties
  const afterCommit: (() => void)[] = []
  for (const transport of context.transports) {
    if (transport.markRead === undefined) continue
    const byAuthor = new Map<string, { author: MessageRow; timestampsMs: number[] }>()
    for (const message of messages) {
      if (message.transport !== transport.name) continue
      const key = message.author_aci ?? message.author_address ?? ''
      const { author, timestampsMs } = byAuthor.get(key) ?? { author: message, timestampsMs: [] }
      timestampsMs.push(message.sent_timestamp_ms)
      byAuthor.set(key, { author, timestampsMs })
    }
    for (const { author, timestampsMs } of byAuthor.values()) {
      const to =
        group === undefined ? recipientOf(contact) : { ...authorOf(author), groupId: group.signal_id ?? undefined }
      afterCommit.push(await transport.markRead(to, timestampsMs, asUnit(tx)))
    }
  }
  return () => {
    for (const act of afterCommit) act()
  }
}

/** What the owner has read on another device is read here; what is still to come will be. */
export async function takeReadElsewhere(
  context: RowContext,
  tx: DatabaseTransaction,
  { author, timestampsMs, atMs, opened = false }: Parameters<TransportSink['readElsewhere']>[0],
): Promise<void> {
  const { clock, events } = context
  const conversation = await conversationWith(tx, author)
  const groups = author.aci === undefined ? [] : await conversationsOfAuthor(tx, author.aci, timestampsMs)
  const here = new Set<number>()
  for (const id of conversation === undefined ? groups : [conversation.id, ...groups]) {
    const authorAci = groups.includes(id) ? author.aci : undefined
    if (opened)
      for (const timestampMs of await wipeOpened(context, tx, id, timestampsMs, authorAci)) here.add(timestampMs)
    const those = await markMessagesRead(tx, id, timestampsMs, atMs, authorAci)
    if (those.length === 0) continue
    for (const { sent_timestamp_ms: timestampMs } of those) here.add(timestampMs)
    await startReadTimers(tx, id)
    await events.append(tx, { type: 'conversation.read', conversationId: id, data: { by: 'other-device' } })
  }
  const missing = timestampsMs.filter((timestampMs) => !here.has(timestampMs))
  if (author.aci !== undefined) {
    const kind = opened ? 'opened-here' : 'read-here'
    await keepEarly(tx, { kind, aci: author.aci, timestampsMs: missing, atMs }, clock())
  }
}

/** What was to be looked at once, and was on another device, goes here, too. The times of the messages that are here. */
export async function wipeOpened(
  context: Pick<RowContext, 'events' | 'clock'>,
  tx: DatabaseTransaction,
  conversationId: string,
  timestampsMs: readonly number[],
  authorAci: string | undefined,
): Promise<number[]> {
  const here: number[] = []
  for (const timestampMs of timestampsMs) {
    const message = await messageByTime(tx, { conversationId, ours: false, timestampMs, authorAci })
    if (message !== undefined) here.push(timestampMs)
    const files = message === undefined ? [] : ((await attachmentsOf(tx, [message])).get(message.id) ?? [])
    for (const file of files.filter(({ view_once: once, state }) => once === 1 && state !== 'gone')) {
      await wipeAttachment(tx, file, OPENED_ELSEWHERE)
      const data = { id: file.id, code: OPENED_ELSEWHERE.code }
      await tellOfFile(context, tx, file.message_id, { type: 'attachment.gone', data })
    }
  }
  return here
}
