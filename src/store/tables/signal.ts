/**
 * Tables of the Signal account: the account itself, a registration under way, our profile and username, the people it has
 * met, the send log, what was already received and what is still owed. `signal-keys.ts` has the keys and sessions,
 * `signal-groups.ts` the groups; `SignalTables` is all of them. Only `src/signal` reads or writes them.
 */
import type { Generated } from 'kysely'
import type { SignalGroupTables } from './signal-groups.ts'
import type { SignalKeyTables } from './signal-keys.ts'

type Flag = 0 | 1

/** One row at most (`id` is 1). */
export interface SignalAccountTable {
  id: number
  e164: string
  aci: string
  pni: string
  device_id: number
  password: string
  aci_identity: Uint8Array
  pni_identity: Uint8Array
  aci_registration_id: number
  pni_registration_id: number
  profile_key: Uint8Array
  entropy_pool: string
  created_at_ms: number
  keys_rotated_at_ms: number
  profile_set_at_ms: number | null
  /** SHA-256 of what was published; null: nothing yet. */
  profile_digest: string | null
  /** When the storage service is to be read (again). */
  storage_due_at_ms: number
  signed_out_at_ms: number | null
  /** A linked device has asked the phone for contacts, blocked people, settings and keys. */
  sync_requested_at_ms: number | null
  /** The person lets others know when a message was read (a linked device learns it from the phone). */
  read_receipts: Flag
  /** What opens the registration lock that the account had when it was registered here; null: it had none. */
  registration_lock: string | null
  /** Others are told that we are writing, and we are shown that they are (likewise). */
  typing_indicators: Generated<Flag>
  /** Whoever knows the number finds the account; a linked device does not know. */
  discoverable: Generated<Flag>
  /** When a linked device of this primary asked for the contact list that it has not got yet. */
  contacts_asked_at_ms: Generated<number | null>
  /** Since when this linked device is being removed from the account; null: it is not. */
  leaving_at_ms: Generated<number | null>
  /** The profile key that takes the place of `profile_key` as soon as the service has our profile under it. */
  next_profile_key: Generated<Uint8Array | null>
  /** The settings (JSON) that a primary has told its other devices; null: none yet. */
  habits_told: Generated<string | null>
  /** When the change of the profile key is to be worked on; null: there is none to make. */
  key_change_due_at_ms: Generated<number | null>
}

/** A registration under way; one row at most (`id` is 1). */
interface SignalEnrollmentTable {
  id: number
  e164: string
  transport: 'sms' | 'voice'
  session_id: string | null
  step: 'starting' | 'captcha' | 'code' | 'pin' | 'transfer' | 'registering' | 'failed'
  requested_at_ms: number | null
  next_sms_at_ms: number | null
  next_call_at_ms: number | null
  /** JSON: keys made before the account was asked for, so that a crash cannot leave an account without its keys. */
  material: string | null
  /** The account of before lets us in by its recovery password, without captcha and code. */
  by_recovery: Flag
  /** A person knows that the phone's messages cannot come over. */
  skip_transfer: Flag
  /** Until then the number is locked by a PIN. */
  locked_until_ms: number | null
  /** For the vault that the PIN opens; null where there is none. */
  svr_username: string | null
  svr_password: string | null
  pin_tries_left: number | null
  /** What the PIN gave: opens the lock. */
  lock_token: string | null
  failure_code: string | null
  failure_reason: string | null
  retry_at_ms: number | null
}

export interface SignalPeersTable {
  id: Generated<number>
  aci: string | null
  pni: string | null
  e164: string | null
  profile_key: Uint8Array | null
  /** 1 after the server refused a sealed message with the access key of this profile key. */
  sealed_refused: Generated<Flag>
  /** 1 while the peer wrote to our phone-number identity and has no proof yet that it is this account. */
  needs_pni_signature: Generated<Flag>
  unregistered_at_ms: number | null
  /** As their profile says. */
  profile_name: string | null
  /** When their profile is to be fetched (again). */
  profile_due_at_ms: Generated<number>
  /** 1 once we wrote to them or the owner let them in; until then nothing goes out to them. */
  accepted: Generated<Flag>
  /** 1 while the storage service does not yet say what was decided about them here. */
  decided: Generated<Flag>
}

/** What was sent to whom, so that a peer who could not decrypt it can have it again. */
interface SignalSendLogTable {
  recipient: string
  timestamp_ms: number
  content: Uint8Array
  urgent: Flag
  sent_at_ms: number
  resends: Generated<number>
}

interface SignalReceivedTable {
  sender: string
  device_id: number
  timestamp_ms: number
  received_at_ms: number
}

/** Receipts that we owe. */
interface SignalReceiptsDueTable {
  /** `…-here`: our own other devices are to know that it was read, listened to, or looked at (once). */
  kind: 'delivered' | 'read' | 'read-here' | 'viewed' | 'viewed-here' | 'opened-here'
  /** The message's author. */
  aci: string
  timestamp_ms: number
  due_at_ms: number
}

/** Single files that the owner removed on another device, of messages that had not come here. */
interface SignalRemovedFilesTable {
  /** The message's author and time. */
  author: string
  timestamp_ms: number
  /** How its sender named it, and the digest of what lies at the content server, in hex; empty where that is not said. */
  client_uuid: string
  digest: string
  kept_at_ms: number
}

/** Whom the owner has deleted, until the storage service says so. */
interface SignalForgottenTable {
  aci: string
  at_ms: number
}

/** People whom the phone has blocked: what they send is acknowledged and dropped. */
interface SignalBlockedTable {
  aci: string
}

/** What else is blocked: numbers, which only the phone blocks, and groups (base64 ids). */
interface SignalBlockedOthersTable {
  kind: 'number' | 'group'
  value: string
}

/** A contact list of the phone that is still to be fetched; one row at most (`id` is 1). */
interface SignalContactListDueTable {
  id: number
  /** AttachmentPointer. */
  pointer: Uint8Array
}

/** Long texts of which the rest is still to be fetched. */
interface SignalTextsDueTable {
  aci: string
  timestamp_ms: number
  /** DataMessage, as it came. */
  message: Uint8Array
  due_at_ms: number
  /** `PeerIds` of whom it went to, where our own other device wrote it. */
  sent_to_json: string | null
}

/** Contents (reactions, edits, what other devices are to know) that are still to be sent, in this order. */
export interface SignalContentsDueTable {
  id: Generated<number>
  /** `PeerIds`; ourselves for what is for our own other devices alone. */
  to_json: string
  /** Content. */
  content: Uint8Array
  timestamp_ms: number
  reference: string | null
  owed_at_ms: number
  tries: Generated<number>
  not_before_ms: Generated<number>
  /** What it met last. */
  code: string | null
}

/** An upload to the content server, under way or done. */
interface SignalUploadsTable {
  attachment_id: string
  /** AES-256 key · HMAC key, and the IV: with the content they make the same octets again. */
  key: Uint8Array
  iv: Uint8Array
  cdn: number
  cdn_key: string
  url: string
  headers_json: string
  /** Where octets go, where the server has said so (CDN 2). */
  location: string | null
  /** The server may have some of it. */
  begun: Generated<Flag>
  /** AttachmentPointer, once all of it is there. */
  pointer: Uint8Array | null
  created_at_ms: number
}

/** Our username; one row at most (`id` is 1). */
interface SignalUsernameTable {
  id: number
  username: string | null
  /** What opens the username behind its link (32 octets). */
  entropy: Uint8Array | null
  /** The server's UUID of the link. */
  link_handle: string | null
  /** A username that the server was asked for and may have given us: settled when we are connected. */
  pending: string | null
  pending_entropy: Uint8Array | null
}

/** Whose profile has a picture: the newest one that it names. */
interface SignalAvatarsTable {
  aci: string
  /** At the content server: another picture has another place. */
  place: string
  /** When it is to be fetched; null: it was, or cannot be had. */
  due_at_ms: number | null
  failures: Generated<number>
}

/** Our own profile; one row at most (`id` is 1). Of a primary null means: as configured; of a linked device: none. */
interface SignalProfileTable {
  id: number
  name: string | null
  about: string | null
  emoji: string | null
  /** JPEG or PNG, in clear. */
  avatar: Uint8Array | null
  /** Where it lies at the content server. */
  avatar_place: string | null
  /** Of a primary: which picture (for which profile key) is known to lie there; null: perhaps none. */
  avatar_sealed: string | null
}

/** What the service has asked us to wait with, and until when. */
interface SignalRationsTable {
  kind: 'usernames' | 'directory'
  not_before_ms: number
}

/** What contact discovery has answered; `aci` and `pni` null: nobody. */
interface SignalDirectoryTable {
  e164: string
  aci: string | null
  pni: string | null
  asked_at_ms: number
  /** It is believed until then. */
  until_ms: number
  /** Negative answers in a row. */
  misses: Generated<number>
  /** 1: Signal has counted it against our ration, and the token says so. */
  counted: Generated<Flag>
}

/** By which contact discovery knows what it has counted; one row at most (`id` is 1). */
interface SignalDirectoryTokenTable {
  id: number
  token: Uint8Array
}

/** What was newly asked of contact discovery of late. */
interface SignalDiscoveriesTable {
  id: Generated<number>
  at_ms: number
  numbers: number
}

export interface SignalTables extends SignalKeyTables, SignalGroupTables {
  signal_forgotten: SignalForgottenTable
  signal_removed_files: SignalRemovedFilesTable
  signal_directory: SignalDirectoryTable
  signal_directory_token: SignalDirectoryTokenTable
  signal_discoveries: SignalDiscoveriesTable
  signal_username: SignalUsernameTable
  signal_rations: SignalRationsTable
  signal_avatars: SignalAvatarsTable
  signal_profile: SignalProfileTable
  signal_uploads: SignalUploadsTable
  signal_account: SignalAccountTable
  signal_enrollment: SignalEnrollmentTable
  signal_peers: SignalPeersTable
  signal_send_log: SignalSendLogTable
  signal_received: SignalReceivedTable
  signal_receipts_due: SignalReceiptsDueTable
  signal_blocked: SignalBlockedTable
  signal_blocked_others: SignalBlockedOthersTable
  signal_texts_due: SignalTextsDueTable
  signal_contents_due: SignalContentsDueTable
  signal_contact_list_due: SignalContactListDueTable
}
