/**
 * What our own other devices know of the owner's habits. They are the configuration's on a primary, which is read at the start
 * alone: what differs then from what was last told is told at once, by its settings and in its record at the storage service.
 */
import type { DatabaseTransaction } from '../store/database.ts'
import type { Habits } from './habits.ts'
import type { SyncMessage } from './proto/messages.ts'
import { makeStorageDue } from './storage-due.ts'

/** The settings as a linked device is told them. Inside the given transaction. */
export async function settingsOf(
  habits: Pick<Habits, 'readReceipts' | 'typing'>,
  transaction: DatabaseTransaction,
): Promise<SyncMessage> {
  const readReceipts = await habits.readReceipts(transaction)
  const typingIndicators = await habits.typing(transaction)
  // Nothing here shows whether a message was sealed.
  return { configuration: { readReceipts, unidentifiedDeliveryIndicators: false, typingIndicators } }
}

/**
 * What a primary has to tell of its settings, and takes note of as told: its record is due with it. Undefined where it has told
 * them already, and on a linked device, whose phone has them.
 */
export async function newSettings(
  habits: Pick<Habits, 'readReceipts' | 'typing'>,
  transaction: DatabaseTransaction,
  nowMs: number,
): Promise<SyncMessage | undefined> {
  const account = await transaction.selectFrom('signal_account').select(['device_id', 'habits_told']).executeTakeFirst()
  if (account?.device_id !== 1) return undefined
  const settings = await settingsOf(habits, transaction)
  const habits_told = JSON.stringify(settings.configuration)
  if (account.habits_told === habits_told) return undefined
  await transaction.updateTable('signal_account').set({ habits_told }).execute()
  await makeStorageDue(transaction, nowMs)
  return settings
}
