/**
 * Literal IP addresses as octets, and which of them are never asked on the word of a stranger: pure. The text forms are
 * the canonical ones (what `new URL` makes of decimal, octal and hexadecimal ones); a name gives undefined.
 */

interface Range {
  readonly octets: Uint8Array
  readonly bits: number
  readonly why: string
}

/** RFC 1918 and 100.64/10 are missing on purpose: many MMSCs live there. */
const REFUSED: readonly Range[] = [
  range('0.0.0.0/8', 'no host has it'),
  range('127.0.0.0/8', 'it is this machine'),
  range('169.254.0.0/16', 'it is link-local'),
  range('100.100.100.200/32', 'it is the metadata service of a cloud'),
  range('224.0.0.0/4', 'it is multicast'),
  range('240.0.0.0/4', 'it is reserved'),
  range('::/128', 'no host has it'),
  range('::1/128', 'it is this machine'),
  range('fe80::/10', 'it is link-local'),
  range('fec0::/10', 'it is site-local'),
  range('ff00::/8', 'it is multicast'),
  range('fd00:ec2::254/128', 'it is the metadata service of a cloud'),
  range('2001::/32', 'it hides another address (Teredo)'),
]

/** Where a v6 address holds a v4 one: mapped, compatible, NAT64 (RFC 6052), 6to4. */
const EMBEDDING: readonly { readonly range: Range; readonly at: number }[] = [
  { range: range('::ffff:0:0/96', ''), at: 12 },
  { range: range('::/96', ''), at: 12 },
  { range: range('64:ff9b::/96', ''), at: 12 },
  { range: range('2002::/16', ''), at: 2 },
]

/** 4 or 16 octets; undefined for what is no literal address (a zone behind `%` is not taken). */
export function addressOctets(text: string): Uint8Array | undefined {
  return text.includes(':') ? v6Octets(text) : v4Octets(text)
}

/**
 * Why this literal address is not asked; undefined where it may be.
 * @param ownNetworks of this machine, in CIDR notation, without that of the bearer
 */
export function refusedAddress(text: string, ownNetworks: readonly string[]): string | undefined {
  const octets = addressOctets(text)
  return octets === undefined ? 'it is no address' : refusedOctets(octets, ownNetworks)
}

function refusedOctets(octets: Uint8Array, ownNetworks: readonly string[]): string | undefined {
  const refused = REFUSED.find((candidate) => isWithin(octets, candidate))
  if (refused !== undefined) return refused.why
  for (const network of ownNetworks) {
    const own = parseRange(network, '')
    if (own !== undefined && isWithin(octets, own)) return 'it is in a network of this machine'
  }
  const embedding = EMBEDDING.find((candidate) => isWithin(octets, candidate.range))
  return embedding === undefined
    ? undefined
    : refusedOctets(octets.subarray(embedding.at, embedding.at + 4), ownNetworks)
}

function isWithin(octets: Uint8Array, { octets: first, bits }: Range): boolean {
  if (octets.length !== first.length) return false
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff
    const at = bit >> 3
    if (((octets[at] ?? 0) & mask) !== ((first[at] ?? 0) & mask)) return false
  }
  return true
}

function range(cidr: string, why: string): Range {
  const parsed = parseRange(cidr, why)
  if (parsed === undefined) throw new RangeError(`${cidr} is no network`)
  return parsed
}

function parseRange(cidr: string, why: string): Range | undefined {
  const [address = '', bits = ''] = cidr.split('/')
  const octets = addressOctets(address)
  if (octets === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > octets.length * 8) return undefined
  return { octets, bits: Number(bits), why }
}

function v4Octets(text: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  const octets = match.slice(1).map(Number)
  return octets.every((octet) => octet <= 255) ? Uint8Array.from(octets) : undefined
}

function v6Octets(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const v4 = dotted === null ? undefined : v4Octets(dotted[2] ?? '')
  if (dotted !== null && v4 === undefined) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = v4 ?? []
  const plain = dotted === null ? text : `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}
