/**
 * What the MMS transport sees of a carrier: an exchange with its MMSC, whatever bearer carries it (an IP interface, PPP,
 * the modem's own HTTP commands). Outcomes are values, since each wants another next step; nothing here throws for what
 * a network does.
 */

/** Which step of an exchange failed: what `causeway mms test` names to the owner. */
export type MmsStep = 'bearer' | 'dns' | 'proxy' | 'http' | 'pdu'

export type MmscAnswer =
  /** A success with an MMS PDU as its body, complete by its declared length. */
  | { readonly kind: 'pdu'; readonly octets: Uint8Array }
  /** A success without a body: what an MMSC answers to m-notifyresp-ind and m-acknowledge-ind. */
  | { readonly kind: 'accepted' }
  /** An HTTP status that is none of the successes. */
  | { readonly kind: 'status'; readonly status: number }
  /** A success whose body is something else: a portal's page, a proxy's complaint. */
  | { readonly kind: 'portal'; readonly contentType: string }
  /** The body ended before its declared length. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly bytesDeclared: number }
  /** More octets than were asked for; the rest was not read. */
  | { readonly kind: 'too-large'; readonly bytesMax: number }
  /** An address that is never asked: another scheme, loopback, this machine's own networks. */
  | { readonly kind: 'refused-url'; readonly reason: string }
  /** No answer. `bodySent`: the whole request had left, so the MMSC may have acted on it. */
  | { readonly kind: 'unreachable'; readonly step: MmsStep; readonly bodySent: boolean; readonly reason: string }

export interface MmsExchange {
  /** GETs what a notification points to (OMA-TS-MMS_CTR). @param bytesMax octets of body to take in at most */
  retrieve(
    request: { readonly url: string; readonly transactionId: string; readonly bytesMax: number },
    signal?: AbortSignal,
  ): Promise<MmscAnswer>
  /**
   * POSTs a client PDU to the MMSC, or to `url` where the carrier wants its answers at the message's own address.
   * @param request.onStep is called as each step holds, up to `http`; for whoever shows it
   */
  submit(
    request: { readonly pdu: Uint8Array; readonly url?: string; readonly onStep?: (step: MmsStep) => void },
    signal?: AbortSignal,
  ): Promise<MmscAnswer>
}
