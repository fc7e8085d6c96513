/**
 * Webhooks, what is to be delivered to them, each attempt at it, and how far the event log has been turned into
 * deliveries; and the answers to requests that carried an Idempotency-Key.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table webhooks (
     id text primary key check (id glob 'whk_*'),
     url text not null,
     description text not null,
     events_json text not null check (json_valid(events_json)),
     secret text not null,
     previous_secret text,
     previous_until_ms integer,
     active integer not null default 1 check (active in (0, 1)),
     disabled_code text,
     disabled_reason text,
     failing_since_ms integer,
     failing_reason text,
     delivered_at_ms integer,
     version integer not null default 1,
     created_at_ms integer not null,
     updated_at_ms integer not null,
     check ((previous_secret is null) = (previous_until_ms is null)),
     check (active = 0 or disabled_code is null)
   ) strict, without rowid`,

  // The id is the webhook-id that receivers see: one for all attempts, and one for each event and webhook.
  `create table webhook_deliveries (
     id text primary key check (id glob 'whd_*'),
     webhook_id text not null references webhooks (id) on delete cascade,
     event_id integer,
     type text not null,
     event_at_ms integer not null,
     state text not null check (state in ('due', 'delivered', 'failed')),
     attempts integer not null default 0 check (attempts >= 0),
     due_at_ms integer,
     status integer,
     code text,
     reason text,
     created_at_ms integer not null,
     settled_at_ms integer,
     unique (webhook_id, event_id),
     check ((state = 'due') = (due_at_ms is not null)),
     check ((state = 'due') = (settled_at_ms is null))
   ) strict, without rowid`,
  'create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at_ms, id) where due_at_ms is not null',
  'create index webhook_deliveries_log on webhook_deliveries (webhook_id, created_at_ms, id)',
  'create index webhook_deliveries_age on webhook_deliveries (created_at_ms)',

  `create table webhook_attempts (
     delivery_id text not null references webhook_deliveries (id) on delete cascade,
     n integer not null check (n > 0),
     at_ms integer not null,
     took_ms integer not null check (took_ms >= 0),
     status integer,
     code text,
     reason text,
     primary key (delivery_id, n)
   ) strict, without rowid`,

  `create table webhook_feed (
     one integer primary key check (one = 1),
     event_id integer not null
   ) strict`,
  'insert into webhook_feed (one, event_id) select 1, coalesce(max(id), 0) from events',

  // Without a status: the first request was begun and its end was not seen.
  `create table idempotent_replies (
     scope text not null,
     key text not null check (length(key) between 1 and 255),
     fingerprint text not null,
     status integer,
     headers_json text,
     body_json text,
     created_at_ms integer not null,
     primary key (scope, key)
   ) strict, without rowid`,
  'create index idempotent_replies_age on idempotent_replies (created_at_ms)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
