/**
 * Picture messages: notifications with what they point to, until it is shown and the MMSC has its answer; what we sent,
 * by the MMSC's name for it; how large a carrier lets a message be; our own numbers; groups of phone numbers.
 */
import { type Kysely, sql } from 'kysely'
import { relax } from './relax.ts'

const statements = [
  // MMSCs repeat a notification until they have its answer: one row, however often it comes.
  `create table mms_notifications (
     id text primary key check (id glob 'mmn_*'),
     lane text not null,
     transaction_id text not null,
     location text not null,
     from_address text,
     subject text,
     bytes integer check (bytes >= 0),
     state text not null
       check (state in ('pushed', 'deferred', 'fetched', 'expired', 'gone', 'refused', 'too-large')),
     tries integer not null check (tries >= 0),
     oddities integer not null check (oddities >= 0),
     expires_at_ms integer not null,
     due_at_ms integer,
     answer text check (answer in ('retrieved', 'deferred', 'unrecognised', 'acknowledged')),
     answer_due_at_ms integer,
     answer_tries integer not null check (answer_tries >= 0),
     retrieve_transaction_id text,
     code text,
     reason text,
     received_at_ms integer not null,
     updated_at_ms integer not null,
     unique (lane, transaction_id, location),
     check (due_at_ms is null or state = 'pushed'),
     check (answer_due_at_ms is null or answer is not null)
   ) strict`,
  'create index mms_notifications_due on mms_notifications (due_at_ms) where due_at_ms is not null',
  'create index mms_notifications_owed on mms_notifications (answer_due_at_ms) where answer_due_at_ms is not null',
  'create index mms_notifications_by_time on mms_notifications (received_at_ms, id)',
  // As it came, until all that is attached has been taken out of it.
  `create table mms_pdus (
     notification_id text primary key references mms_notifications (id) on delete cascade,
     octets blob not null
   ) strict, without rowid`,

  `create table mms_sent (
     message_id text primary key references messages (id) on delete cascade,
     lane text not null,
     mmsc_message_id text not null,
     sent_at_ms integer not null
   ) strict, without rowid`,
  'create index mms_sent_by_name on mms_sent (mmsc_message_id)',
  // Reports that came before the answer to what they speak of.
  `create table mms_reports (
     lane text not null,
     mmsc_message_id text not null,
     recipient text not null,
     kind text not null check (kind in ('delivered', 'read', 'failed')),
     status integer not null,
     at_ms integer not null,
     primary key (lane, mmsc_message_id, recipient, kind)
   ) strict, without rowid`,
  `create table mms_limits (
     carrier text primary key, bytes_max integer not null check (bytes_max > 0), learnt_at_ms integer not null
   ) strict, without rowid`,
  `create table mms_own_numbers (
     lane text not null, e164 text not null, learnt_at_ms integer not null, primary key (lane, e164)
   ) strict, without rowid`,

  // A group of phone numbers: sorted, without our own, one after the other with a blank between.
  'alter table groups add column numbers text',
  'create unique index groups_by_numbers on groups (numbers) where numbers is not null',
  `alter table groups add column texts_apart integer not null default 0 check (texts_apart in (0, 1))`,
  // Who wrote it into a group of phone numbers.
  'alter table messages add column author_address text',
]

/** Rules of older tables that give way; their rows are as the new rules want them already. */
const relaxed: readonly [table: string, before: string, after: string][] = [
  ['legs', "check (transport in ('sms', 'signal'))", "check (transport in ('sms', 'mms', 'signal'))"],
  ['groups', 'signal_id text not null unique', 'signal_id text unique'],
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const change of relaxed) await relax(db, ...change)
  for (const statement of statements) await sql.raw(statement).execute(db)
}
