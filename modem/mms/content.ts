/**
 * What is in a part: its octets without a Content-Transfer-Encoding (binary transport needs none, gateways to mail leave
 * it on), and its text under its character set.
 */
import { decodeText } from './charset.ts'
import type { Part } from './types.ts'

/** The octets that the sender meant. What is no legal base64 or quoted-printable is read as far as it is. */
export function contentOf(part: Pick<Part, 'data' | 'headers'>): Uint8Array {
  const encoding = part.headers.find(({ name }) => name.toLowerCase() === 'content-transfer-encoding')?.value
  if (typeof encoding !== 'string') return part.data
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return fromBase64(part.data)
    case 'quoted-printable':
      return fromQuotedPrintable(part.data)
    default:
      return part.data
  }
}

/** The text of a `text/…` part that is not itself in parts; undefined for another. */
export function textOf(part: Part): string | undefined {
  if (!part.media.startsWith('text/') || part.parts !== undefined) return undefined
  return decodeText(contentOf(part), part.params.get('charset'))
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const SEXTET = new Uint8Array(256).fill(0xff)
for (let value = 0; value < 64; value++) SEXTET[BASE64.charCodeAt(value)] = value

function fromBase64(encoded: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(Math.ceil((encoded.length * 3) / 4))
  let length = 0
  let bits = 0
  let pending = 0
  for (const character of encoded) {
    const sextet = SEXTET[character] ?? 0xff
    if (sextet === 0xff) continue
    pending = ((pending << 6) | sextet) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    decoded[length++] = (pending >> bits) & 0xff
  }
  return decoded.subarray(0, length)
}

const EQUALS = 0x3d
const CR = 0x0d
const LF = 0x0a

function fromQuotedPrintable(encoded: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(encoded.length)
  let length = 0
  for (let at = 0; at < encoded.length; at++) {
    const octet = encoded[at] ?? 0
    const [first, second] = [encoded[at + 1], encoded[at + 2]]
    if (octet !== EQUALS) decoded[length++] = octet
    else if (first === LF) at += 1
    else if (first === CR && second === LF) at += 2
    else {
      const value = hexValue(first) * 16 + hexValue(second)
      decoded[length++] = Number.isNaN(value) ? octet : value
      if (!Number.isNaN(value)) at += 2
    }
  }
  return decoded.subarray(0, length)
}

function hexValue(digit: number | undefined): number {
  return digit === undefined ? Number.NaN : Number.parseInt(String.fromCharCode(digit), 16)
}
