/**
 * Keys and sessions of both our identities, and the identity keys of the people we have met. Only `src/signal` reads or
 * writes them.
 *
 * `own` says which of our two identities a row belongs to: `aci` (the account) or `pni` (the phone number).
 * Addresses are service ids as text: a bare UUID for an ACI, `PNI:` and a UUID for a PNI.
 */
import type { Generated } from 'kysely'

type Own = 'aci' | 'pni'
type Flag = 0 | 1

interface SignalSessionsTable {
  own: Own
  address: string
  device_id: number
  record: Uint8Array
}

interface SignalIdentitiesTable {
  address: string
  identity_key: Uint8Array
  /** 1 when we may send to this key. The first key of an address is trusted; a changed one waits for approval. */
  approved: Flag
  changed_at_ms: number
  /** The owner has compared the safety number of this key. */
  verified: Generated<Flag>
  /** That was said here, or told to us by itself: until the storage service says the same, its word does not count. */
  verified_decided: Generated<Flag>
}

interface SignalPreKeysTable {
  own: Own
  key_id: number
  record: Uint8Array
}

interface SignalSignedPreKeysTable {
  own: Own
  key_id: number
  record: Uint8Array
  created_at_ms: number
}

interface SignalKyberPreKeysTable {
  own: Own
  key_id: number
  record: Uint8Array
  last_resort: Flag
  created_at_ms: number
}

/** Uses of a last-resort Kyber key: the same triple twice is a replay. */
interface SignalKyberUsesTable {
  own: Own
  kyber_id: number
  signed_id: number
  base_key: Uint8Array
}

interface SignalSenderKeysTable {
  own: Own
  address: string
  device_id: number
  distribution_id: string
  record: Uint8Array
}

interface SignalKeyCountersTable {
  own: Own
  kind: 'ec' | 'signed' | 'kyber'
  next_id: number
}

export interface SignalKeyTables {
  signal_sessions: SignalSessionsTable
  signal_identities: SignalIdentitiesTable
  signal_pre_keys: SignalPreKeysTable
  signal_signed_pre_keys: SignalSignedPreKeysTable
  signal_kyber_pre_keys: SignalKyberPreKeysTable
  signal_kyber_uses: SignalKyberUsesTable
  signal_sender_keys: SignalSenderKeysTable
  signal_key_counters: SignalKeyCountersTable
}
