/** What the gateway answers: its own views, so that the two cannot drift apart, and what only the inbox asks for. */
import type { conversationView, groupView } from '../../http/conversation-views.ts'
import type { mmsTestView, modemView, signalView } from '../../http/driver-views.ts'
import type { attachmentView, attemptView, eventView, messageView, recipientView } from '../../http/message-views.ts'
import type { settingsView } from '../../http/settings-view.ts'
import type { contactView } from '../../http/views.ts'

export type Message = ReturnType<typeof messageView>
export type Attachment = ReturnType<typeof attachmentView>
export type Conversation = ReturnType<typeof conversationView>
export type Contact = ReturnType<typeof contactView>
export type Attempt = ReturnType<typeof attemptView>
export type Recipient = ReturnType<typeof recipientView>
export type Group = ReturnType<typeof groupView>
export type Settings = ReturnType<typeof settingsView>
export type GatewayEvent = ReturnType<typeof eventView>
export type Modem = ReturnType<typeof modemView>
export type MmsTest = ReturnType<typeof mmsTestView>
export type SignalAccount = ReturnType<typeof signalView>

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

/** In conversations that are neither muted nor archived. */
export interface Unread {
  messages: number
  conversations: number
}

export type Role = 'viewer' | 'sender' | 'admin'

export type SetUpStep = 'password' | 'modem' | 'mode' | 'signal' | 'backup-key' | 'notifications'

/** The steps of the first hour. */
export interface SetUp {
  steps: { step: SetUpStep; state: 'open' | 'done' | 'skipped' }[]
  next: SetUpStep | null
  /** Where the key of the database is, on the gateway's machine. */
  key_file: string
}

/** `setup`: nobody is there yet, and the setup code lets the first one in. */
export interface Session {
  state: 'setup' | 'signed-out' | 'signed-in'
  user?: { id: string; name: string; role: Role }
  csrf_token?: string
  sandbox: boolean
}

export interface Ledger {
  data: Attempt[]
  plan: {
    leg: number
    transport: 'sms' | 'mms' | 'signal'
    consent: number
    code: string | null
    reason: string | null
    values: Message['values']
  }[]
}

export interface Identity {
  contact_id: string
  safety_number: string | null
  verified: boolean
  changed_at: string | null
  /** Newest first. */
  history: readonly {
    event: string
    at: string | null
    by: { kind: string; id: string | null; name: string | null } | null
  }[]
}

export type Mode = Settings['mode']
export type Policy = 'auto' | 'ask' | 'signal_only' | 'sms_only'

/** One waiting line of `GET /api/v1/queue`. */
export interface QueueRow {
  status: string
  transport: string | null
  lane: string | null
  count: number
  oldest_at: string | null
}

export interface Queue {
  data: readonly QueueRow[]
  paused: readonly Pause[]
  /** Why nothing leaves although it could. */
  problem: string | null
}

/** What the queue was told to leave where it is; both null: all of it. */
export interface Pause {
  transport: string | null
  modem: string | null
  since: string
}
