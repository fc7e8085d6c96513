/**
 * Identifiers: a prefix that says what it names, and 26 characters that sort by time (48 bits of ms, 80 bits of
 * randomness, Crockford's base 32 as in ULID). Within one millisecond the random part counts up, so ids made by one
 * source are strictly increasing.
 */

export type IdPrefix =
  | 'msg'
  | 'mmt'
  | 'cnv'
  | 'con'
  | 'evt'
  | 'try'
  | 'tok'
  | 'pdu'
  | 'set'
  | 'dat'
  | 'att'
  | 'blb'
  | 'grp'
  | 'whk'
  | 'whd'
  | 'mmn'
  | 'usr'
  | 'ses'
  | 'psh'
  | 'bkp'

export type IdSource = (prefix: IdPrefix) => string

/** It names a group, where a person might stand as well. */
export function isGroupId(id: string): boolean {
  return id.startsWith('grp_')
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_BITS = 80n
const RANDOM_OCTETS = 10
/** Drawn at once, for so many ids: asking the system costs more than making the id. */
const DRAWN_IDS = 64

/** An id source over a clock (ms since epoch) and a source of random octets. */
export function createIds(clock: () => number, randomOctets: (count: number) => Uint8Array): IdSource {
  let lastMs = -1
  let last = -1n
  let drawn = new Uint8Array()
  const random = () => {
    if (drawn.length < RANDOM_OCTETS) drawn = Uint8Array.from(randomOctets(RANDOM_OCTETS * DRAWN_IDS))
    let hex = '0x'
    for (const octet of drawn.subarray(0, RANDOM_OCTETS)) hex += octet.toString(16).padStart(2, '0')
    drawn = drawn.subarray(RANDOM_OCTETS)
    return BigInt(hex)
  }
  return (prefix) => {
    const nowMs = Math.max(0, Math.trunc(clock()))
    // A clock that stands still or steps back must not break the order.
    if (nowMs > lastMs && BigInt(nowMs) > last >> RANDOM_BITS) {
      lastMs = nowMs
      last = (BigInt(nowMs) << RANDOM_BITS) | random()
    } else last += 1n
    return `${prefix}_${base32(last)}`
  }
}

/** The digits of JavaScript's base 32, each in Crockford's place. */
const CROCKFORD = new Map([...'0123456789abcdefghijklmnopqrstuv'].map((digit, i) => [digit, ALPHABET.charAt(i)]))

function base32(value: bigint): string {
  let text = ''
  for (const digit of value.toString(32).padStart(26, '0')) text += CROCKFORD.get(digit)
  return text
}
