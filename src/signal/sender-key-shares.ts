/** Which devices hold our sender key of which distribution: written when one was handed over, forgotten when in doubt. */
import type { Database, DatabaseTransaction } from '../store/database.ts'

/** `<service id>.<device>` of all that hold it. */
export async function sharesOf(db: Database, distributionId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('signal_sender_key_shares')
    .select(['address', 'device_id'])
    .where('distribution_id', '=', distributionId)
    .execute()
  return new Set(rows.map(({ address, device_id: deviceId }) => `${address}.${deviceId}`))
}

export async function noteShare(
  db: Database,
  distributionId: string,
  address: string,
  deviceIds: readonly number[],
): Promise<void> {
  if (deviceIds.length === 0) return
  await db
    .insertInto('signal_sender_key_shares')
    .values(deviceIds.map((device_id) => ({ distribution_id: distributionId, address, device_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** This device may hold none of our sender keys any more: each is handed over again before its next use. */
export async function forgetShares(db: DatabaseTransaction, address: string, deviceId: number): Promise<void> {
  await db
    .deleteFrom('signal_sender_key_shares')
    .where('address', '=', address)
    .where('device_id', '=', deviceId)
    .execute()
}

/** A distribution that is used no more. */
export async function dropShares(db: DatabaseTransaction, distributionId: string): Promise<void> {
  await db.deleteFrom('signal_sender_key_shares').where('distribution_id', '=', distributionId).execute()
}
