/** Accounts whose record is to leave the storage service, since the owner has deleted the person; until it has. */
import { type Kysely, sql } from 'kysely'

const statements = [
  'create table signal_forgotten (aci text primary key, at_ms integer not null) strict, without rowid',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
