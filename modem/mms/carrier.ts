/**
 * What one must know of a carrier to exchange multimedia messages with its MMSC: the row of a table, or what somebody set
 * by hand. Which row belongs to a SIM is decided elsewhere.
 */

/** Of the MMS context, as `AT+CGAUTH` names them. */
export type ApnAuth = 'none' | 'pap' | 'chap'

/** A proxy that takes HTTP requests with an absolute address (WAP gateways listen on 8080 or 80). */
export interface MmsProxy {
  /** A name of the carrier's, or mostly a literal address. */
  readonly host: string
  readonly port: number
}

export interface CarrierRecord {
  /** Stable and unique: `de-telekom`. */
  readonly id: string
  readonly name: string
  /** Home networks of its SIMs; two or three digits of MNC as the operator has them. */
  readonly match: readonly { readonly mcc: string; readonly mnc: string }[]
  /** Service provider names (EF_SPN) that tell it from others of the same network. */
  readonly spn: readonly string[]
  /** Group identifiers level 1 (EF_GID1), hex, for the same purpose. */
  readonly gid1?: readonly string[]
  readonly apn: string
  readonly auth: ApnAuth
  readonly user?: string
  readonly password?: string
  /** Where client PDUs are posted to. */
  readonly mmsc: string
  readonly proxy: MmsProxy | null
  /** Resolvers inside the carrier's network, literal addresses. Without them those of the bearer are asked. */
  readonly dns?: readonly string[]
  /** Octets of a whole PDU. */
  readonly maxMessageSize: number
  readonly recipientLimit: number
  /** Characters. */
  readonly maxSubject: number
  /** A content location that ends in `message-id=` wants the transaction identifier behind it. */
  readonly appendTransactionId: boolean
  /** m-notifyresp-ind and m-acknowledge-ind go to the message's own address, not to the MMSC's. */
  readonly answerAtContentLocation: boolean
  /** The name of the header that carries `uaProfUrl`: `x-wap-profile`, or `Profile`. */
  readonly uaProfHeader: string
  /** Empty: no such header is sent. */
  readonly uaProfUrl: string
  readonly userAgent: string
  /** Further headers; values may hold `{{msisdn}}` (E.164 without plus sign) and `{{msisdn_national}}`. */
  readonly headers: Readonly<Record<string, string>>
  /** Whether the carrier puts all recipients of a message into To. */
  readonly groupMms: boolean
  /** Where the row is from. */
  readonly source: string
}
