/** Backups: the lock of the recovery key, what became of each, and whether this database came out of one. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table backup_lock (
     id integer primary key check (id = 1), public_key blob not null check (length(public_key) = 32),
     salt blob not null check (length(salt) = 16), made_at_ms integer not null
   ) strict`,
  `create table backup_runs (
     id text not null primary key check (id glob 'bkp_*'),
     cause text not null check (cause in ('person', 'schedule')),
     began_at_ms integer not null, ended_at_ms integer, file text, bytes integer check (bytes >= 0), code text, reason text,
     check (ended_at_ms is null or (file is null) = (code is not null)), check ((code is null) = (reason is null))
   ) strict`,
  `create table restorations (
     id integer primary key autoincrement, at_ms integer not null, taken_at_ms integer not null,
     held integer not null check (held >= 0), acknowledged_at_ms integer
   ) strict`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
