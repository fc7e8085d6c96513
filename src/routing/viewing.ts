/**
 * The owner looks at what is to be looked at once, or listens to a voice message: noted the first time, and the transport
 * that it came by may tell its author and the owner's other devices.
 */
import { findAttachment, markViewed } from '../store/attachments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { getMessage } from '../store/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import type { RoutingContext } from './context.ts'
import { addresseeOf, partiesOf } from './plans.ts'

const nobody = { e164: undefined, pni: undefined }

/** Notes it inside the transaction; what is returned is to be called after its commit. */
export async function noteViewed(
  { transports, clock }: Pick<RoutingContext, 'transports' | 'clock'>,
  tx: DatabaseTransaction,
  attachmentId: string,
): Promise<() => void> {
  const nothing = () => {}
  const row = await findAttachment(tx, attachmentId)
  if (row === undefined || row.message_id === null || row.viewed_at_ms !== null) return nothing
  const once = row.view_once === 1
  if (!once && row.voice !== 1) return nothing
  const message = await getMessage(tx, row.message_id)
  if (message?.direction !== 'in') return nothing
  await markViewed(tx, row.id, clock())
  const transport = transports.find(({ name }) => name === message.transport)
  if (transport?.markViewed === undefined) return nothing
  const { author_aci: authorAci, sent_timestamp_ms: timestampMs } = message
  const addressee = addresseeOf(await partiesOf(tx, message))
  const author = authorAci === null ? addressee : { ...nobody, aci: authorAci, groupId: addressee.groupId }
  return await transport.markViewed(author, timestampMs, once, asUnit(tx))
}
