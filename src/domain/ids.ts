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

export type IdSource = (prefix: IdPrefix) => string

/** It names a group, where a person might stand as well. */
export function isGroupId(id: string): boolean {
  return id.startsWith('grp_')
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_BITS = 80n

/** An id source over a clock (ms since epoch) and a source of random octets. */
export function createIds(clock: () => number, randomOctets: (count: number) => Uint8Array): IdSource {
  let last = -1n
  return (prefix) => {
    const random = randomOctets(10).reduce((value, octet) => (value << 8n) | BigInt(octet), 0n)
    const fresh = (BigInt(Math.max(0, Math.trunc(clock()))) << RANDOM_BITS) | random
    // A clock that stands still or steps back must not break the order.
    last = fresh >> RANDOM_BITS > last >> RANDOM_BITS ? fresh : last + 1n
    return `${prefix}_${base32(last)}`
  }
}

function base32(value: bigint): string {
  let text = ''
  for (let index = 0; index < 26; index++) {
    text = (ALPHABET[Number(value & 31n)] ?? '') + text
    value >>= 5n
  }
  return text
}
