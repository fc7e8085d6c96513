/**
 * What is attached to messages: their content as encrypted files (`blobs`), where they are to be fetched from, how far
 * that has come, and uploads that a restart carries on.
 */
import { type Kysely, sql } from 'kysely'

const flag = (name: string) => `${name} integer not null default 0 check (${name} in (0, 1))`

const statements = [
  // A row is written by the transaction that names it elsewhere; a doomed one loses its file after that commit.
  `create table blobs (
     id text primary key check (id glob 'blb_*'),
     bytes integer not null check (bytes >= 0),
     ${flag('doomed')},
     created_at_ms integer not null
   ) strict, without rowid`,
  'create index blobs_doomed on blobs (id) where doomed = 1',
  `create table attachments (
     id text primary key check (id glob 'att_*'),
     message_id text references messages (id) on delete cascade,
     position integer not null default 0 check (position >= 0),
     content_type text not null,
     file_name text,
     bytes integer check (bytes >= 0),
     width integer check (width > 0),
     height integer check (height > 0),
     ${flag('voice')}, ${flag('borderless')}, ${flag('gif')}, ${flag('sticker')}, ${flag('view_once')},
     caption text,
     blurhash text,
     transport text check (transport in ('sms', 'mms', 'signal')),
     pointer blob,
     state text not null check (state in ('waiting', 'fetching', 'here', 'failed', 'gone')),
     code text,
     reason text,
     tries integer not null default 0,
     due_at_ms integer,
     blob_id text references blobs (id),
     thumbnail_id text references blobs (id),
     created_at_ms integer not null,
     unique (message_id, position),
     check ((state = 'here') = (blob_id is not null)),
     check (thumbnail_id is null or blob_id is not null),
     check (due_at_ms is null or state = 'waiting'),
     check (message_id is not null or state in ('here', 'gone'))
   ) strict, without rowid`,
  'create index attachments_due on attachments (due_at_ms) where due_at_ms is not null',
  'create index attachments_unused on attachments (created_at_ms) where message_id is null',
  'alter table messages add column attachments integer not null default 0 check (attachments >= 0)',

  // An upload under way or done: the same octets can be made again from the file, the key and the IV.
  `create table signal_uploads (
     attachment_id text primary key,
     key blob not null check (length(key) = 64),
     iv blob not null check (length(iv) = 16),
     cdn integer not null,
     cdn_key text not null,
     url text not null,
     headers_json text not null,
     location text,
     ${flag('begun')},
     pointer blob,
     created_at_ms integer not null
   ) strict, without rowid`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
