/**
 * The newest schema of the mailbox as types; migrations/0001_mailbox.ts, 0003 and 0004 have it as SQL with its rules. All
 * times are ms since the epoch; booleans are 0 or 1; columns named *_json hold JSON.
 */
import type { Generated, Selectable } from 'kysely'
import type { ContactPolicy, SignalStanding } from '../../domain/contact.ts'
import type { MessageKind, MessageState } from '../../domain/message.ts'
import type { Priority } from '../../domain/priority.ts'
import type { TransportName } from '../../domain/transport.ts'
import type { SendingTables } from './sending.ts'

/** One person. `sender` is a short code or an alphanumeric sender, which has no E.164 form. */
export interface ContactsTable {
  id: string
  e164: string | null
  aci: string | null
  pni: string | null
  sender: string | null
  /** As the owner calls them, or their phone's address book. */
  name: string | null
  /** As they call themselves; shown where there is no name. */
  profile_name: string | null
  /** Their picture, a file of `blobs`. */
  avatar_id: string | null
  /** null: the default of the settings. */
  policy: ContactPolicy | null
  /** How long Signal has before a text follows; null: as the settings have it. */
  fallback_after_ms: number | null
  /** The modem that their texts leave through, where it can. */
  preferred_lane: string | null
  signal_standing: Generated<SignalStanding>
  signal_checked_at_ms: number | null
  /** Before this, the directory is not asked again about this person. */
  signal_next_check_at_ms: Generated<number>
  /** Negative answers in a row. */
  signal_misses: Generated<number>
  verified: Generated<number>
  /** Set while a changed safety number waits for a person's consent. */
  identity_changed_at_ms: number | null
  /** Since when the owner keeps them out. */
  blocked_at_ms: number | null
  version: Generated<number>
  created_at_ms: number
  updated_at_ms: number
}

export type IdentityEvent = 'first-seen' | 'changed' | 'approved' | 'verified' | 'unverified'

interface IdentityHistoryTable {
  id: Generated<number>
  /** ACI, or id of a contact. */
  person: string
  event: IdentityEvent
  at_ms: number
  /** Whose word it was; null: nobody's. */
  by_id: string | null
  by_name: string | null
}

/** What a line of our own in a conversation tells of the person, or of the group. */
export type Notice =
  | 'picture'
  | 'identity-changed'
  | 'left'
  | 'returned'
  | 'number-changed'
  | 'renamed'
  | 'group'
  /** In the place of a message that could not be decrypted, until it comes again. */
  | 'unreadable'

/** One person over all transports, or one group: exactly one of `contact_id` and `group_id` is there. */
export interface ConversationsTable {
  id: string
  contact_id: string | null
  group_id: string | null
  /** The modem that last carried a text of this conversation, so that our number stays the same to them. */
  sms_lane: string | null
  /** The modem that they last wrote to. */
  reply_lane: string | null
  unread: Generated<number>
  muted: Generated<number>
  archived: Generated<number>
  pinned: Generated<number>
  /** `WaitingState` as JSON: what waits for us elsewhere, as their network says. */
  waiting_json: string | null
  /** New messages disappear after so many seconds; 0: they stay. The higher version of the two sides counts. */
  timer_s: Generated<number>
  timer_version: Generated<number>
  /** Since when it is the request of a stranger that waits for the owner's decision. */
  request_at_ms: number | null
  /** The owner has removed it; the next message brings it back, empty but for that one. */
  removed_at_ms: number | null
  last_message_id: string | null
  last_message_at_ms: number
  version: Generated<number>
  created_at_ms: number
}

export interface MessagesTable {
  id: string
  conversation_id: string
  direction: 'in' | 'out'
  text: string
  /** `call`: somebody called; `broadcast`: to everybody in the cell; `notice`: something was done to a group. Their text
   * says so in words. */
  kind: Generated<MessageKind>
  /** So many of its first UTF-16 units are its subject, with a line break after them where more follows. */
  subject_chars: number | null
  /** Meant to be shown at once (class 0). */
  flash: Generated<number>
  /** A long text of which parts are missing: gap marks stand for them. */
  incomplete: Generated<number>
  /** Stands until the next of this number (1…7) comes from the same sender. */
  replace_number: number | null
  /** The message that came in its place. */
  replaced_by: string | null
  /** Of a broadcast. */
  severity: string | null
  /** Set on a line that nobody wrote: what became known of the person. */
  notice: Notice | null
  state: MessageState
  /** Why it is in this state: a stable code, and words. */
  code: string | null
  reason: string | null
  /** What is in its words, as `domain/told.ts` keeps it. */
  values_json: string | null
  /** What carried it, or is about to. */
  transport: TransportName | null
  lane: string | null
  encrypted: Generated<number>
  /** An inbound twin came over this transport too ("also by SMS"). */
  twin_transport: TransportName | null
  twin_at_ms: number | null
  /** Overrides the contact's policy for this message. */
  policy: ContactPolicy | null
  /** Who goes first of what waits for the same lane. */
  priority: Generated<Priority>
  /** The modem that somebody chose for its text; no other one carries it. */
  pinned_lane: string | null
  /** A person has agreed that this one goes as a text. */
  text_approved: Generated<number>
  fallback_after_ms: number | null
  valid_until_ms: number | null
  scheduled_at_ms: number | null
  /** Current leg of its plan, and since when. */
  leg: number | null
  leg_started_at_ms: number | null
  /** The plan begins anew with this leg (a person's retry): refusals and silence before it no longer count. */
  since_leg: Generated<number>
  /** Attempts of the current leg so far. */
  tries: Generated<number>
  /** No attempt before this (back-off). */
  not_before_ms: Generated<number>
  /** When the router must look at it again whatever happens. */
  due_at_ms: number | null
  /** The visible note after a change of transport. */
  fallback_from: TransportName | null
  fallback_code: string | null
  fallback_reason: string | null
  /** What is in its words, as `domain/told.ts` keeps it. */
  fallback_values_json: string | null
  fallback_at_ms: number | null
  /** out: our own, strictly increasing; in: the sender's. */
  sent_timestamp_ms: number
  /** What a program gave it along; of a line that nobody wrote, what is in its words. */
  metadata_json: string | null
  created_at_ms: number
  updated_at_ms: number
  sent_at_ms: number | null
  delivered_at_ms: number | null
  read_at_ms: number | null
  /** Its author has changed it (`message_versions` holds every version), or taken it back (then `text` is empty). */
  edited_at_ms: number | null
  deleted_at_ms: number | null
  /** What it answers to: `Quote`. */
  quote_json: string | null
  /** `Reaction[]`, one a person. */
  reactions_json: string | null
  /** Who wrote it into a group. */
  author_aci: string | null
  /** …of phone numbers. */
  author_address: string | null
  /** `other-device`: the owner wrote it on another device of the same Signal account; nothing here sends it. */
  origin: Generated<'here' | 'other-device'>
  /** `TextRange[]`: styles and mentions, as they lie in `text`. */
  ranges_json: string | null
  /** `LinkPreview`. */
  preview_json: string | null
  /** It disappears so many seconds after it was read (in) or sent (out); null: it stays. */
  timer_s: number | null
  /** When it is to be wiped, once that has begun; and when it was: then nothing of its text is left. */
  expires_at_ms: number | null
  disappeared_at_ms: number | null
  /** The owner has removed it for themselves: nothing of it is left, and it is not shown. */
  removed_at_ms: number | null
  /** How many files belong to it (table `attachments`). */
  attachments: Generated<number>
  /** Ours, to be looked at once: what is attached is wiped here when it has left. */
  view_once: Generated<number>
}

/** What became of a message to a group for one of its members. */
interface MessageRecipientsTable {
  message_id: string
  aci: string
  state: 'sent' | 'delivered' | 'read' | 'unregistered' | 'failed'
  detail: string | null
  at_ms: number
}

/** A group as people see it; its secrets are with the account. */
export interface GroupsTable {
  id: string
  /** Base64 of Signal's group identifier; null: it is a group of phone numbers. */
  signal_id: string | null
  /** Of such a group: all but our own, sorted, with a blank between. */
  numbers: string | null
  /** Each gets a text of their own, in the place of one message for all. */
  texts_apart: Generated<number>
  title: string
  /** `GroupDetails`. */
  view_json: string
  created_at_ms: number
  updated_at_ms: number
}

/** Every version of a message that was edited, by the time its author's device gave it. */
interface MessageVersionsTable {
  message_id: string
  timestamp_ms: number
  text: string
}

/** What was said of messages before they came (`early-receipts.ts`). */
interface EarlyReceiptsTable {
  kind: 'delivered' | 'read' | 'read-here' | 'opened-here' | 'deleted' | 'removed'
  /** Of the one who sent the receipt; else of the message's author, `ours` for us. */
  aci: string
  timestamp_ms: number
  at_ms: number
  kept_since_ms: number
}

/** What was done to messages before they came (`early-changes.ts`). */
interface EarlyChangesTable {
  /** ACI of the message's author, `ours` for us; with the time, the message's name. */
  author: string
  timestamp_ms: number
  /** `deleted`: an administrator of the group took it back; its author's own word is an early receipt. */
  kind: 'reaction' | 'edited' | 'deleted'
  /** Who did it; `ours`: it was the owner, on another device. */
  by_aci: string
  ours: 0 | 1
  /** Where it was done, and the message has to be: Signal's name of the group, else the ACI of the other side. */
  place: string
  /** Null: taken away again. */
  emoji: string | null
  /** Its own time; of an edit, also that of the message as which it is shown. */
  change_ms: number
  kept_since_ms: number
}
export type EarlyChangeRow = Selectable<EarlyChangesTable>

/** What we did to messages afterwards, for the other side to know as well. The time is its identity over Signal. */
interface OwnChangesTable {
  timestamp_ms: number
  message_id: string | null
  kind: 'reaction' | 'edited' | 'deleted' | 'timer' | 'accepted'
  state: 'due' | 'sent' | 'failed'
  code: string | null
  reason: string | null
  created_at_ms: number
  settled_at_ms: number | null
}

/** Keys of inbound messages that are safe with us. */
export interface SeenTable {
  transport: TransportName
  dedupe_key: string
  message_id: string
  at_ms: number
}

/** PDUs taken from a modem's slot (or handed over directly) and not yet known to be deleted there. */
export interface InboundPdusTable {
  id: string
  modem_id: string
  memory: string
  slot: number
  pdu_sha256: string
  taken_at_ms: number
  released_at_ms: number | null
}

/** Segments of concatenated texts; `set_id` groups those of one text. */
export interface SegmentsTable {
  dedupe_key: string
  set_id: string
  lane: string
  from_address: string
  reference: number
  reference_bits: 8 | 16
  total: number
  sequence: number
  payload_json: string
  /** What it says beside its text. */
  facts_json: string | null
  received_at_ms: number
  whole_at_ms: number | null
  /** 1: its text is shown with gaps; 0: it cannot be shown; null: not looked at yet. */
  shown: 0 | 1 | null
}

export interface QuarantineTable {
  dedupe_key: string
  transport: TransportName
  lane: string
  raw: string
  code: string
  detail: string
  received_at_ms: number
  /** Of all that came before it, also of what is gone. */
  octets_before: Generated<number>
}

/** Messages for programs. Either octets or text. */
export interface DataMessagesTable {
  id: string
  dedupe_key: string
  lane: string
  from_address: string
  destination_port: number | null
  source_port: number | null
  /** TP-PID and TP-DCS. */
  pid: number
  dcs: number
  data_hex: string | null
  text: string | null
  sent_at_ms: number
  received_at_ms: number
}

/** What happened, in order; never changed. Carries ids and states, no text. */
export interface EventsTable {
  id: Generated<number>
  at_ms: number
  type: string
  message_id: string | null
  conversation_id: string | null
  contact_id: string | null
  data_json: string
}

export interface IdempotencyKeysTable {
  scope: string
  key: string
  fingerprint: string
  message_id: string
  created_at_ms: number
}

export interface TokensTable {
  id: string
  name: string
  secret_sha256: string
  scopes_json: string
  created_at_ms: number
  last_used_at_ms: number | null
  revoked_at_ms: number | null
}

/** What was done about a modem that did not do its work. */
interface ModemHealingTable {
  modem_id: string
  healing_json: string
  updated_at_ms: number
}

/** Empty for null. */
interface QueuePausesTable {
  transport: TransportName | ''
  lane: string
  since_ms: number
}

export interface SettingsTable {
  key: string
  value_json: string
}

/** What contacts and conversations that were joined to others are now. */
interface MergedIdsTable {
  id: string
  into_id: string
  at_ms: number
}

/** A number and an account that the owner has taken apart. */
interface KeptApartTable {
  e164: string
  aci: string
  at_ms: number
}

export interface MailboxTables extends SendingTables {
  merged_ids: MergedIdsTable
  kept_apart: KeptApartTable
  groups: GroupsTable
  message_recipients: MessageRecipientsTable
  message_versions: MessageVersionsTable
  early_receipts: EarlyReceiptsTable
  early_changes: EarlyChangesTable
  own_changes: OwnChangesTable
  contacts: ContactsTable
  conversations: ConversationsTable
  messages: MessagesTable
  seen: SeenTable
  inbound_pdus: InboundPdusTable
  segments: SegmentsTable
  quarantine: QuarantineTable
  data_messages: DataMessagesTable
  events: EventsTable
  idempotency_keys: IdempotencyKeysTable
  tokens: TokensTable
  settings: SettingsTable
  queue_pauses: QueuePausesTable
  modem_healing: ModemHealingTable
  identity_history: IdentityHistoryTable
}

export type ContactRow = Selectable<ContactsTable>
export type ConversationRow = Selectable<ConversationsTable>
export type GroupRow = Selectable<GroupsTable>
export type RecipientRow = Selectable<MessageRecipientsTable>
export type MessageRow = Selectable<MessagesTable>
export type DataMessageRow = Selectable<DataMessagesTable>
export type OwnChangeRow = Selectable<OwnChangesTable>
export type EventRow = Selectable<EventsTable>
