/** What the API answers, as far as the commands look into it. */
import type { MessageState } from '../domain/message.ts'

export interface ContactRefJson {
  id: string
  name: string | null
  address: string | null
}

export interface MessageJson {
  id: string
  conversation_id: string
  contact: ContactRefJson | null
  direction: 'in' | 'out'
  text: string
  edited_at: string | null
  deleted_at: string | null
  quote: { author: 'us' | 'them'; text: string } | null
  reactions: { emoji: string }[]
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

export interface LegJson {
  leg: number
  transport: string
  consent: string
  reason: string
}

export interface ConversationJson {
  id: string
  contact: ContactRefJson
  unread: number
  last_message: MessageJson | null
}

export interface ContactJson {
  id: string
  address: string | null
  name: string | null
  policy: string | null
  verified: boolean
  identity_changed_at: string | null
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

export interface PageJson<T> {
  data: T[]
  next_cursor: string | null
}
