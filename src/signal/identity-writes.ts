/** An identity key of somebody else as it is stored, and with it the line in the history of their safety number. */
import type { DatabaseTransaction } from '../store/database.ts'
import { isPni } from './ids.ts'

export interface IdentityWrite {
  address: string
  key: Uint8Array
  /** The first key of an address is; one that takes the place of another waits for consent. */
  approved: boolean
  atMs: number
}

/** What was compared was another key, which the storage service may still name. */
const notCompared = { verified: 0, verified_decided: 1 } as const

/** Safety numbers are of accounts: keys of phone-number identities have no history. */
export async function storeIdentity(
  transaction: DatabaseTransaction,
  { address, key, approved, atMs }: IdentityWrite,
): Promise<void> {
  const change = { identity_key: key, approved: approved ? 1 : 0, changed_at_ms: atMs } as const
  await transaction
    .insertInto('signal_identities')
    .values({ address, ...change })
    .onConflict((conflict) => conflict.column('address').doUpdateSet({ ...change, ...notCompared }))
    .execute()
  if (isPni(address)) return
  await transaction
    .insertInto('identity_history')
    .values({ person: address, event: approved ? 'first-seen' : 'changed', at_ms: atMs })
    .execute()
}
