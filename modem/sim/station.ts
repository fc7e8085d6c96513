/**
 * What the radio network and a mobile station (a simulated modem, or a person's phone) know of each other.
 */
import type { LedgerEntry } from './ledger.ts'

/**
 * A station's answer to a mobile terminated TPDU.
 * `taken`: RP-ACK. `memory-full`: RP-ERROR, cause 22; the station says when there is room. `unreachable`: no answer to
 * paging (off, no coverage). `not-acknowledged`: the station could not hand it on (no +CNMA in time, nobody connected).
 */
export type OfferOutcome = 'taken' | 'memory-full' | 'unreachable' | 'not-acknowledged'

/** What becomes of a status report on its way: none, one or more copies, each after an extra delay. */
export interface ReportFate {
  copies: number
  delayMs: number
}

export interface MobileStation {
  /** The network offers an SMS-DELIVER or SMS-STATUS-REPORT (without SCA), one at a time. */
  offer(tpdu: Uint8Array): Promise<OfferOutcome>
  /** Asked once for every status report that is about to leave for this station. */
  reportFate?(): ReportFate
}

/** What has changed at a station, so that the network tries again at once what waits for it. */
export type StationNews =
  /** Registered again. */
  | 'reachable'
  /** There is room in its memory (SMMA, 24.011 §7.3.4). */
  | 'memory-available'
  /** Somebody listens who can acknowledge. */
  | 'listening'

/** RP-ERROR cause of a refused submission (24.011 §8.2.5.4), or acceptance. */
export type Submission = { accepted: true; entry: LedgerEntry } | { accepted: false; cause: number }

/** A SIM on the network, as its modem sees it. */
export interface Subscription {
  readonly number: string
  /** Hands an SMS-SUBMIT (without SCA) to the service centre, which books it before it answers. */
  submit(tpdu: Uint8Array): Submission
  news(news: StationNews): void
}
