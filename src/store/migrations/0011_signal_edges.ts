/**
 * The edges of a Signal account: a registration that waits for a PIN or for leave to skip a device transfer, the wait for
 * a text and for a call apart, the registration lock that an account was opened with.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  'alter table signal_enrollment rename to signal_enrollment_before',
  `create table signal_enrollment (
     id integer primary key check (id = 1),
     e164 text not null, transport text not null check (transport in ('sms', 'voice')),
     session_id text,
     step text not null check (step in ('starting', 'captcha', 'code', 'pin', 'transfer', 'registering', 'failed')),
     requested_at_ms integer, next_sms_at_ms integer, next_call_at_ms integer, material text,
     by_recovery integer not null default 0 check (by_recovery in (0, 1)),
     skip_transfer integer not null default 0 check (skip_transfer in (0, 1)),
     locked_until_ms integer, svr_username text, svr_password text, pin_tries_left integer, lock_token text,
     failure_code text, failure_reason text, retry_at_ms integer
   ) strict`,
  `insert into signal_enrollment
     (id, e164, transport, session_id, step, requested_at_ms, next_sms_at_ms, next_call_at_ms, material,
      failure_code, failure_reason, retry_at_ms)
   select id, e164, transport, session_id, step, requested_at_ms,
      case transport when 'sms' then next_request_at_ms end, case transport when 'voice' then next_request_at_ms end,
      material, failure_code, failure_reason, case failure_code when 'signal-registration-lock' then null else retry_at_ms end
   from signal_enrollment_before`,
  'drop table signal_enrollment_before',
  'alter table signal_account add column registration_lock text',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
