/** Demands a look at the storage service: another device has written to it, or there is something to be written. */
import type { DatabaseTransaction } from '../store/database.ts'

/** The storage service is to be read now, also when a reading is under way: what it reads may be what was before. */
export async function makeStorageDue(transaction: DatabaseTransaction, nowMs: number): Promise<void> {
  const row = await transaction.selectFrom('signal_account').select('storage_due_at_ms').executeTakeFirst()
  const before = row?.storage_due_at_ms ?? 0
  // Another value than before, in the past: the reading under way does not take it for the one that it saw.
  const storage_due_at_ms = before < nowMs ? before + 1 : nowMs - 1_000
  await transaction.updateTable('signal_account').set({ storage_due_at_ms }).execute()
}
