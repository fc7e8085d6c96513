/** USSD strings between people and modems: the coding is not uniform, and what comes back is not trusted. Pure. */
import type { UssdCoding } from './at/ussd.ts'
import { septetsOfText, textOfSeptets, ucs2OfText } from './pdu/alphabet.ts'
import { cbsCoding, packWithFiller, septetsWithoutFiller, textOfFilledUcs2 } from './pdu/cbs.ts'
import { toHex } from './pdu/octets.ts'

/** 160 octets hold 182 septets (3GPP TS 23.038 §6.1.2.3, TS 24.090). */
const SEPTETS_MAX = 182
const UCS2_OCTETS_MAX = 160

/** What is the same in ASCII and the default alphabet, and closes no quote. */
const SAME_IN_BOTH = /^[A-Za-z0-9 !#%&'()*+,\-./:;<=>?]*$/

/** The string for AT+CUSD, or undefined when this coding cannot carry the text. `characterSet` is that of AT+CSCS. */
export function encodeUssd(text: string, coding: UssdCoding, characterSet: string): string | undefined {
  if (coding === 'ucs2') {
    const octets = ucs2OfText(text)
    return octets.length <= UCS2_OCTETS_MAX ? toHex(octets) : undefined
  }
  const septets = septetsOfText(text)
  if (septets === undefined || septets.length > SEPTETS_MAX) return undefined
  if (coding === 'packed') return toHex(packWithFiller(septets))
  if (characterSet === 'UCS2') return toHex(ucs2OfText(text))
  return SAME_IN_BOTH.test(text) ? text : undefined
}

/** Whether some coding can carry it. */
export function isUssdText(text: string): boolean {
  return text !== '' && (encodeUssd(text, 'packed', '') !== undefined || encodeUssd(text, 'ucs2', '') !== undefined)
}

/** The text of an answer. `coding` is the one that the request was taken in; undefined where there was none. */
export function decodeUssd(
  given: string,
  dcs: number | undefined,
  coding: UssdCoding | undefined,
  characterSet: string,
): string {
  const { alphabet, languageInFront } = cbsCoding(dcs ?? 15)
  const octets = /^(?:[0-9A-Fa-f]{2})+$/.test(given) ? Buffer.from(given, 'hex') : undefined
  if (alphabet === '8bit') return given
  if (alphabet === 'ucs2') {
    return octets === undefined ? given : textOfFilledUcs2(languageInFront ? octets.subarray(2) : octets)
  }
  if (octets !== undefined) {
    if (characterSet === 'UCS2' && octets.length % 2 === 0) return textOfFilledUcs2(octets)
    const text = textOfSeptets(septetsWithoutFiller(octets))
    if (coding === 'packed' || (looksPacked(given) && isProse(text))) return text
  }
  if (/[\x80-\xff]/.test(given)) return utf8Of(given)
  return characterSet === 'GSM' ? textOfSeptets(Uint8Array.from(Buffer.from(given, 'latin1'))) : given
}

/** Digits alone are rather a number than packed text. */
function looksPacked(given: string): boolean {
  return given.length >= 8 && /[A-F]/.test(given) && !/[a-f]/.test(given)
}

function isProse(text: string): boolean {
  return /^[\p{L}\p{N}\p{P}\p{Z}\p{S}\n\r]+$/u.test(text) && /[\p{L}\p{N}]/u.test(text)
}

/** The port is read as Latin-1; some modems write UTF-8. */
function utf8Of(given: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(given, 'latin1'))
  } catch {
    return given
  }
}
