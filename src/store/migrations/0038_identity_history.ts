/**
 * What became of people's safety numbers, kept for as long as the person is (events go after a month). `person` is the
 * account (ACI) whose key it is, or the contact where the account is not known or was another one before.
 */
import { type Kysely, sql } from 'kysely'

/** Rows of one person; the oldest go. Far more than anybody changes phones or compares digits. */
const ROWS_MAX = 50

const statements = [
  `create table identity_history (
     id integer primary key,
     person text not null,
     event text not null check (event in ('first-seen', 'changed', 'approved', 'verified', 'unverified')),
     at_ms integer not null,
     by_id text,
     by_name text
   ) strict`,
  'create index identity_history_person on identity_history (person, id)',
  `create trigger identity_history_bound after insert on identity_history begin
     delete from identity_history where person = new.person and id <= (
       select id from identity_history where person = new.person order by id desc limit 1 offset ${ROWS_MAX}
     );
   end`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
