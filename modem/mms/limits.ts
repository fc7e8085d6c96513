/**
 * The bounds of the MMS codec, by name. What goes beyond is an `MmsError` `limit-exceeded`; nothing is allocated on the
 * word of a length field.
 */

/** No carrier takes or gives more than a fraction of this. */
export const PDU_OCTETS_MAX = 5 * 2 ** 20

/** Headers of one PDU, and of one part. */
export const HEADERS_MAX = 2000

/** To, Cc and Bcc, each. */
export const RECIPIENTS_MAX = 500

/** One text of a header, without its NUL. */
export const TEXT_OCTETS_MAX = 2 ** 16

/** Parts of one message, nested ones included. */
export const PARTS_MAX = 1000

/** Multiparts inside each other; the outermost is the first. */
export const DEPTH_MAX = 8

/** A presentation that is longer is not looked at: parts keep their order. */
export const SMIL_OCTETS_MAX = 2 ** 16
