/** Cursors over lists that are ordered by (time, id), and RFC 8288 links to the next page. Pure. */
import { z } from 'zod'
import { invalid } from './problem.ts'
import { ok, type Reply } from './route.ts'

export const PAGE_SIZE_MAX = 200
const PAGE_SIZE = 50

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE).describe('Entries at most.'),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before.'),
}

/** The last entry of a page: the next one begins behind it. */
export interface Cursor {
  atMs: number
  id: string
}

/** Throws Problem 422 when it is none of ours. */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{1,16})\.(.{1,100})$/.exec(Buffer.from(text, 'base64url').toString('utf8'))
  const [, atMs, id] = match ?? []
  if (atMs !== undefined && id !== undefined) return { atMs: Number(atMs), id }
  throw invalid([{ pointer: '?cursor', code: 'invalid-cursor', message: 'Give `next_cursor` of the page before.' }])
}

/**
 * `{data, next_cursor}` with a `Link`. `rows` holds one more than `limit` where there is a further page; `at` gives what
 * the list is ordered by.
 */
export function page<Row>(
  call: { query: { limit: number }; raw: { request: { url?: string | undefined } } },
  rows: readonly Row[],
  at: (row: Row) => Cursor,
  view: (row: Row) => unknown,
): Reply {
  const { limit } = call.query
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last !== undefined ? writeCursor(at(last)) : undefined
  const body = { data: shown.map(view), next_cursor: next ?? null }
  if (next === undefined) return ok(body)
  const url = new URL(call.raw.request.url ?? '/', 'http://gateway')
  url.searchParams.set('cursor', next)
  return ok(body, { Link: `<${url.pathname}${url.search}>; rel="next"` })
}

function writeCursor({ atMs, id }: Cursor): string {
  return Buffer.from(`${atMs}.${id}`).toString('base64url')
}
