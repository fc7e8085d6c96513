/**
 * What a picture message asks of whoever makes files small enough for the carrier: the parts to put into the PDU, and
 * a word for each file that could not be made to fit. The adaptation itself (images, video, budgets) is fulfilled
 * outside the domain; the one that sends knows only these shapes.
 */

/** One part of a picture message, ready for the PDU. */
export interface MmsPart {
  contentType: string
  /** The file name that the other side sees. */
  name: string
  /** Content-ID without angle brackets; the presentation refers to it as `cid:`. */
  contentId: string
  octets: Uint8Array
}

/** Why a file has no place in a picture message, as far as its sender can do something about it. */
export type LeftOutReason = 'too-large' | 'unreadable' | 'not-shrunk'

/** What became of the files of one message. */
export interface Fitted {
  parts: MmsPart[]
  /** Words for the message where a file could not be made small enough ("photo.heic, 12 MB, was too large"). */
  notes: string[]
  /** The same as facts: which of the files (0-based) have no part. */
  leftOut: { file: number; reason: LeftOutReason }[]
}

/** One file of a message as it is stored; `read` gives it in plaintext, and only inside the call. */
export interface FileToFit {
  contentType: string
  fileName: string | null
  bytes: number
  read: () => Promise<Uint8Array>
}

/** Makes the files of one message fit into a picture message. */
export interface MmsFitting {
  /**
   * @param request.bytesMax what the whole PDU may hold in octets
   * @param request.step how often the carrier has refused this message as too large already; 0 for the first try
   */
  fit(request: { text: string; files: FileToFit[]; bytesMax: number; step: number }): Promise<Fitted>
}
