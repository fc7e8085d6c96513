/**
 * The mailbox: people, conversations, messages with their plan, ledger and part journal, what the modems have not yet
 * deleted, and the append-only event log. CHECK and UNIQUE say the rules, so that no code path can break them.
 */
import { type Kysely, sql } from 'kysely'

const statements = [
  `create table contacts (
    id text primary key check (id glob 'con_*'),
    e164 text unique check (e164 glob '+[1-9]*'),
    aci text unique,
    pni text,
    sender text unique,
    name text,
    policy text check (policy in ('auto', 'ask', 'signal_only', 'sms_only')),
    signal_standing text not null default 'unknown'
      check (signal_standing in ('unknown', 'registered', 'not-registered', 'stale')),
    signal_checked_at_ms integer,
    signal_next_check_at_ms integer not null default 0,
    signal_misses integer not null default 0 check (signal_misses >= 0),
    verified integer not null default 0 check (verified in (0, 1)),
    identity_changed_at_ms integer,
    version integer not null default 1,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    check (e164 is not null or aci is not null or sender is not null)
  ) strict`,

  `create table conversations (
    id text primary key check (id glob 'cnv_*'),
    contact_id text not null unique references contacts (id),
    sms_lane text,
    unread integer not null default 0 check (unread >= 0),
    muted integer not null default 0 check (muted in (0, 1)),
    archived integer not null default 0 check (archived in (0, 1)),
    pinned integer not null default 0 check (pinned in (0, 1)),
    last_message_id text,
    last_message_at_ms integer not null,
    version integer not null default 1,
    created_at_ms integer not null
  ) strict`,
  'create index conversations_by_time on conversations (last_message_at_ms, id)',

  `create table messages (
    id text primary key check (id glob 'msg_*'),
    conversation_id text not null references conversations (id),
    direction text not null check (direction in ('in', 'out')),
    text text not null,
    state text not null check (state in ('scheduled', 'held', 'queued', 'sending', 'uncertain', 'sent', 'delivered',
      'read', 'failed', 'expired', 'canceled', 'received')),
    code text,
    reason text,
    transport text check (transport in ('sms', 'mms', 'signal')),
    lane text,
    encrypted integer not null default 0 check (encrypted in (0, 1)),
    twin_transport text check (twin_transport in ('sms', 'mms', 'signal')),
    twin_at_ms integer,
    policy text check (policy in ('auto', 'ask', 'signal_only', 'sms_only')),
    text_approved integer not null default 0 check (text_approved in (0, 1)),
    fallback_after_ms integer check (fallback_after_ms >= 0),
    valid_until_ms integer,
    scheduled_at_ms integer,
    leg integer check (leg >= 0),
    leg_started_at_ms integer,
    since_leg integer not null default 0,
    tries integer not null default 0 check (tries >= 0),
    not_before_ms integer not null default 0,
    due_at_ms integer,
    fallback_from text check (fallback_from in ('sms', 'mms', 'signal')),
    fallback_code text,
    fallback_reason text,
    fallback_at_ms integer,
    sent_timestamp_ms integer not null,
    metadata_json text,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    sent_at_ms integer,
    delivered_at_ms integer,
    read_at_ms integer,
    check ((direction = 'in') = (state = 'received')),
    check (direction = 'in' or valid_until_ms is not null),
    check (state not in ('held', 'failed', 'expired', 'uncertain') or (code is not null and reason is not null))
  ) strict`,
  'create index messages_by_conversation on messages (conversation_id, created_at_ms, id)',
  'create index messages_by_time on messages (created_at_ms, id)',
  // Receipts name a message by this time, and order within a conversation is kept by it.
  `create unique index messages_own_timestamp on messages (sent_timestamp_ms) where direction = 'out'`,
  `create index messages_open on messages (state, sent_timestamp_ms)
    where state in ('scheduled', 'held', 'queued', 'sending', 'uncertain', 'sent')`,
  `create index messages_waiting on messages (conversation_id, sent_timestamp_ms)
    where state in ('queued', 'sending')`,
  'create index messages_due on messages (due_at_ms) where due_at_ms is not null',

  `create table legs (
    message_id text not null references messages (id) on delete cascade,
    leg integer not null check (leg >= 0),
    transport text not null check (transport in ('sms', 'signal')),
    consent text not null check (consent in ('automatic', 'ask')),
    fallback_after_ms integer check (fallback_after_ms >= 0),
    code text not null,
    reason text not null,
    primary key (message_id, leg)
  ) strict, without rowid`,

  `create table attempts (
    id text primary key check (id glob 'try_*'),
    message_id text not null references messages (id) on delete cascade,
    n integer not null check (n >= 1),
    leg integer not null,
    transport text not null check (transport in ('sms', 'mms', 'signal')),
    lane text not null,
    started_at_ms integer not null,
    ended_at_ms integer,
    result text check (result in ('accepted', 'uncertain', 'retry', 'other-transport', 'held', 'failed', 'interrupted')),
    code text,
    detail text,
    unique (message_id, n),
    check ((ended_at_ms is null) = (result is null))
  ) strict`,
  // A message is handed over by one attempt at a time, whatever the queue does.
  'create unique index attempts_one_open on attempts (message_id) where ended_at_ms is null',

  `create table parts (
    message_id text not null references messages (id) on delete cascade,
    leg integer not null,
    part integer not null check (part between 1 and 255),
    tpdu_hex text not null,
    state text not null check (state in ('pending', 'submitting', 'uncertain', 'accepted', 'delivered', 'failed')),
    lane text not null,
    recipient_digits text not null,
    message_reference integer check (message_reference between 0 and 255),
    submitted_at_ms integer,
    settled_at_ms integer,
    detail text,
    primary key (message_id, leg, part)
  ) strict, without rowid`,
  'create index parts_by_recipient on parts (lane, recipient_digits, submitted_at_ms) where submitted_at_ms is not null',

  `create table seen (
    transport text not null,
    dedupe_key text not null,
    message_id text not null references messages (id) on delete cascade,
    at_ms integer not null,
    primary key (transport, dedupe_key)
  ) strict, without rowid`,
  'create index seen_by_time on seen (at_ms)',

  `create table inbound_pdus (
    id text primary key check (id glob 'pdu_*'),
    modem_id text not null,
    memory text not null,
    slot integer not null,
    pdu_sha256 text not null,
    taken_at_ms integer not null,
    released_at_ms integer
  ) strict`,
  // The same octets in the same slot are the same message until the slot has been emptied.
  `create unique index inbound_pdus_open on inbound_pdus (modem_id, memory, slot, pdu_sha256)
    where released_at_ms is null`,

  `create table segments (
    dedupe_key text primary key,
    set_id text not null,
    lane text not null,
    from_address text not null,
    reference integer not null,
    reference_bits integer not null check (reference_bits in (8, 16)),
    total integer not null check (total between 1 and 255),
    sequence integer not null check (sequence between 1 and total),
    payload_json text not null,
    received_at_ms integer not null,
    whole_at_ms integer,
    unique (set_id, sequence)
  ) strict`,
  'create index segments_by_key on segments (lane, from_address, reference, reference_bits, total)',

  `create table quarantine (
    dedupe_key text primary key,
    transport text not null,
    lane text not null,
    raw text not null,
    code text not null,
    detail text not null,
    received_at_ms integer not null
  ) strict`,

  `create table events (
    id integer primary key autoincrement,
    at_ms integer not null,
    type text not null,
    message_id text,
    conversation_id text,
    contact_id text,
    data_json text not null
  ) strict`,

  `create table idempotency_keys (
    scope text not null,
    key text not null check (length(key) between 1 and 255),
    fingerprint text not null,
    message_id text not null,
    created_at_ms integer not null,
    primary key (scope, key)
  ) strict, without rowid`,

  `create table tokens (
    id text primary key check (id glob 'tok_*'),
    name text not null,
    secret_sha256 text not null unique,
    scopes_json text not null,
    created_at_ms integer not null,
    last_used_at_ms integer,
    revoked_at_ms integer
  ) strict`,

  `create table concat_counters (
    recipient text primary key,
    next integer not null check (next between 0 and 255)
  ) strict, without rowid`,

  `create table settings (
    key text primary key,
    value_json text not null
  ) strict, without rowid`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
