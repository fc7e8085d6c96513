/** How many parts of texts a modem sent on a day whose messages have been deleted since: quotas count them, and name nobody. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table forgotten_parts (
     lane text not null,
     day_ms integer not null,
     parts integer not null check (parts > 0),
     primary key (lane, day_ms)
   ) strict, without rowid`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
