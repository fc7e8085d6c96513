/** The newest schema of picture messages; migrations/0016_mms.ts has it as SQL with its rules. Times are ms since epoch. */
import type { Generated, Selectable } from 'kysely'
import type { IncomingAnswer, IncomingState } from '../../domain/mms-incoming.ts'

/** One announced message, see `domain/mms-incoming.ts`. */
interface NotificationsTable {
  id: string
  lane: string
  /** Empty where it named none: then nothing can be answered. */
  transaction_id: string
  location: string
  from_address: string | null
  subject: string | null
  /** As it says. */
  bytes: number | null
  state: IncomingState
  tries: number
  oddities: number
  expires_at_ms: number
  due_at_ms: number | null
  answer: IncomingAnswer | null
  answer_due_at_ms: number | null
  answer_tries: number
  /** What an m-acknowledge-ind is given under. */
  retrieve_transaction_id: string | null
  /** Why it is not here, or not yet. */
  code: string | null
  reason: string | null
  /** What is in its words, as `domain/told.ts` keeps it. */
  values_json: string | null
  received_at_ms: number
  updated_at_ms: number
}

interface PdusTable {
  notification_id: string
  octets: Uint8Array
}

interface SentTable {
  message_id: string
  lane: string
  mmsc_message_id: string
  sent_at_ms: number
}

interface ReportsTable {
  lane: string
  mmsc_message_id: string
  recipient: string
  kind: 'delivered' | 'read' | 'failed'
  status: number
  at_ms: number
}

interface LimitsTable {
  carrier: string
  bytes_max: number
  learnt_at_ms: number
}

/** See `ReadReportShelf`. */
interface ReadReportsTable {
  notification_id: string
  lane: string
  mmsc_message_id: string
  to_address: string
  /** The message's own time. */
  sent_at_ms: number
  state: 'unread' | 'owed' | 'leaving'
  read_at_ms: number | null
  due_at_ms: number | null
  tries: Generated<number>
}

interface OwnNumbersTable {
  lane: string
  e164: string
  learnt_at_ms: number
}

export interface MmsTables {
  mms_notifications: NotificationsTable
  mms_pdus: PdusTable
  mms_sent: SentTable
  mms_reports: ReportsTable
  mms_limits: LimitsTable
  mms_own_numbers: OwnNumbersTable
  mms_read_reports: ReadReportsTable
}

export type NotificationRow = Selectable<NotificationsTable>
