/** How many keys for group messages are kept of one device of somebody: any device can hand us as many as it likes. */
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../store/database.ts'

/** One for each group that we share, and the latest of those that were replaced. */
export const keysPerDeviceMax = 200

/** Forgets the oldest beyond the bound. */
export async function pruneSenderKeys(transaction: DatabaseTransaction, aci: string, deviceId: number): Promise<void> {
  const row = sql<number>`rowid`
  const ofDevice = transaction
    .selectFrom('signal_sender_keys')
    .select(row.as('row'))
    .where('address', '=', aci)
    .where('device_id', '=', deviceId)
  await transaction
    .deleteFrom('signal_sender_keys')
    .where(row, 'in', ofDevice.orderBy(row, 'desc').limit(-1).offset(keysPerDeviceMax))
    .execute()
}
