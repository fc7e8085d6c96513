/**
 * People who sign in to the inbox. There is always an admin once there has been one: the last cannot be removed or made
 * anything less.
 */
import { sql } from 'kysely'
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import type { Role } from '../domain/roles.ts'
import { told } from '../domain/told.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { UserRow } from './tables/inbox.ts'

/** More than any household or office; a bound for the table. */
const USERS_MAX = 200

export interface NewUser {
  name: string
  role: Role
  passwordHash: string
}

/** As it was typed in another letter case or composition of accents, it is the same name. */
export function userName(text: string): string {
  return text.normalize('NFC').trim()
}

/** Throws CausewayError `user-exists`, `too-many-users`. */
export async function addUser(tx: DatabaseTransaction, ids: IdSource, user: NewUser, nowMs: number): Promise<UserRow> {
  const name = userName(user.name)
  if ((await findUserByName(tx, name)) !== undefined) throw taken(name)
  const { count } = await tx
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= USERS_MAX) {
    throw new CausewayError({
      ...told('too-many-users', { max: USERS_MAX }),
      message: `There are ${USERS_MAX} people already; remove one first.`,
      retry: 'after-human',
    })
  }
  return tx
    .insertInto('users')
    .values({
      id: ids('usr'),
      name,
      role: user.role,
      password_hash: user.passwordHash,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Changes what is given. Throws CausewayError `unknown-user`, `user-exists`, `last-admin`. */
export async function changeUser(
  tx: DatabaseTransaction,
  id: string,
  change: Partial<NewUser>,
  nowMs: number,
): Promise<UserRow> {
  const user = await demandUser(tx, id)
  const name = change.name === undefined ? user.name : userName(change.name)
  const other = await findUserByName(tx, name)
  if (other !== undefined && other.id !== id) throw taken(name)
  if (change.role !== undefined && change.role !== 'admin') await demandOtherAdmin(tx, user)
  return tx
    .updateTable('users')
    .set({
      name,
      role: change.role ?? user.role,
      password_hash: change.passwordHash ?? user.password_hash,
      version: user.version + 1,
      updated_at_ms: nowMs,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** With all sessions. Throws CausewayError `unknown-user`, `last-admin`. */
export async function removeUser(tx: DatabaseTransaction, id: string): Promise<void> {
  await demandOtherAdmin(tx, await demandUser(tx, id))
  await tx.deleteFrom('users').where('id', '=', id).execute()
}

/** Throws CausewayError `unknown-user`. */
export async function demandUser(db: Database, id: string): Promise<UserRow> {
  const user = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
  if (user !== undefined) return user
  throw new CausewayError({ code: 'unknown-user', message: 'There is nobody with this id.', retry: 'never' })
}

/** By the name as people write it; undefined: nobody has it. */
export function findUserByName(db: Database, name: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('name', '=', userName(name)).executeTakeFirst()
}

/** All, with when each was last seen. */
export function listUsers(db: Database): Promise<(UserRow & { seen_at_ms: number | null })[]> {
  return db
    .selectFrom('users')
    .selectAll()
    .select(
      sql<number | null>`(select max(seen_at_ms) from sessions where sessions.user_id = users.id)`.as('seen_at_ms'),
    )
    .orderBy('name')
    .execute()
}

/** Whether there is anybody who may do everything. */
export async function hasAdmin(db: Database): Promise<boolean> {
  const row = await db.selectFrom('users').select('id').where('role', '=', 'admin').limit(1).executeTakeFirst()
  return row !== undefined
}

async function demandOtherAdmin(tx: DatabaseTransaction, user: UserRow): Promise<void> {
  if (user.role !== 'admin') return
  const other = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('id', '!=', user.id)
    .limit(1)
    .executeTakeFirst()
  if (other !== undefined) return
  throw new CausewayError({
    code: 'last-admin',
    message: 'Nobody else is an admin. Make somebody else one first.',
    retry: 'after-human',
  })
}

function taken(name: string): CausewayError {
  return new CausewayError({
    ...told('user-exists', { name }),
    message: `There is somebody called ${name} already.`,
    retry: 'never',
  })
}
