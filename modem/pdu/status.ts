/** TP-Status, 3GPP TS 23.040 §9.2.3.15: what a status report says came of a message, in classes. */

export type StatusOutcome =
  /** The transaction is complete: delivered, forwarded, or replaced in the service centre. */
  | 'delivered'
  /** Not yet, the service centre keeps trying. */
  | 'temporary-retrying'
  /** Given up. */
  | 'permanent-failure'
  /** A temporary cause, but the service centre has stopped trying. */
  | 'temporary-stopped'
  | 'reserved'

/** The class of a TP-ST octet. */
export function statusOutcome(status: number): StatusOutcome {
  if (status < 0x20) return 'delivered'
  if (status < 0x40) return 'temporary-retrying'
  if (status < 0x60) return 'permanent-failure'
  if (status < 0x80) return 'temporary-stopped'
  return 'reserved'
}
