/**
 * What people say over Signal beyond a text: messages that were written on another device of the same account, receipts
 * that came before the message they speak of, what we do to messages afterwards, and messages that disappear.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `alter table messages add column origin text not null default 'here' check (origin in ('here', 'other-device'))`,
  // Another device has a clock of its own: what it gives is unique only together with the devices' discipline.
  'drop index messages_own_timestamp',
  `create unique index messages_own_timestamp on messages (sent_timestamp_ms)
    where direction = 'out' and origin = 'here'`,
  `create index messages_out_timestamp on messages (sent_timestamp_ms) where direction = 'out'`,
  'create index contacts_by_pni on contacts (pni) where pni is not null',
  `create table early_receipts (
     kind text not null check (kind in ('delivered', 'read', 'read-here')),
     aci text not null, timestamp_ms integer not null, at_ms integer not null, kept_since_ms integer not null,
     primary key (aci, timestamp_ms, kind)
   ) strict, without rowid`,
  'create index early_receipts_by_age on early_receipts (kept_since_ms)',
  'alter table conversations add column timer_s integer not null default 0 check (timer_s >= 0)',
  'alter table conversations add column timer_version integer not null default 1',
  'alter table messages add column timer_s integer check (timer_s > 0)',
  'alter table messages add column ranges_json text',
  'alter table messages add column preview_json text',
  'alter table messages add column expires_at_ms integer',
  'alter table messages add column disappeared_at_ms integer',
  'create index messages_expiring on messages (expires_at_ms) where expires_at_ms is not null',
  'alter table signal_texts_due add column sent_to_json text',
  `create table signal_contents_due (
     id integer primary key,
     to_json text not null, content blob not null, timestamp_ms integer not null, reference text,
     owed_at_ms integer not null, tries integer not null default 0, not_before_ms integer not null default 0, code text
   ) strict`,
  // Their times are taken: no message of ours may have one of them.
  `create table own_changes (
     timestamp_ms integer primary key,
     message_id text references messages (id) on delete cascade,
     kind text not null,
     state text not null check (state in ('due', 'sent', 'failed')),
     code text, reason text,
     created_at_ms integer not null, settled_at_ms integer,
     check (state <> 'failed' or (code is not null and reason is not null))
   ) strict`,
  'create index own_changes_by_message on own_changes (message_id)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
