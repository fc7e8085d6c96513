/**
 * What became of a person's safety number: first seen, changed, consented to, compared; when, and by whose word. A key that
 * is new or another one is written by the Signal driver where it stores the key (`src/signal/stores.ts`), all else here. Rows
 * belong to the account, and so go with it when a contact is taken apart or joined.
 */
import type { Database, DatabaseTransaction } from './database.ts'
import type { ContactRow, IdentityEvent } from './tables/mailbox.ts'

type Person = Pick<ContactRow, 'id' | 'aci'>

/** `by` of what another device of the same account said. */
export const BY_OWN_DEVICE = 'device'
/** As many as are shown; a joined contact may have more, until the next one. */
const SHOWN_MAX = 100

export interface IdentityEntry {
  event: IdentityEvent
  at_ms: number
  by_id: string | null
  by_name: string | null
}

/**
 * Notes it in the transaction that does it. `by`: id of a user or a token, whose name is kept with it, since both may be
 * removed; `local` at the Unix socket, `BY_OWN_DEVICE`; undefined: nobody's doing.
 */
export async function noteIdentity(
  tx: DatabaseTransaction,
  { id, aci }: Person,
  event: IdentityEvent,
  atMs: number,
  by?: string,
): Promise<void> {
  const name = by === undefined ? undefined : await nameOf(tx, by)
  await tx
    .insertInto('identity_history')
    .values({ person: aci ?? id, event, at_ms: atMs, by_id: by ?? null, by_name: name ?? null })
    .execute()
}

/** Newest first. */
export function identityHistory(db: Database, { id, aci }: Person): Promise<IdentityEntry[]> {
  return db
    .selectFrom('identity_history')
    .select(['event', 'at_ms', 'by_id', 'by_name'])
    .where('person', 'in', aci === null ? [id] : [id, aci])
    .orderBy('at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(SHOWN_MAX)
    .execute()
}

/** What is noted of the account or contact `from` belongs to the contact `toId`. */
export async function moveIdentityHistory(tx: DatabaseTransaction, from: string, toId: string): Promise<void> {
  await tx.updateTable('identity_history').set({ person: toId }).where('person', '=', from).execute()
}

/** The person is deleted. */
export async function deleteIdentityHistory(tx: DatabaseTransaction, { id, aci }: Person): Promise<void> {
  await tx
    .deleteFrom('identity_history')
    .where('person', 'in', aci === null ? [id] : [id, aci])
    .execute()
}

async function nameOf(tx: DatabaseTransaction, id: string): Promise<string | undefined> {
  const user = await tx.selectFrom('users').select('name').where('id', '=', id).executeTakeFirst()
  if (user !== undefined) return user.name
  return (await tx.selectFrom('tokens').select('name').where('id', '=', id).executeTakeFirst())?.name
}
