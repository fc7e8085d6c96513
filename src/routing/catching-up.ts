/** What was said of a message before it came here: read, opened or removed on another device of ours, taken back, changed. */
import type { DatabaseTransaction } from '../store/database.ts'
import { startReadTimers } from '../store/disappearing.ts'
import { takeEarlyWords } from '../store/early-receipts.ts'
import { markMessagesRead } from '../store/mailbox.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import { takeBack } from './amending.ts'
import type { RoutingContext } from './context.ts'
import { applyEarlyChanges } from './late-originals.ts'
import { addresseeOf, partiesOf } from './plans.ts'
import { wipeOpened } from './reading.ts'
import { takeRemoval } from './removing.ts'
import { endUnreadable } from './unreadable.ts'

/** Does it now. `author`: of the message, `OURS` for one of ours. Once it is on record as any other message is. */
export async function catchUp(
  context: Pick<RoutingContext, 'transports' | 'clock' | 'events'>,
  tx: DatabaseTransaction,
  message: MessageRow,
  author: string,
): Promise<void> {
  const { conversation_id: conversationId, sent_timestamp_ms: timestampMs } = message
  const authorAci = message.author_aci ?? undefined
  await endUnreadable(context, tx, { conversationId, authorAci: message.author_aci, timestampMs })
  await applyEarlyChanges(context, tx, message, author)
  for (const { kind, at_ms: atMs } of await takeEarlyWords(tx, author, timestampMs)) {
    switch (kind) {
      case 'read-here':
      case 'opened-here':
        if (kind === 'opened-here') await wipeOpened(context, tx, conversationId, [timestampMs], authorAci)
        await markMessagesRead(tx, conversationId, [timestampMs], atMs, authorAci)
        await startReadTimers(tx, conversationId)
        break
      case 'deleted':
        await takeBack(context, tx, message)
        break
      case 'removed': {
        const named = { ours: message.direction === 'out', timestampMs, authorAci }
        const fact = {
          with: addresseeOf(await partiesOf(tx, message)),
          atMs,
          what: 'messages',
          messages: [named],
        } as const
        await takeRemoval(context, tx, fact)
      }
    }
  }
}
