/**
 * A Signal account that comes out of a backup. Its sessions have gone on without this copy: a key that was used once would
 * be used again. So every session is archived (what peers wrote before may still be read; before anything is sent a new
 * one is made), our sender keys for groups are forgotten (new ones are handed out), and all pre-keys are made anew
 * under ids that nobody has seen (reference/signal-client.md: "on restore treat all sessions as lost, re-key").
 */
import { ProtocolAddress, SessionRecord } from '@signalapp/libsignal-client'
import type { DatabaseTransaction } from '../store/database.ts'
import type { Random } from './clock.ts'
import { octets } from './ids.ts'
import { firstKeyId } from './prekeys.ts'

/** Inside the transaction that makes the copy safe. Does nothing where there is no account. */
export async function settleRestoredAccount(tx: DatabaseTransaction, random: Random): Promise<void> {
  const account = await tx.selectFrom('signal_account').select(['aci', 'pni', 'device_id']).executeTakeFirst()
  if (account === undefined) return
  const sessions = await tx.selectFrom('signal_sessions').selectAll().execute()
  for (const { own, address, device_id, record } of sessions) {
    const session = SessionRecord.deserialize(octets(record))
    session.archiveCurrentState()
    await tx
      .updateTable('signal_sessions')
      .set({ record: session.serialize() })
      .where('own', '=', own)
      .where('address', '=', address)
      .where('device_id', '=', device_id)
      .execute()
  }
  const ourselves = ProtocolAddress.new(account.aci, account.device_id)
  await tx
    .deleteFrom('signal_sender_keys')
    .where('address', '=', ourselves.name())
    .where('device_id', '=', ourselves.deviceId())
    .execute()
  await tx.deleteFrom('signal_sender_key_shares').execute()
  await tx.updateTable('signal_groups').set({ distribution_id: null, distribution_at_ms: null }).execute()
  // The ids of before may name other keys at the server by now: it gets new ones. What we have serves what is on its way.
  await tx.deleteFrom('signal_key_counters').execute()
  for (const own of ['aci', 'pni'] as const) {
    const kinds = ['ec', 'signed', 'kyber'] as const
    const counters = kinds.map((kind) => ({ own, kind, next_id: firstKeyId(random) }))
    await tx.insertInto('signal_key_counters').values(counters).execute()
  }
  await tx.updateTable('signal_account').set({ keys_rotated_at_ms: 0 }).execute()
}
