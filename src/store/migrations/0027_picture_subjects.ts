/**
 * Subjects of messages, which lead their text and are named by their length; the reading of picture messages that its
 * sender may be told of; and copies of recordings that browsers play.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table messages add column subject_chars integer check (subject_chars > 0)',
  // `sent_at_ms` is the message's own, by which it is found when it was read. A row is here only where the sender asked.
  `create table mms_read_reports (
     notification_id text primary key,
     lane text not null,
     mmsc_message_id text not null,
     to_address text not null,
     sent_at_ms integer not null,
     state text not null check (state in ('unread', 'owed', 'leaving')),
     read_at_ms integer,
     due_at_ms integer,
     tries integer not null default 0,
     check ((state = 'owed') = (due_at_ms is not null)),
     check ((state = 'unread') = (read_at_ms is null))
   ) strict, without rowid`,
  'create index mms_read_reports_due on mms_read_reports (lane, due_at_ms) where due_at_ms is not null',
  'create index mms_read_reports_sent on mms_read_reports (to_address, sent_at_ms)',
  `alter table attachments add column playable_id text references blobs (id)
     check (playable_id is null or blob_id is not null)`,
  'create index attachments_playable on attachments (playable_id) where playable_id is not null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
