/** What was looked at or listened to: once told, and to whom it is still owed. And what a linked device has asked for. */
import { type Kysely, sql } from 'kysely'

const statements = [
  // A linked device of ours waits for the contact list.
  'alter table signal_account add column contacts_asked_at_ms integer',
  'alter table attachments add column viewed_at_ms integer',
  'alter table signal_receipts_due rename to signal_receipts_due_before',
  `create table signal_receipts_due (
     kind text not null check (kind in ('delivered', 'read', 'read-here', 'viewed', 'viewed-here', 'opened-here')),
     aci text not null, timestamp_ms integer not null, due_at_ms integer not null,
     primary key (kind, aci, timestamp_ms)
   ) strict, without rowid`,
  `insert into signal_receipts_due (kind, aci, timestamp_ms, due_at_ms)
     select kind, aci, timestamp_ms, due_at_ms from signal_receipts_due_before`,
  'drop table signal_receipts_due_before',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
