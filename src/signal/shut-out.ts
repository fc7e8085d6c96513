/**
 * That our profile key is to give way to another one, since the owner shuts somebody out who may know it: somebody who was let
 * in, or who sees it in a group with us. What then happens is `profile-key.ts`.
 */
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../store/database.ts'
import type { PeerIds } from './facts.ts'
import type { GroupState } from './groups/state.ts'
import { findPeer } from './peers.ts'

/** Notes it where this person, who is about to be shut out, may know our profile key. Nothing on a linked device. */
export async function shutOutOfProfile(transaction: DatabaseTransaction, ids: PeerIds, atMs: number): Promise<void> {
  if (!(await mayKnowKey(transaction, ids))) return
  await transaction
    .updateTable('signal_account')
    .set({ key_change_due_at_ms: atMs })
    .where('key_change_due_at_ms', 'is', null)
    .where('device_id', '=', 1)
    .execute()
}

async function mayKnowKey(transaction: DatabaseTransaction, ids: PeerIds): Promise<boolean> {
  const peer = await findPeer(transaction, ids)
  if (peer?.accepted === true) return true
  const { aci } = peer ?? ids
  const account = await transaction.selectFrom('signal_account').select(['aci', 'profile_key']).executeTakeFirst()
  if (aci === undefined || account === undefined) return false
  const rows = await transaction
    .selectFrom('signal_groups')
    .select('state_json')
    .where('standing', '=', 'member')
    .where(sql<boolean>`instr(state_json, ${aci}) > 0`)
    .execute()
  const ours = Buffer.from(account.profile_key).toString('base64')
  return rows.some(({ state_json: json }) => {
    const state: GroupState = JSON.parse(json ?? '{"members":[],"invited":[]}')
    const own = state.members.find((member) => member.aci === account.aci)
    const isIn =
      state.members.some((member) => member.aci === aci) || state.invited.some((one) => one.serviceId === aci)
    return isIn && own !== undefined && (own.profileKey ?? ours) === ours
  })
}
