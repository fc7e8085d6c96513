/**
 * Septet packing of 3GPP TS 23.038 §6.1.2.1: seven-bit values, least significant bit first, with fill bits between a user
 * data header and the first septet (23.040 §9.2.3.24). Knows nothing of characters.
 */

/** Octets that `count` septets take after `fillBits` of fill. */
export function octetsOfSeptets(count: number, fillBits = 0): number {
  return Math.ceil((count * 7 + fillBits) / 8)
}

/** Septets that a header of so many octets takes, its fill bits included. */
export function septetsOfHeader(headerOctets: number): number {
  return Math.ceil((headerOctets * 8) / 7)
}

/** Fill bits (0…6) that bring the text after such a header to a septet boundary. */
export function fillBitsAfter(headerOctets: number): number {
  return septetsOfHeader(headerOctets) * 7 - headerOctets * 8
}

/**
 * Unpacks `count` septets, one an octet, beginning `bitOffset` bits into `octets`.
 * The caller has checked that there are enough octets.
 */
export function unpackSeptets(octets: Uint8Array, count: number, bitOffset = 0): Uint8Array {
  const septets = new Uint8Array(count)
  let index = bitOffset >> 3
  let shift = bitOffset & 7
  for (let i = 0; i < count; i++) {
    const pair = (octets[index] ?? 0) | ((octets[index + 1] ?? 0) << 8)
    septets[i] = (pair >> shift) & 0x7f
    shift += 7
    if (shift > 7) {
      shift -= 8
      index++
    }
  }
  return septets
}

/** Packs septets (one an octet) behind `fillBits` zero bits; unused bits are zero. */
export function packSeptets(septets: Uint8Array, fillBits = 0): Uint8Array {
  const octets = new Uint8Array(octetsOfSeptets(septets.length, fillBits))
  let bits = fillBits
  for (const septet of septets) {
    const index = bits >> 3
    const value = (septet & 0x7f) << (bits & 7)
    octets[index] = (octets[index] ?? 0) | (value & 0xff)
    if (value > 0xff) octets[index + 1] = value >> 8
    bits += 7
  }
  return octets
}
