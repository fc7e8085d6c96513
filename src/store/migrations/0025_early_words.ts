/**
 * What was said of messages before they came: opened on another device, taken back, removed. And how many octets lie in
 * quarantine, so that they have an end.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table early_receipts rename to early_receipts_before',
  'drop index early_receipts_by_age',
  `create table early_receipts (
     kind text not null
       check (kind in ('delivered', 'read', 'read-here', 'opened-here', 'deleted', 'removed')),
     aci text not null, timestamp_ms integer not null, at_ms integer not null, kept_since_ms integer not null,
     primary key (aci, timestamp_ms, kind)
   ) strict, without rowid`,
  `insert into early_receipts (kind, aci, timestamp_ms, at_ms, kept_since_ms)
     select kind, aci, timestamp_ms, at_ms, kept_since_ms from early_receipts_before`,
  'drop table early_receipts_before',
  'create index early_receipts_by_age on early_receipts (kept_since_ms)',
  'alter table quarantine add column octets_before integer not null default 0',
  `update quarantine set octets_before = coalesce(counted.octets, 0) from (
     select rowid as row, sum(octet_length(raw) + octet_length(detail))
       over (order by rowid rows between unbounded preceding and 1 preceding) as octets from quarantine
   ) as counted where quarantine.rowid = counted.row`,
  'create index quarantine_by_octets on quarantine (octets_before)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
