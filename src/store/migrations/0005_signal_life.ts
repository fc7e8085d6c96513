/**
 * What a Signal account needs to be lived with: being a linked device of a phone, telling that a message was read, long
 * texts that are still to be fetched, and what people do to messages afterwards.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_account add column sync_requested_at_ms integer',
  'alter table signal_account add column read_receipts integer not null default 1 check (read_receipts in (0, 1))',
  'create table signal_blocked (aci text primary key) strict, without rowid',
  'create table signal_contact_list_due (id integer primary key check (id = 1), pointer blob not null) strict',
  'alter table signal_receipts_due rename to signal_receipts_due_before',
  `create table signal_receipts_due (
     kind text not null check (kind in ('delivered', 'read', 'read-here')),
     aci text not null, timestamp_ms integer not null, due_at_ms integer not null,
     primary key (kind, aci, timestamp_ms)
   ) strict, without rowid`,
  `insert into signal_receipts_due (kind, aci, timestamp_ms, due_at_ms)
     select 'delivered', aci, timestamp_ms, due_at_ms from signal_receipts_due_before`,
  'drop table signal_receipts_due_before',
  // What was read before anybody kept count: nobody is told of it any more.
  `update messages set read_at_ms = updated_at_ms where direction = 'in' and read_at_ms is null
     and conversation_id in (select id from conversations where unread = 0)`,
  "create index messages_unread on messages (conversation_id) where direction = 'in' and read_at_ms is null",
  `create table signal_texts_due (
     aci text not null, timestamp_ms integer not null, message blob not null, due_at_ms integer not null,
     primary key (aci, timestamp_ms)
   ) strict, without rowid`,
  'alter table messages add column edited_at_ms integer',
  'alter table messages add column deleted_at_ms integer',
  'alter table messages add column quote_json text',
  'alter table messages add column reactions_json text',
  `create table message_versions (
     message_id text not null references messages (id) on delete cascade,
     timestamp_ms integer not null, text text not null,
     primary key (message_id, timestamp_ms)
   ) strict, without rowid`,
  'create index message_versions_time on message_versions (timestamp_ms)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
