/** Pure: conditional reading (RFC 9110 §13): whether somebody has this already, and whether a range is of this at all. */

/** Whether `If-None-Match` names the tag: then there is nothing to answer but 304. */
export function hasAlready(ifNoneMatch: string | undefined, tag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((one) => one.trim())
  return tags.includes('*') || tags.some((one) => one.replace(/^W\//, '') === tag)
}

/** The `Range` that counts: none where `If-Range` says that it was of something else. Dates are none that we give out. */
export function rangeUnless(ifRange: string | undefined, tag: string, range: string | undefined): string | undefined {
  return ifRange === undefined || ifRange.trim() === tag ? range : undefined
}
