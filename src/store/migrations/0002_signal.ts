/** Schema of the Signal account: see `tables/signal.ts` for what each table holds. */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table signal_account (
     id integer primary key check (id = 1),
     e164 text not null, aci text not null, pni text not null, device_id integer not null check (device_id between 1 and 127),
     password text not null,
     aci_identity blob not null, pni_identity blob not null,
     aci_registration_id integer not null, pni_registration_id integer not null,
     profile_key blob not null check (length(profile_key) = 32),
     entropy_pool text not null,
     created_at_ms integer not null, keys_rotated_at_ms integer not null,
     profile_set_at_ms integer, signed_out_at_ms integer
   ) strict`,
  `create table signal_enrollment (
     id integer primary key check (id = 1),
     e164 text not null, transport text not null check (transport in ('sms', 'voice')),
     session_id text,
     step text not null check (step in ('starting', 'captcha', 'code', 'registering', 'failed')),
     requested_at_ms integer, next_request_at_ms integer, material text,
     failure_code text, failure_reason text, retry_at_ms integer
   ) strict`,
  `create table signal_sessions (
     own text not null check (own in ('aci', 'pni')), address text not null, device_id integer not null, record blob not null,
     primary key (own, address, device_id)
   ) strict, without rowid`,
  `create table signal_identities (
     address text primary key, identity_key blob not null, approved integer not null check (approved in (0, 1)),
     changed_at_ms integer not null
   ) strict`,
  `create table signal_pre_keys (
     own text not null check (own in ('aci', 'pni')), key_id integer not null, record blob not null,
     primary key (own, key_id)
   ) strict`,
  `create table signal_signed_pre_keys (
     own text not null check (own in ('aci', 'pni')), key_id integer not null, record blob not null, created_at_ms integer not null,
     primary key (own, key_id)
   ) strict`,
  `create table signal_kyber_pre_keys (
     own text not null check (own in ('aci', 'pni')), key_id integer not null, record blob not null,
     last_resort integer not null check (last_resort in (0, 1)), created_at_ms integer not null,
     primary key (own, key_id)
   ) strict`,
  `create table signal_kyber_uses (
     own text not null check (own in ('aci', 'pni')), kyber_id integer not null, signed_id integer not null, base_key blob not null,
     primary key (own, kyber_id, signed_id, base_key)
   ) strict, without rowid`,
  `create table signal_sender_keys (
     own text not null check (own in ('aci', 'pni')), address text not null, device_id integer not null,
     distribution_id text not null, record blob not null,
     primary key (own, address, device_id, distribution_id)
   ) strict`,
  `create table signal_key_counters (
     own text not null check (own in ('aci', 'pni')), kind text not null check (kind in ('ec', 'signed', 'kyber')),
     next_id integer not null,
     primary key (own, kind)
   ) strict, without rowid`,
  `create table signal_peers (
     id integer primary key, aci text unique, pni text unique, e164 text unique,
     profile_key blob check (profile_key is null or length(profile_key) = 32),
     sealed_refused integer not null default 0 check (sealed_refused in (0, 1)),
     needs_pni_signature integer not null default 0 check (needs_pni_signature in (0, 1)),
     unregistered_at_ms integer
   ) strict`,
  `create table signal_send_log (
     recipient text not null, timestamp_ms integer not null, content blob not null,
     urgent integer not null check (urgent in (0, 1)), sent_at_ms integer not null, resends integer not null default 0,
     primary key (recipient, timestamp_ms)
   ) strict`,
  'create index signal_send_log_age on signal_send_log (sent_at_ms)',
  `create table signal_received (
     sender text not null, device_id integer not null, timestamp_ms integer not null, received_at_ms integer not null,
     primary key (sender, device_id, timestamp_ms)
   ) strict, without rowid`,
  'create index signal_received_age on signal_received (received_at_ms)',
  `create table signal_receipts_due (
     aci text not null, timestamp_ms integer not null, due_at_ms integer not null,
     primary key (aci, timestamp_ms)
   ) strict, without rowid`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
