/**
 * TP-Data-Coding-Scheme, 3GPP TS 23.038 §4: alphabet, class, compression, waiting indication, automatic deletion.
 * Reserved codings are read as the GSM 7-bit default alphabet, as the clause asks of a receiver.
 */

export type Alphabet = 'gsm7' | '8bit' | 'ucs2'
export type MessageClass = 0 | 1 | 2 | 3

/** Message waiting indication groups (DCS Cx, Dx, Ex). `discard`: the text need not be kept. */
export interface WaitingIndication {
  type: 'voicemail' | 'fax' | 'email' | 'other'
  active: boolean
  discard: boolean
}

export interface DataCoding {
  alphabet: Alphabet
  class: MessageClass | null
  /** 23.042 compression: the user data stays octets, nothing here expands it. */
  compressed: boolean
  mwi: WaitingIndication | null
  autoDelete: boolean
}

const ALPHABETS: readonly Alphabet[] = ['gsm7', '8bit', 'ucs2', 'gsm7']
const CLASSES: readonly MessageClass[] = [0, 1, 2, 3]
const INDICATIONS = ['voicemail', 'fax', 'email', 'other'] as const

const CODINGS: readonly DataCoding[] = Array.from({ length: 256 }, (_, dcs) => Object.freeze(readCoding(dcs)))
const DEFAULT_CODING = readCoding(0)

/** What a TP-DCS octet says. Never fails. The result is shared and frozen. */
export function dataCoding(dcs: number): DataCoding {
  return CODINGS[dcs & 0xff] ?? DEFAULT_CODING
}

/** The TP-DCS octet for an alphabet and, where given, a class (general data coding group). */
export function dcsOf(alphabet: Alphabet, messageClass: MessageClass | null = null): number {
  return (ALPHABETS.indexOf(alphabet) << 2) | (messageClass === null ? 0 : 0x10 | messageClass)
}

function readCoding(dcs: number): DataCoding {
  const plain: DataCoding = { alphabet: 'gsm7', class: null, compressed: false, mwi: null, autoDelete: false }
  const group = dcs >> 4
  if (group < 8) {
    return {
      ...plain,
      alphabet: ALPHABETS[(dcs >> 2) & 3] ?? 'gsm7',
      class: (dcs & 0x10) === 0 ? null : (CLASSES[dcs & 3] ?? null),
      compressed: (dcs & 0x20) !== 0,
      autoDelete: (dcs & 0x40) !== 0,
    }
  }
  if (group < 12) return plain
  if (group < 15) {
    return {
      ...plain,
      alphabet: group === 14 ? 'ucs2' : 'gsm7',
      mwi: { type: INDICATIONS[dcs & 3] ?? 'other', active: (dcs & 8) !== 0, discard: group === 12 },
    }
  }
  return { ...plain, alphabet: (dcs & 4) === 0 ? 'gsm7' : '8bit', class: CLASSES[dcs & 3] ?? null }
}
