/** What the API answers, as far as the commands look into it. */
import type { MessageState } from '../domain/message.ts'

export interface ContactRefJson {
  id: string
  name: string | null
  address: string | null
}

export interface GroupRefJson {
  id: string
  title: string
}

interface GroupPersonJson {
  aci: string | null
  name: string | null
  address: string | null
}

export interface GroupJson extends GroupRefJson {
  conversation_id: string | null
  description: string
  standing: 'member' | 'invited' | 'requesting' | 'out' | 'ended'
  admin: boolean
  announcements_only: boolean
  timer_seconds: number
  who_edits: string
  who_adds: string
  link: string
  avatar_url: string | null
  link_url: string | null
  members: (GroupPersonJson & { admin: boolean })[]
  invited: GroupPersonJson[]
  requesting: GroupPersonJson[]
  banned: GroupPersonJson[]
  blocked: boolean
}

export interface RecipientJson {
  aci: string
  name: string | null
  status: string
  detail: string | null
  at: string
}

export interface MessageJson {
  id: string
  conversation_id: string
  contact: ContactRefJson | null
  group: GroupRefJson | null
  /** Who wrote it into the group. */
  author: { id: string | null; name: string | null; address: string | null } | null
  direction: 'in' | 'out'
  origin: 'here' | 'other-device'
  kind: 'text' | 'call' | 'broadcast' | 'notice'
  text: string
  subject: string | null
  attachments: AttachmentJson[]
  flash: boolean
  incomplete: boolean
  replaced_by: string | null
  severity: string | null
  edited_at: string | null
  deleted_at: string | null
  preview: { url: string; title: string } | null
  disappears_after: string | null
  disappeared_at: string | null
  quote: {
    author: 'us' | 'them'
    person: ContactRefJson | null
    text: string
    file: { content_type: string; file_name: string | null } | null
  } | null
  reactions: { emoji: string; ours: boolean }[]
  status: MessageState
  code: string | null
  reason: string | null
  transport: string | null
  lane: string | null
  encrypted: boolean
  fallback: { from: string; reason: string | null } | null
  created_at: string
  sent_at: string | null
  delivered_at: string | null
  read_at: string | null
  valid_until: string | null
  /** In the answer to a new message alone: what it is as a text, where the plan has one in it. */
  segments?: { count: number; encoding: string } | null
}

export interface AttachmentJson {
  id: string
  content_type: string
  file_name: string | null
  bytes: number | null
  voice: boolean
  sticker: boolean
  view_once: boolean
  state: 'waiting' | 'fetching' | 'here' | 'failed' | 'gone'
  reason: string | null
}

export interface PictureJson {
  id: string
  from: string | null
  bytes: number | null
  state: string
  reason: string | null
  answered: boolean | null
  received_at: string
}

export interface AttemptJson {
  n: number
  transport: string
  lane: string
  started_at: string
  result: string | null
  code: string | null
  detail: string | null
}

/** What became of a reaction, an edit or a deletion of ours. */
export interface ChangeJson {
  kind: string
  status: 'due' | 'sent' | 'failed'
  reason: string | null
  created_at: string
}

export interface LegJson {
  leg: number
  transport: string
  consent: string
  reason: string
}

export interface ConversationJson {
  id: string
  contact: ContactRefJson | null
  group: GroupRefJson | null
  state: 'open' | 'request' | 'blocked'
  unread: number
  disappears_after: string | null
  waiting: { type: string; count: number | null }[]
  last_message: MessageJson | null
}

export interface ContactJson {
  id: string
  address: string | null
  name: string | null
  policy: string | null
  /** How long Signal has before a text follows, where it is not as the settings have it. */
  fallback_after: string | null
  /** The modem that texts to them leave through. */
  modem: string | null
  verified: boolean
  identity_changed_at: string | null
  blocked: boolean
  signal: { standing: string; checked_at: string | null }
}

export interface EventJson {
  id: number
  type: string
  at: string
  contact_id: string | null
  data: Record<string, unknown>
  message?: MessageJson
}

export interface DataMessageJson {
  id: string
  from: string
  destination_port: number | null
  data: string | null
  text: string | null
  received_at: string
}

interface LiveSettingsJson {
  mode: string
  fallback: { after: string; default: string; when_roaming: string; quiet_hours: string; time_zone: string }
}

export interface SettingsJson extends LiveSettingsJson {
  configured: LiveSettingsJson
  chosen: string[]
}

export interface PageJson<T> {
  data: T[]
  next_cursor: string | null
}

export interface PauseJson {
  transport: string | null
  modem: string | null
  since: string
}

export interface QueueJson {
  data: { status: string; transport: string | null; lane: string | null; count: number; oldest_at: string | null }[]
  paused: PauseJson[]
  problem: string | null
}

export interface JobJson {
  message_id: string
  state: string
  priority: string
  transport: string | null
  modem: string | null
  due_at: string | null
  reason: string | null
}
