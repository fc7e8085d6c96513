/** The owner reads: what was unread is read, and the transports it came by may tell whoever wrote it. */
import type { Recipient } from '../domain/transport.ts'
import { findContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { startReadTimers } from '../store/disappearing.ts'
import { keepEarlyReceipt, takeEarlyReceipts } from '../store/early-receipts.ts'
import { markConversationRead, markMessagesRead } from '../store/mailbox.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'

import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'
import { conversationWith } from './mirroring.ts'
import type { PeopleContext } from './people.ts'

/** Marks it inside the transaction; what is returned is to be called after its commit. */
export async function markRead(
  context: Pick<RoutingContext, 'transports' | 'clock'>,
  tx: DatabaseTransaction,
  conversationId: string,
): Promise<() => void> {
  const messages = await markConversationRead(tx, conversationId, context.clock())
  await startReadTimers(tx, conversationId)
  const conversation = await findConversation(tx, { id: conversationId })
  const contact = conversation === undefined ? undefined : await findContact(tx, { id: conversation.contact_id })
  if (contact === undefined) return () => {}
  const afterCommit: (() => void)[] = []
  for (const transport of context.transports) {
    const timestampsMs = messages
      .filter((message) => message.transport === transport.name)
      .map((message) => message.sent_timestamp_ms)
    if (timestampsMs.length === 0 || transport.markRead === undefined) continue
    afterCommit.push(await transport.markRead(recipientOf(contact), timestampsMs, asUnit(tx)))
  }
  return () => {
    for (const act of afterCommit) act()
  }
}

/** What the owner has read on another device is read here; what is still to come will be. */
export async function takeReadElsewhere(
  { clock, events }: PeopleContext,
  tx: DatabaseTransaction,
  { author, timestampsMs, atMs }: { author: Recipient; timestampsMs: readonly number[]; atMs: number },
): Promise<void> {
  const conversation = await conversationWith(tx, author)
  const read = conversation === undefined ? [] : await markMessagesRead(tx, conversation.id, timestampsMs, atMs)
  const here = new Set(read.map(({ sent_timestamp_ms }) => sent_timestamp_ms))
  const missing = timestampsMs.filter((timestampMs) => !here.has(timestampMs))
  if (author.aci !== undefined) {
    await keepEarlyReceipt(tx, { kind: 'read-here', aci: author.aci, timestampsMs: missing, atMs }, clock())
  }
  if (conversation === undefined || read.length === 0) return
  await startReadTimers(tx, conversation.id)
  await events.append(tx, { type: 'conversation.read', conversationId: conversation.id, data: { by: 'other-device' } })
}

/** A message that was read on another device before it came here. */
export async function catchUpReading(tx: DatabaseTransaction, message: MessageRow, authorAci: string): Promise<void> {
  for (const { kind, at_ms: atMs } of await takeEarlyReceipts(tx, authorAci, message.sent_timestamp_ms)) {
    if (kind !== 'read-here') continue
    await markMessagesRead(tx, message.conversation_id, [message.sent_timestamp_ms], atMs)
    await startReadTimers(tx, message.conversation_id)
  }
}
