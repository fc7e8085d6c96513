/**
 * What a modem receives beside plain texts: flash and replacing messages, missed calls, cell broadcasts, indications of
 * waiting voicemail, and data that is not for a person's eyes.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `alter table messages add column kind text not null default 'text' check (kind in ('text', 'call', 'broadcast'))`,
  'alter table messages add column flash integer not null default 0 check (flash in (0, 1))',
  'alter table messages add column replace_number integer check (replace_number between 1 and 7)',
  'alter table messages add column replaced_by text',
  'alter table messages add column severity text',
  // One of each number stands; the others were replaced.
  `create index messages_replaceable on messages (conversation_id, replace_number)
    where replace_number is not null and replaced_by is null`,
  'alter table conversations add column waiting_json text',

  `create table data_messages (
    id text primary key check (id glob 'dat_*'),
    dedupe_key text not null unique,
    lane text not null,
    from_address text not null,
    destination_port integer check (destination_port between 0 and 65535),
    source_port integer check (source_port between 0 and 65535),
    pid integer not null check (pid between 0 and 255),
    dcs integer not null check (dcs between 0 and 255),
    data_hex text,
    text text,
    sent_at_ms integer not null,
    received_at_ms integer not null,
    check ((destination_port is null) = (source_port is null)),
    check ((data_hex is null) <> (text is null))
  ) strict`,
  'create index data_messages_by_time on data_messages (received_at_ms, id)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
