/** Which messages were kept: by author, device and sent timestamp, which are a Signal message's identity everywhere. */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { prepared } from '../store/prepared.ts'

/** Queued messages live 30 days at the server: that long a redelivery is possible. */
const seenKeptMs = 35 * 24 * 3600_000

/** False when this message was kept before: it was sent again, or delivered again. */
export async function firstTime(
  transaction: DatabaseTransaction,
  sender: { aci: string; deviceId: number },
  timestampMs: number,
  nowMs: number,
): Promise<boolean> {
  const added = await insertReceived(transaction, { ...sender, timestampMs, nowMs })
  return added.length > 0
}

const insertReceived = prepared((db, $: { aci: string; deviceId: number; timestampMs: number; nowMs: number }) =>
  db
    .insertInto('signal_received')
    .values({ sender: $.aci, device_id: $.deviceId, timestamp_ms: $.timestampMs, received_at_ms: $.nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .returning('timestamp_ms'),
)

/** Forgets what can no longer be delivered again. */
export async function forgetSeen(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('signal_received')
    .where('received_at_ms', '<', nowMs - seenKeptMs)
    .execute()
}
