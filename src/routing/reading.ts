/** The owner reads: what was unread is read, and the transports it came by may tell whoever wrote it. */
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { markConversationRead } from '../store/mailbox.ts'
import { asUnit } from '../store/unit.ts'

import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'
import { partiesIn } from './plans.ts'

const nobody = { e164: undefined, aci: undefined, pni: undefined }

/** Marks it inside the transaction; what is returned is to be called after its commit. */
export async function markRead(
  context: Pick<RoutingContext, 'transports' | 'clock'>,
  tx: DatabaseTransaction,
  conversationId: string,
): Promise<() => void> {
  const messages = await markConversationRead(tx, conversationId, context.clock())
  const parties = await partiesIn(tx, await findConversation(tx, { id: conversationId }))
  if (parties === undefined) return () => {}
  const { contact, group } = parties
  const afterCommit: (() => void)[] = []
  for (const transport of context.transports) {
    if (transport.markRead === undefined) continue
    const byAuthor = new Map<string | null, number[]>()
    for (const message of messages) {
      if (message.transport !== transport.name || message.kind === 'notice') continue
      const times = byAuthor.get(message.author_aci) ?? []
      byAuthor.set(message.author_aci, [...times, message.sent_timestamp_ms])
    }
    for (const [author, timestampsMs] of byAuthor) {
      const to = group === undefined ? recipientOf(contact) : { ...nobody, aci: author ?? undefined }
      afterCommit.push(await transport.markRead(to, timestampsMs, asUnit(tx)))
    }
  }
  return () => {
    for (const act of afterCommit) act()
  }
}
