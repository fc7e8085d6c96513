/** What the queue was told to leave where it is (both columns empty: all of it), and which messages go before others. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table queue_pauses (
    transport text not null check (transport in ('', 'sms', 'mms', 'signal')),
    lane text not null check (transport = '' or lane = ''),
    since_ms integer not null,
    primary key (transport, lane)
  ) strict, without rowid`,
  `alter table messages add column priority text not null default 'normal'
    check (priority in ('urgent', 'normal', 'bulk'))`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
