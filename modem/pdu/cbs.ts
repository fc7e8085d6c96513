/**
 * The data coding scheme of cell broadcasts and USSD, 3GPP TS 23.038 §5, and text under it. It is not that of short
 * messages: here 0x0F is the default alphabet and 0x11 UCS-2 with a language in front. Pure.
 */
import { textOfUcs2, wellFormed } from './alphabet.ts'
import type { Alphabet } from './dcs.ts'
import { packSeptets, unpackSeptets } from './septets.ts'

const CR = 0x0d

export interface CbsCoding {
  alphabet: Alphabet
  compressed: boolean
  /** The text begins with a language: two letters and CR (7-bit), or two packed letters in two octets (UCS-2). */
  languageInFront: boolean
}

/** What the octet says. Never fails; reserved codings are read as the default alphabet, as the clause asks. */
export function cbsCoding(dcs: number): CbsCoding {
  const plain: CbsCoding = { alphabet: 'gsm7', compressed: false, languageInFront: false }
  if (dcs === 0x10) return { ...plain, languageInFront: true }
  if (dcs === 0x11) return { ...plain, alphabet: 'ucs2', languageInFront: true }
  const group = dcs >> 4
  // General data coding, and messages with a user data header.
  if ((group >= 4 && group <= 7) || group === 9) {
    const alphabet = (['gsm7', '8bit', 'ucs2', 'gsm7'] as const)[(dcs >> 2) & 3] ?? 'gsm7'
    return { ...plain, alphabet, compressed: group !== 9 && (dcs & 0x20) !== 0 }
  }
  if (group === 15) return { ...plain, alphabet: (dcs & 4) === 0 ? 'gsm7' : '8bit' }
  return plain
}

/** Septets that octets of the 7-bit alphabet hold, without the CRs that fill them up. */
export function septetsWithoutFiller(octets: Uint8Array): Uint8Array {
  const septets = unpackSeptets(octets, Math.floor((octets.length * 8) / 7))
  let length = septets.length
  while (length > 0 && septets[length - 1] === CR) length -= 1
  return septets.subarray(0, length)
}

/** Septets in octets, with a CR in spare room for one, which would read as `@` (23.038 §6.1.2.3.1). */
export function packWithFiller(septets: Uint8Array): Uint8Array {
  if (septets.length % 8 !== 7) return packSeptets(septets)
  return packSeptets(Uint8Array.from([...septets, CR]))
}

/** UCS-2 text without the CRs, line feeds and zeros that fill it up. An odd octet at the end is left out. */
export function textOfFilledUcs2(octets: Uint8Array): string {
  return wellFormed(textOfUcs2(octets.subarray(0, octets.length & ~1))).replace(/[\r\n\0]+$/, '')
}
