/**
 * A profile key of our own that gives way to another one, noted until our account, and then each of our groups, has it. And
 * which safety numbers our own devices hold for compared, as the storage service says or is still to be told.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_account add column next_profile_key blob',
  'alter table signal_account add column key_change_due_at_ms integer',
  'alter table signal_groups add column own_key_failures integer not null default 0',
  'alter table signal_groups add column own_key_not_before_ms integer not null default 0',
  'alter table signal_identities add column verified integer not null default 0 check (verified in (0, 1))',
  'alter table signal_identities add column verified_decided integer not null default 0 check (verified_decided in (0, 1))',
  `update signal_identities set verified = 1, verified_decided = 1 where approved = 1 and address in
     (select aci from contacts where verified = 1 and identity_changed_at_ms is null and aci is not null)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
