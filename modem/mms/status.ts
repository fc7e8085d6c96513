/**
 * What the status octets of MMS ask of us, OMA-TS-MMS_ENC §7.3.47, §7.3.50, §7.3.54 and what carriers mean by them.
 * Reserved values count as the generic one of their range.
 */

export type StatusClass =
  | 'ok'
  /** The same again later. */
  | 'retry'
  /** Never by itself. */
  | 'fail'
  /** Some recipients have it: never all again. */
  | 'partial'

const OK = 0x80
const NETWORK_PROBLEM_1_0 = 0x86
const TRANSIENT = 0xc0
const PARTIAL_SUCCESS = 0xc4
const PERMANENT = 0xe0

/** X-Mms-Response-Status of m-send-conf. */
export function responseClass(status: number): StatusClass {
  if (status === OK) return 'ok'
  if (status === PARTIAL_SUCCESS) return 'partial'
  return status === NETWORK_PROBLEM_1_0 || (status >= TRANSIENT && status < PERMANENT) ? 'retry' : 'fail'
}

/** X-Mms-Retrieve-Status of m-retrieve-conf; absent means that the message is there. */
export function retrieveClass(status: number | undefined): StatusClass {
  if (status === undefined || status === OK) return 'ok'
  return status >= TRANSIENT && status < PERMANENT ? 'retry' : 'fail'
}

/** Whether an m-retrieve-conf says that there is no message in it. */
export function isFailedRetrieval(status: number | undefined): boolean {
  return retrieveClass(status) !== 'ok'
}

/** X-Mms-Status of m-delivery-ind. */
export type DeliveryClass = 'delivered' | 'failed' | 'pending'

const DELIVERY: readonly DeliveryClass[] = [
  'failed', // expired
  'delivered', // retrieved
  'failed', // rejected
  'pending', // deferred
  'failed', // unrecognised: their phone cannot show it
  'pending', // indeterminate
  'delivered', // forwarded to a relay
  'failed', // unreachable
]

/** An unknown one settles nothing. */
export function deliveryClass(status: number): DeliveryClass {
  return DELIVERY[status - OK] ?? 'pending'
}
