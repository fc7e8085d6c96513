/**
 * Address books as vCards: 3.0 (RFC 2426) and 4.0 (RFC 6350), and 2.1 with its quoted-printable, which phones still write.
 * Reading takes names and numbers and passes over all else; writing makes 3.0, which everything reads. Pure.
 */

/** One entry of an address book, as it was written. */
export interface BookEntry {
  /** Where it begins, 1-based. */
  line: number
  name: string
  /** Numbers in any spelling, or `signal:<aci>` where there is none. */
  addresses: readonly string[]
}

/** Octets of a line of ours before it is folded (RFC 2426 section 2.6). */
const FOLD_OCTETS = 75
/** Numbers that are taken from one card. */
const ADDRESSES_MAX = 20
/** What is read of a line before its colon, and after it; a picture's octets are not looked at. */
const HEAD_CHARS_MAX = 1_000
const VALUE_CHARS_MAX = 3_000
/** Entries that one file may have. */
export const ENTRIES_MAX = 5_000

interface Property {
  line: number
  name: string
  parameters: ReadonlyMap<string, string>
  value: string
}

/** Whether this is a vCard file; all else is taken for CSV. */
export function isVcard(text: string): boolean {
  return /^\uFEFF?\s*BEGIN:VCARD/i.test(text)
}

/** The cards of a file, without those that end before their end. At most `ENTRIES_MAX` + 1. */
export function readVcards(text: string): BookEntry[] {
  const cards: BookEntry[] = []
  let open: Property[] | undefined
  // A card may lie within another one (AGENT of 2.1): that one is passed over.
  let depth = 0
  for (const property of propertiesOf(text)) {
    const isCard = property.value.trim().toUpperCase() === 'VCARD'
    if (property.name === 'BEGIN' && isCard) {
      depth++
      if (depth === 1) open = [property]
    } else if (property.name === 'END' && isCard) {
      if (depth === 1 && open !== undefined) cards.push(entryOf(open))
      depth = Math.max(0, depth - 1)
      if (cards.length > ENTRIES_MAX) return cards
    } else if (depth === 1) open?.push(property)
  }
  return cards
}

/** A card of version 3.0, its lines folded and ended as the standard wants. */
export function writeVcard(person: { name: string; number: string | null; aci: string | null }): string {
  const name = escaped(person.name)
  const lines = ['BEGIN:VCARD', 'VERSION:3.0', `FN:${name}`, `N:;${name};;;`]
  if (person.number !== null) lines.push(`TEL;TYPE=CELL:${escaped(person.number)}`)
  if (person.aci !== null) lines.push(`IMPP:signal:${person.aci}`)
  return [...lines, 'END:VCARD', ''].map(folded).join('\r\n')
}

function entryOf(properties: readonly Property[]): BookEntry {
  const first = (name: string) => properties.find((one) => one.name === name && one.value.trim() !== '')
  const [family = '', given = '', middle = ''] = partsOf(first('N')?.value ?? '')
  const spoken = [given, middle, family].filter((part) => part !== '').join(' ')
  const whole = unescaped(first('FN')?.value ?? '').trim()
  const firm = partsOf(first('ORG')?.value ?? '')[0] ?? ''
  const nick = unescaped(first('NICKNAME')?.value ?? '').trim()
  const numbers = properties
    .filter(({ name, parameters }) => name === 'TEL' && !/fax|pager/i.test(parameters.get('TYPE') ?? ''))
    .map(({ value }) => unescaped(value).trim().replace(/^tel:/i, '').split(';')[0] ?? '')
    .filter((number) => number !== '')
  const accounts = properties.flatMap(({ name, value }) =>
    name === 'IMPP' && /^signal:/i.test(value.trim()) ? [value.trim()] : [],
  )
  const addresses = [...new Set(numbers.length > 0 ? numbers : accounts)].slice(0, ADDRESSES_MAX)
  return { line: properties[0]?.line ?? 1, name: whole || spoken || nick || firm, addresses }
}

/** Content lines, unfolded and decoded; what is none is passed over. */
function* propertiesOf(text: string): Generator<Property> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1
    const pieces = [lines[at] ?? '']
    while (/^[ \t]/.test(lines[at + 1] ?? '')) pieces.push((lines[++at] ?? '').slice(1))
    // Quoted-printable breaks its lines in a way of its own: with "=" at the end.
    const isQuoted = /^[^:]*;[^:]*QUOTED-PRINTABLE/i.test((pieces[0] ?? '').slice(0, HEAD_CHARS_MAX))
    while (isQuoted && pieces.at(-1)?.endsWith('=') === true && at + 1 < lines.length) {
      pieces.push((pieces.pop() ?? '').slice(0, -1), lines[++at] ?? '')
    }
    const property = propertyOf(pieces.join(''), line)
    if (property !== undefined) yield property
  }
}

function propertyOf(content: string, line: number): Property | undefined {
  const end = endOfHead(content)
  if (end === -1 || end > HEAD_CHARS_MAX) return undefined
  const [head = '', ...given] = content.slice(0, end).match(/(?:"[^"]*"|[^;"])+/g) ?? []
  const name = (head.split('.').at(-1) ?? '').trim().toUpperCase()
  const parameters = new Map<string, string>()
  for (const parameter of given) {
    const [key = '', ...words] = parameter.split('=')
    // 2.1 names types and encodings without their key.
    const [name21, value] = words.length > 0 ? [key, words.join('=')] : ['TYPE', key]
    const known = parameters.get(name21.toUpperCase())
    const plain = value.replaceAll('"', '')
    parameters.set(name21.toUpperCase(), known === undefined ? plain : `${known},${plain}`)
  }
  const value = content.slice(end + 1, end + 1 + VALUE_CHARS_MAX)
  const encoding = `${parameters.get('ENCODING') ?? ''},${parameters.get('TYPE') ?? ''}`
  const isQuoted = /quoted-printable/i.test(encoding)
  return { line, name, parameters, value: isQuoted ? unquoted(value, parameters.get('CHARSET')) : value }
}

/** The first colon outside of quotation marks; -1 where there is none. */
function endOfHead(content: string): number {
  let isQuoted = false
  for (let at = 0; at < content.length; at++) {
    if (content[at] === '"') isQuoted = !isQuoted
    else if (content[at] === ':' && !isQuoted) return at
  }
  return -1
}

/** RFC 2045 section 6.7; what is no escape stays as it stands. */
function unquoted(value: string, charset: string | undefined): string {
  const octets: number[] = []
  const raw = new TextEncoder().encode(value)
  for (let at = 0; at < raw.length; at++) {
    const hex = raw[at] === 0x3d ? String.fromCharCode(raw[at + 1] ?? 0, raw[at + 2] ?? 0) : ''
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      octets.push(Number.parseInt(hex, 16))
      at += 2
    } else octets.push(raw[at] ?? 0)
  }
  const all = Uint8Array.from(octets)
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(all)
  } catch {
    // A charset that nobody knows.
    return new TextDecoder().decode(all)
  }
}

/** The parts of a structured value. */
function partsOf(value: string): string[] {
  return (value.match(/(?:\\.|[^;\\])*(?:;|$)/g) ?? []).map((part) => unescaped(part.replace(/;$/, '')).trim())
}

function unescaped(value: string): string {
  return value.replace(/\\([\s\S])/g, (_whole, next: string) => (next === 'n' || next === 'N' ? '\n' : next))
}

function escaped(value: string): string {
  return value.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n')
}

/** Never in the middle of a character. */
function folded(line: string): string {
  const encoder = new TextEncoder()
  let octets = 0
  let text = ''
  for (const character of line) {
    const length = encoder.encode(character).length
    if (octets + length > FOLD_OCTETS) {
      text += '\r\n '
      octets = 1
    }
    text += character
    octets += length
  }
  return text
}
