/**
 * Groups: what the account knows of them, who holds which of our sender keys, credentials; and for the mailbox
 * conversations of groups, authors, lines about what was done, and what became of a message for each member.
 */
import { type Kysely, sql } from 'kysely'
import { relax } from './relax.ts'

const statements = [
  `create table signal_groups (
     id text primary key,
     master_key blob not null check (length(master_key) = 32),
     state_json text,
     revision integer not null default -1,
     standing text not null default 'unknown' check (standing in ('unknown', 'member', 'invited', 'requesting', 'out')),
     wanted_revision integer not null default 0,
     due_at_ms integer, failures integer not null default 0,
     endorsements_json text, endorsements_expire_at_ms integer not null default 0,
     distribution_id text, distribution_at_ms integer,
     blocked integer not null default 0 check (blocked in (0, 1)),
     archived integer not null default 0 check (archived in (0, 1)),
     created_at_ms integer not null
   ) strict`,
  `create table signal_group_avatars (
     group_id text primary key references signal_groups (id) on delete cascade, place text not null, content blob not null
   ) strict, without rowid`,
  'create index signal_groups_due on signal_groups (due_at_ms) where due_at_ms is not null',
  `create table signal_sender_key_shares (
     distribution_id text not null, address text not null, device_id integer not null,
     primary key (distribution_id, address, device_id)
   ) strict, without rowid`,
  'create index signal_sender_key_shares_of on signal_sender_key_shares (address, device_id)',
  'create table signal_group_credentials (redemption_s integer primary key, credential blob not null) strict',
  `create table signal_profile_credentials (
     aci text primary key, profile_key blob not null, credential blob not null, expires_at_ms integer not null
   ) strict, without rowid`,
  `create table signal_group_waiting (
     id integer primary key, group_id text not null, sender text not null, device_id integer not null,
     timestamp_ms integer not null, facts_json text not null, content blob not null, kept_at_ms integer not null,
     unique (group_id, sender, device_id, timestamp_ms)
   ) strict`,

  `create table groups (
     id text primary key check (id glob 'grp_*'),
     signal_id text not null unique,
     title text not null,
     view_json text not null,
     created_at_ms integer not null, updated_at_ms integer not null
   ) strict`,
  `alter table conversations add column group_id text references groups (id)
     check ((group_id is null) <> (contact_id is null))`,
  'create unique index conversations_of_groups on conversations (group_id) where group_id is not null',
  'alter table messages add column author_aci text',
  `create index messages_by_author on messages (author_aci, sent_timestamp_ms) where author_aci is not null`,
  `create table message_recipients (
     message_id text not null references messages (id) on delete cascade,
     aci text not null,
     state text not null check (state in ('sent', 'delivered', 'read', 'unregistered', 'failed')),
     detail text, at_ms integer not null,
     primary key (message_id, aci)
   ) strict, without rowid`,
  'create index message_recipients_of on message_recipients (aci, message_id)',
]

/** Rules of older tables that give way; their rows are as the new rules want them already. */
const relaxed: readonly [table: string, before: string, after: string][] = [
  ['conversations', 'contact_id text not null unique', 'contact_id text unique'],
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const change of relaxed) await relax(db, ...change)
  for (const statement of statements) await sql.raw(statement).execute(db)
}
