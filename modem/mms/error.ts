/**
 * The one error of the MMS codec. It names the field by its word in OMA-TS-MMS_ENC or WAP-230-WSP (`X-Mms-Expiry`,
 * `Content-Type`, `headersLen` …) and the octet at which reading or writing went wrong. The message never holds octets,
 * addresses or text of the PDU.
 */

export type MmsErrorCode =
  /** The octets end inside the field: a download or a push that was cut. */
  | 'truncated'
  /** A length, a number or a token that the field cannot have. */
  | 'malformed'
  /** More than one of the bounds of `limits.ts`. */
  | 'limit-exceeded'
  /** A PDU without a field that its type needs. */
  | 'missing-mandatory'
  /** Not an MMS PDU at all, or one of a type that nobody knows; or another WSP PDU than a push. */
  | 'unexpected-type'
  /** A value handed to an encoder that its field cannot hold. */
  | 'bad-value'

export class MmsError extends Error {
  readonly code: MmsErrorCode
  readonly field: string
  readonly offset: number
  /** What was read before the fault, for an answer "Unrecognised" (X-Mms-Status 0x84). */
  transactionId: string | undefined

  constructor(code: MmsErrorCode, field: string, offset: number, message: string) {
    super(message)
    this.name = 'MmsError'
    this.code = code
    this.field = field
    this.offset = offset
  }
}
