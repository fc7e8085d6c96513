/**
 * Who may write to us: requests of strangers, people who are kept out, and what the owner has removed for themselves alone.
 * Whoever was known before counts as accepted.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table conversations add column request_at_ms integer',
  'alter table conversations add column removed_at_ms integer',
  'alter table contacts add column blocked_at_ms integer',
  'alter table messages add column removed_at_ms integer',
  'alter table signal_peers add column accepted integer not null default 0',
  'alter table signal_peers add column decided integer not null default 0',
  'update signal_peers set accepted = 1',
  'alter table signal_account add column typing_indicators integer not null default 1',
  `create table signal_blocked_others (
     kind text not null check (kind in ('number', 'group')), value text not null, primary key (kind, value)
   ) strict, without rowid`,
  'update contacts set blocked_at_ms = updated_at_ms where aci in (select aci from signal_blocked)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
