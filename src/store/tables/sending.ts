/**
 * The newest schema of how messages leave, as types: their plans, the ledger of attempts, the journal of their parts;
 * migrations/0001_mailbox.ts has it as SQL with its rules. Times and booleans as in mailbox.ts.
 */
import type { Selectable } from 'kysely'
import type { PartState, TransportName } from '../../domain/transport.ts'

/** The plan: what has been and what may still be tried. */
interface LegsTable {
  message_id: string
  leg: number
  transport: TransportName
  /** `ask`: a person confirms before it begins. */
  consent: 'automatic' | 'ask'
  /** Time without proof of delivery after which the next leg begins; null: none. */
  fallback_after_ms: number | null
  code: string
  reason: string
  /** What is in the reason, by name, with the code that it belongs to. */
  values_json: string | null
}

/** The ledger. Append-only but for its end. */
interface AttemptsTable {
  id: string
  message_id: string
  /** 1-based. */
  n: number
  leg: number
  transport: TransportName
  lane: string
  started_at_ms: number
  ended_at_ms: number | null
  result: 'accepted' | 'uncertain' | 'retry' | 'other-transport' | 'held' | 'failed' | 'interrupted' | null
  code: string | null
  /** In words for a person. */
  detail: string | null
}

/** The journal of a leg's parts; shared by all attempts of the leg, so that no part is sent twice. */
export interface PartsTable {
  message_id: string
  leg: number
  part: number
  tpdu_hex: string
  state: PartState
  lane: string
  /** Recipient as digits, as a status report names them. */
  recipient_digits: string
  message_reference: number | null
  submitted_at_ms: number | null
  /** When the service centre took it, as a report has said: names this submission exactly. */
  centre_time_ms: number | null
  settled_at_ms: number | null
  detail: string | null
}

/** The last reference that concatenated texts to this recipient had. */
interface ConcatCountersTable {
  recipient: string
  next: number
}

/** Parts that left on a day (its beginning here), of messages that are deleted. */
interface ForgottenPartsTable {
  lane: string
  day_ms: number
  parts: number
}

export interface SendingTables {
  legs: LegsTable
  attempts: AttemptsTable
  parts: PartsTable
  concat_counters: ConcatCountersTable
  forgotten_parts: ForgottenPartsTable
}

export type LegRow = Selectable<LegsTable>
export type AttemptRow = Selectable<AttemptsTable>
export type PartRow = Selectable<PartsTable>
