/** Files of ours that a picture message left without: the bubble must not show them as sent. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `alter table attachments add column left_out text
     check (left_out is null or left_out in ('too-large', 'unreadable', 'not-shrunk'))`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
