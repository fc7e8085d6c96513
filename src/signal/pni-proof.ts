/** Whether the proof that our number is this account's has reached somebody: by what our messages to them held. */
import type { DatabaseTransaction } from '../store/database.ts'
import { contentCodec } from './proto/messages.ts'

/** Of a receipt that names more the rest is passed over: the proof goes with every message until it has arrived. */
const timestampsMax = 100

/** One of these messages of ours to this account had it. */
export async function hasProof(
  transaction: DatabaseTransaction,
  aci: string,
  timestampsMs: readonly number[],
): Promise<boolean> {
  const rows = await transaction
    .selectFrom('signal_send_log')
    .select('content')
    .where('recipient', '=', aci)
    .where('timestamp_ms', 'in', timestampsMs.slice(0, timestampsMax))
    .execute()
  return rows.some(({ content }) => contentCodec.decode(content).pniSignatureMessage !== undefined)
}
