/** Pure: byte ranges (RFC 9110 §14). One range is served; several, or what is malformed, means the whole. */

export interface ByteRange {
  from: number
  /** Not included. */
  to: number
}

/** What a `Range` header asks of so many octets; undefined: everything; `none`: nothing of it is there (416). */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | 'none' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  if (first === '') return Number(last) === 0 ? 'none' : { from: Math.max(0, bytes - Number(last)), to: bytes }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= bytes) return 'none'
  return { from: Number(first), to: last === '' ? bytes : Math.min(bytes, Number(last) + 1) }
}
