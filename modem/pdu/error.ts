/**
 * The one error of the SMS codec. It names the field by its word in 3GPP TS 23.040 (`SCA`, `TP-OA`, `TP-UDL` …) and the
 * octet at which reading or writing went wrong, counted from the first octet that was handed in (the SCA where there is
 * one). The message never holds octets, digits or text of the PDU.
 */

export type PduErrorCode =
  /** Not an even number of hexadecimal digits, or something else between them. */
  | 'not-hex'
  /** No octet at all. */
  | 'empty'
  /** More octets than any PDU or SIM record can hold. */
  | 'too-long'
  /** The PDU ends inside the field. */
  | 'truncated'
  /** A length octet beyond what the standard allows for the field. */
  | 'bad-length'
  /** A TPDU type that this codec does not read (reports to the network, commands). */
  | 'unsupported-type'
  /** UCS-2 with half a character. */
  | 'bad-text'
  /** A time that does not exist where one is needed. */
  | 'bad-time'
  /** A value handed to an encoder that its field cannot hold. */
  | 'bad-value'
  /** The text needs more than 255 parts. */
  | 'too-many-parts'
  /** Parts that do not belong to one message. */
  | 'parts-mismatch'
  /** The envelope library built other octets than the standard asks for. */
  | 'envelope-mismatch'

export class PduError extends Error {
  readonly code: PduErrorCode
  readonly field: string
  readonly offset: number

  constructor(code: PduErrorCode, field: string, offset: number, message: string) {
    super(message)
    this.name = 'PduError'
    this.code = code
    this.field = field
    this.offset = offset
  }
}
