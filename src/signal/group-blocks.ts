/**
 * Which groups the owner keeps out, and whose word counts on that: what was decided here stands against what the storage
 * service still says, until it says the same or has had its time; another device's own word is taken at once.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { SignalTables } from '../store/tables/signal.ts'
import { makeStorageDue } from './storage-due.ts'

/** A phone that has not taken over what was decided here by then never will. */
const decisionStandsMs = 30 * 24 * 3600_000

/** Notes whether the owner keeps this group out (base64 of its id), also of one that is not known yet. */
export async function setGroupBlocked(transaction: DatabaseTransaction, id: string, blocked: boolean): Promise<void> {
  const entry = { kind: 'group', value: id } as const
  if (blocked) await transaction.insertInto('signal_blocked_others').orReplace().values(entry).execute()
  else {
    await transaction
      .deleteFrom('signal_blocked_others')
      .where('kind', '=', entry.kind)
      .where('value', '=', entry.value)
      .execute()
  }
  await transaction
    .updateTable('signal_groups')
    .set({ blocked: blocked ? 1 : 0 })
    .where('id', '=', id)
    .execute()
  await forgetDecision(transaction, id)
}

export async function isGroupBlocked(transaction: DatabaseTransaction, id: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('signal_blocked_others')
    .select('value')
    .where('kind', '=', 'group')
    .where('value', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

/** The owner has decided here: as `setGroupBlocked`, and the storage service is to say so, too. */
export async function decideGroup(
  transaction: DatabaseTransaction,
  id: string,
  blocked: boolean,
  nowMs: number,
): Promise<void> {
  await setGroupBlocked(transaction, id, blocked)
  const entry = { kind: decisionOf(id), not_before_ms: nowMs + decisionStandsMs }
  await transaction.insertInto('signal_rations').orReplace().values(entry).execute()
  await makeStorageDue(transaction, nowMs)
}

/** Whether this group is blocked, now that the storage service has said `said` of it. */
export async function blockAsStored(
  transaction: DatabaseTransaction,
  group: { id: string; blocked: boolean },
  said: boolean,
  nowMs: number,
): Promise<boolean> {
  if (said === group.blocked) {
    await forgetDecision(transaction, group.id)
    return said
  }
  const isDecided = await transaction
    .selectFrom('signal_rations')
    .select('kind')
    .where('kind', '=', decisionOf(group.id))
    .where('not_before_ms', '>', nowMs)
    .executeTakeFirst()
  return isDecided === undefined ? said : group.blocked
}

/** Groups of which the storage service may still say otherwise than was decided here. */
export async function decidedGroups(db: Database): Promise<readonly { masterKey: Uint8Array; blocked: boolean }[]> {
  const decided = await db.selectFrom('signal_rations').select('kind').where('kind', 'like', 'group:%').execute()
  if (decided.length === 0) return []
  const kinds = new Set(decided.map(({ kind }) => kind))
  const rows = await db.selectFrom('signal_groups').select(['id', 'master_key', 'blocked']).execute()
  return rows
    .filter(({ id }) => kinds.has(decisionOf(id)))
    .map(({ master_key: masterKey, blocked }) => ({ masterKey, blocked: blocked === 1 }))
}

async function forgetDecision(transaction: DatabaseTransaction, id: string): Promise<void> {
  await transaction.deleteFrom('signal_rations').where('kind', '=', decisionOf(id)).execute()
}

function decisionOf(id: string): SignalTables['signal_rations']['kind'] {
  return `group:${id}`
}
