/** The owner reads: what was unread is read, and the transports it came by may tell whoever wrote it. */
import { findContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { startReadTimers } from '../store/disappearing.ts'
import { markConversationRead } from '../store/mailbox.ts'
import { asUnit } from '../store/unit.ts'

import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'

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
