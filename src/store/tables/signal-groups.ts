/**
 * Groups of Signal: what is known of each, what proves to the services who we are in them, who holds our sender keys,
 * and the messages that wait for a group to be fetched. Only `src/signal` reads or writes them.
 */
import type { Generated } from 'kysely'

type Flag = 0 | 1

/** A group that we are, were, or might be in. */
interface SignalGroupsTable {
  /** Base64 of the group identifier. */
  id: string
  master_key: Uint8Array
  /** `GroupState` of `revision`; null until it was fetched once. */
  state_json: string | null
  revision: Generated<number>
  standing: Generated<'unknown' | 'member' | 'invited' | 'requesting' | 'out'>
  /** The newest revision that somebody has spoken of. */
  wanted_revision: Generated<number>
  /** When it is to be fetched; null: it is up to date. */
  due_at_ms: number | null
  failures: Generated<number>
  /** Base64 by ACI: our licence to send to each member. */
  endorsements_json: string | null
  endorsements_expire_at_ms: Generated<number>
  /** Of our own sender key. */
  distribution_id: string | null
  distribution_at_ms: number | null
  /** As the owner has set it on their phone. */
  blocked: Generated<Flag>
  /** What was decided here of its being blocked stands against what the storage service says until then. */
  block_stands_until_ms: Generated<number | null>
  /** Vain tries to tell the group our profile key, and when the next one may be made. */
  own_key_failures: Generated<number>
  own_key_not_before_ms: Generated<number>
  /** 1: a stranger has added us, and the owner has not let it in; null: who has is not known yet, or we are out. */
  asks: Generated<Flag | null>
  archived: Generated<Flag>
  created_at_ms: number
}

/** The picture of a group, in clear. */
interface SignalGroupAvatarsTable {
  group_id: string
  /** Where it lies at the content server: another picture has another place. */
  place: string
  content: Uint8Array
}

/** Devices that hold our sender key of that distribution. */
interface SignalSenderKeySharesTable {
  distribution_id: string
  address: string
  device_id: number
}

/** What proves to the storage service that we are who a group has as a member; one a day (UTC midnight, seconds). */
interface SignalGroupCredentialsTable {
  redemption_s: number
  credential: Uint8Array
}

/** What proves somebody's profile key to the server, for adding them to a group. */
interface SignalProfileCredentialsTable {
  aci: string
  profile_key: Uint8Array
  credential: Uint8Array
  expires_at_ms: number
}

/** Messages of groups that are still to be fetched. */
interface SignalGroupWaitingTable {
  id: Generated<number>
  group_id: string
  sender: string
  device_id: number
  timestamp_ms: number
  facts_json: string
  content: Uint8Array
  kept_at_ms: number
}

export interface SignalGroupTables {
  signal_groups: SignalGroupsTable
  signal_group_avatars: SignalGroupAvatarsTable
  signal_sender_key_shares: SignalSenderKeySharesTable
  signal_group_credentials: SignalGroupCredentialsTable
  signal_profile_credentials: SignalProfileCredentialsTable
  signal_group_waiting: SignalGroupWaitingTable
}
