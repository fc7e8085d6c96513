/** A modem's way to its carrier's MMSC, as the transport for picture messages sees it. The composition makes them. */
import type { MmsExchange } from '../../modem/mms/exchange.ts'
import type { LaneRules } from '../domain/transport.ts'

/** What the transport must know of a carrier; all else is the exchange's. */
export interface MmsCarrier {
  /** Under which limits are remembered. */
  id: string
  /** Of a whole PDU, as the carrier's record says; undefined: it does not say. */
  bytesMax: number | undefined
  recipientsMax: number
  /** Of a subject. */
  subjectCharsMax: number
  /** It wants answers at the message's own address. */
  answersAtLocation: boolean
}

export interface MmsLine {
  /** The modem's id. */
  lane: string
  exchange: MmsExchange
  carrier: MmsCarrier
  /** Why it cannot be used now, in words; undefined: it can. */
  problem: string | undefined
  /** What the last exchange failed by, where the carrier was not reached; the next one is tried all the same. */
  trouble?: string | undefined
  /** Why nothing can be fetched over it, in words, though it sends; undefined: it can. */
  sendsOnly?: string | undefined
  /** The SIM's own number (E.164), where known. */
  ownNumber: string | undefined
  roaming: boolean
  rules: LaneRules | undefined
}

export interface MmsLines {
  /** All modems that have MMS set up, usable or not; cheap, called often. */
  all(): readonly MmsLine[]
  /** Calls back when a line came, went or changed. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void
}
