/**
 * Which groups the owner keeps out or has not let in yet, and whose word counts on that: what was decided here of keeping
 * one out stands against what the storage service still says, until it says the same or has had its time; another device's
 * own word is taken at once.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { makeStorageDue } from './storage-due.ts'

/** A phone that has not taken over what was decided here by then never will. */
const decisionStandsMs = 30 * 24 * 3600_000
/** Groups that a primary tells of at most. */
const groupsMax = 5_000

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
    // Blocking is an answer, too.
    .set({ blocked: blocked ? 1 : 0, block_stands_until_ms: null, ...(blocked ? { asks: 0 } : {}) })
    .where('id', '=', id)
    .execute()
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

/** The owner lets this group in here: as `letGroupIn`, and the storage service is to say so, too. */
export async function decideToLetGroupIn(transaction: DatabaseTransaction, id: string, nowMs: number): Promise<void> {
  await letGroupIn(transaction, id)
  await makeStorageDue(transaction, nowMs)
}

/** The owner lets this group in: here, or on another device. */
export async function letGroupIn(transaction: DatabaseTransaction, id: string): Promise<void> {
  await transaction.updateTable('signal_groups').set({ asks: 0 }).where('id', '=', id).execute()
}

/** Whether it waits for the owner to let it in. */
export async function isGroupRequest(transaction: DatabaseTransaction, id: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('signal_groups')
    .select('id')
    .where('id', '=', id)
    .where('asks', '=', 1)
    .where('standing', '=', 'member')
    .where('blocked', '=', 0)
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
  await transaction
    .updateTable('signal_groups')
    .set({ block_stands_until_ms: nowMs + decisionStandsMs })
    .where('id', '=', id)
    .execute()
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
    await transaction
      .updateTable('signal_groups')
      .set({ block_stands_until_ms: null })
      .where('id', '=', group.id)
      .execute()
    return said
  }
  const isDecided = await transaction
    .selectFrom('signal_groups')
    .select('id')
    .where('id', '=', group.id)
    .where('block_stands_until_ms', '>', nowMs)
    .executeTakeFirst()
  return isDecided === undefined ? said : group.blocked
}

/** What a record at the storage service says of a group. */
interface GroupFlags {
  blocked: boolean
  whitelisted: boolean
  archived: boolean
}

/** A group of which the storage service may say otherwise than was decided here; what is undefined it knows as well as we. */
interface DecidedGroup {
  /** 32 octets. */
  masterKey: Uint8Array
  blocked: boolean | undefined
  /** The owner has let it in, and is in it; false: they are out, and who adds them again is judged anew. */
  whitelisted: boolean | undefined
  /** What is said of it where there is no record yet; undefined: the owner is not in it, and it needs none. */
  unlisted: GroupFlags | undefined
}

/** `DecidedGroup`s, of which there is one for each that is fetched: those that the owner is in first. */
export async function decidedGroups(db: Database): Promise<readonly DecidedGroup[]> {
  const rows = await db
    .selectFrom('signal_groups')
    .select(['master_key', 'blocked', 'block_stands_until_ms', 'asks', 'archived', 'standing'])
    .where(({ eb, or }) =>
      or([eb('block_stands_until_ms', 'is not', null), eb('standing', 'in', ['member', 'invited', 'out'])]),
    )
    .orderBy(({ eb }) => eb('standing', '=', 'out'))
    .orderBy('created_at_ms')
    .limit(groupsMax)
    .execute()
  return rows.map(({ master_key: masterKey, block_stands_until_ms: untilMs, ...row }) => {
    const [blocked, archived] = [row.blocked === 1, row.archived === 1]
    const isIn = row.standing === 'member'
    const isOpen = isIn && row.asks === 0 && !blocked
    return {
      masterKey,
      blocked: untilMs === null ? undefined : blocked,
      whitelisted: row.standing === 'out' ? false : isOpen || undefined,
      unlisted: isIn || row.standing === 'invited' ? { blocked, whitelisted: isOpen, archived } : undefined,
    }
  })
}
