/**
 * Character sets by their MIBenum (IANA) or their name, through `TextDecoder`. What it lacks is mapped where its octets
 * are the same (UCS-2 is UTF-16 without its pairs), else guessed: UTF-8 if it is that, Windows-1252 if not. Decoding
 * never throws: carriers cut texts in the middle of a character, and the rest of the message must not be lost for that.
 * Everything that we send is UTF-8.
 */

export const MIB_US_ASCII = 3
export const MIB_UTF_8 = 106
const MIB_WINDOWS_1252 = 2252
/** MIBenum 0 is "any": the sender does not say. */
const LABELS: ReadonlyMap<number, string> = new Map([
  [3, 'windows-1252'],
  [4, 'windows-1252'],
  [5, 'iso-8859-2'],
  [6, 'iso-8859-3'],
  [7, 'iso-8859-4'],
  [8, 'iso-8859-5'],
  [9, 'iso-8859-6'],
  [10, 'iso-8859-7'],
  [11, 'iso-8859-8'],
  [12, 'iso-8859-9'],
  [13, 'iso-8859-10'],
  [17, 'shift_jis'],
  [18, 'euc-jp'],
  [36, 'euc-kr'],
  [38, 'euc-kr'],
  [39, 'iso-2022-jp'],
  [57, 'gb2312'],
  [106, 'utf-8'],
  [109, 'iso-8859-13'],
  [110, 'iso-8859-14'],
  [111, 'iso-8859-15'],
  [113, 'gbk'],
  [114, 'gb18030'],
  [1000, 'utf-16be'],
  [1013, 'utf-16be'],
  [1014, 'utf-16le'],
  [1015, 'utf-16'],
  [2009, 'ibm866'],
  [2025, 'gb2312'],
  [2026, 'big5'],
  [2027, 'macintosh'],
  [2084, 'koi8-r'],
  [2086, 'ibm866'],
  [2088, 'koi8-u'],
  [2101, 'big5-hkscs'],
  [2109, 'windows-874'],
  [2250, 'windows-1250'],
  [2251, 'windows-1251'],
  [2252, 'windows-1252'],
  [2253, 'windows-1253'],
  [2254, 'windows-1254'],
  [2255, 'windows-1255'],
  [2256, 'windows-1256'],
  [2257, 'windows-1257'],
  [2258, 'windows-1258'],
  [2259, 'windows-874'],
])

/** Names that `TextDecoder` does not take, or takes for little endian where mail and phones mean big. */
const WIDE_NAMES: ReadonlyMap<string, string> = new Map([
  ['utf-16', 'utf-16'],
  ['utf16', 'utf-16'],
  ['ucs-2', 'utf-16be'],
  ['ucs2', 'utf-16be'],
  ['iso-10646-ucs-2', 'utf-16be'],
  ['csunicode', 'utf-16be'],
  ['utf-16be', 'utf-16be'],
  ['utf-16le', 'utf-16le'],
])

type Decoder = InstanceType<typeof TextDecoder>

const decoders = new Map<string, Decoder>()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/** The octets of a text as we send it. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of all octets. `charset` is a MIBenum or a name; a byte order mark is not part of the text. */
export function decodeText(octets: Uint8Array, charset?: number | string): string {
  const label = labelOf(charset)
  if (label === undefined) return guessed(octets)
  if (label === 'utf-16') return decoderOf(startsLittleEndian(octets) ? 'utf-16le' : 'utf-16be').decode(octets)
  const text = decoderOf(label).decode(octets)
  return label === 'windows-1252' ? withoutControls(text) : text
}

/**
 * The text of a header: ends at the first NUL (a pair of them for two-octet character sets), and may have the Quote of a
 * Text-string in front.
 */
export function decodeHeaderText(octets: Uint8Array, charset?: number): string {
  if (labelOf(charset)?.startsWith('utf-16')) return decodeText(octets.subarray(0, endOfWide(octets)), charset)
  const from = octets[0] === 0x7f ? 1 : 0
  const end = octets.indexOf(0)
  return decodeText(octets.subarray(from, end < 0 ? octets.length : Math.max(from, end)), charset)
}

/** The label of a decoder that Node has; undefined for a character set that nobody can read here, and for none. */
function labelOf(charset: number | string | undefined): string | undefined {
  if (charset === undefined) return undefined
  if (typeof charset === 'number') return LABELS.get(charset)
  const name = charset.trim().toLowerCase()
  const wide = WIDE_NAMES.get(name)
  if (wide !== undefined) return wide
  try {
    // Only the names that the standard of TextDecoder knows come through, so the cache is bounded by it.
    return new TextDecoder(name).encoding
  } catch {
    return undefined
  }
}

function decoderOf(label: string): Decoder {
  const known = decoders.get(label)
  if (known !== undefined) return known
  const decoder = new TextDecoder(label)
  decoders.set(label, decoder)
  return decoder
}

function guessed(octets: Uint8Array): string {
  try {
    return strictUtf8.decode(octets)
  } catch {
    return decodeText(octets, MIB_WINDOWS_1252)
  }
}

/** What Windows-1252 has at 0x80…0x9F, where it has something. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Some releases of Node decode Windows-1252 as Latin-1, whose controls no text holds. */
function withoutControls(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80))
}

function startsLittleEndian(octets: Uint8Array): boolean {
  return octets[0] === 0xff && octets[1] === 0xfe
}

/** Where the first 16-bit NUL is; a single octet left over at the end is half a NUL. */
function endOfWide(octets: Uint8Array): number {
  const whole = octets.length - (octets.length % 2)
  for (let at = 0; at < whole; at += 2) if (octets[at] === 0 && octets[at + 1] === 0) return at
  return whole
}
