/**
 * 3GPP TS 23.038 §6.2.1: the GSM 7-bit default alphabet (128 UTF-16 units in code order) and its extension table.
 * U+FFFF stands for a code without a character (and for the escape, 1B).
 */

export const DEFAULT_ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅå' +
  'Δ_ΦΓΛΩΠΨΣΘΞ\uffffÆæßÉ' +
  ' !"#¤%&\'()*+,-./' +
  '0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNO' +
  'PQRSTUVWXYZÄÖÑÜ§' +
  '¿abcdefghijklmno' +
  'pqrstuvwxyzäöñüà'

/** §6.2.1.1, runs of characters and the code at which each begins. 0A is the page break. */
export const EXTENSION: readonly (readonly [number, string])[] = [
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{}'],
  [0x2f, '\\'],
  [0x3c, '[~]'],
  [0x40, '|'],
  [0x65, '€'],
]
