/** What a Signal account needs to be lived with: being a linked device of a phone. */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_account add column sync_requested_at_ms integer',
  'alter table signal_account add column read_receipts integer not null default 1 check (read_receipts in (0, 1))',
  'create table signal_blocked (aci text primary key) strict, without rowid',
  'create table signal_contact_list_due (id integer primary key check (id = 1), pointer blob not null) strict',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
