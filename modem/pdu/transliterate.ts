/**
 * Plain characters for typographic and accented ones, so that a text stays in the GSM 7-bit default alphabet. Only on
 * request, and only what a reader would write so himself; letters of other scripts are left alone.
 */
import { NO_SHIFT, septetLookup } from './alphabet.ts'

const PLAIN: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  '′': "'",
  '´': "'",
  '`': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
  '″': '"',
  '«': '"',
  '»': '"',
  '‹': "'",
  '›': "'",
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '―': '-',
  '−': '-',
  '…': '...',
  '•': '-',
  '·': '.',
  '×': 'x',
  '÷': '/',
  '©': '(c)',
  '®': '(r)',
  '™': '(tm)',
  '½': '1/2',
  '¼': '1/4',
  '¾': '3/4',
  '№': 'No',
  ç: 'c',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  ħ: 'h',
  Ħ: 'H',
  ı: 'i',
  ł: 'l',
  Ł: 'L',
  œ: 'oe',
  Œ: 'OE',
  þ: 'th',
  Þ: 'Th',
  ŧ: 't',
  Ŧ: 'T',
  '\t': ' ',
  '\u00a0': ' ',
  '\u2002': ' ',
  '\u2003': ' ',
  '\u2007': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '\u00ad': '',
  '\u200b': '',
  '\u2060': '',
  '\ufeff': '',
}

/** The text with every replaceable character outside the default alphabet replaced. */
export function transliterate(text: string): string {
  const lookup = septetLookup(NO_SHIFT)
  let plain = ''
  for (const character of text.normalize('NFC')) {
    plain += lookup(character.charCodeAt(0)) === undefined ? plainOf(character) : character
  }
  return plain
}

/** `ş` loses its mark and becomes `s`; what stays outside the alphabet even so is kept as it was. */
function plainOf(character: string): string {
  const replaced = PLAIN[character]
  if (replaced !== undefined) return replaced
  const bare = character.normalize('NFD').replace(/\p{Mn}/gu, '')
  return /^[A-Za-z]$/.test(bare) ? bare : character
}
