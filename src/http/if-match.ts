/** Optimistic locking (RFC 9110 §13.1.1): versions as entity tags, and what `If-Match` asks for. */
import { Problem } from './problem.ts'

/** A row's version as its `ETag`. */
export function etag({ version }: { version: number }): { ETag: string } {
  return { ETag: `"${version}"` }
}

/** The version that `If-Match` names; undefined when it is absent or `*`. Throws Problem 412 when it is none of ours. */
export function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const version = /^"(\d{1,15})"$/.exec(header)?.[1]
  if (version !== undefined) return Number(version)
  throw new Problem({
    status: 412,
    code: 'version-mismatch',
    title: 'It has another version',
    detail: 'If-Match takes the ETag that GET answers.',
  })
}
