/** Lists a page at a time: the query parameters of every list, and the answer with its RFC 8288 link to the next page. */
import { z } from 'zod'
import { PAGE_MAX, type Page } from '../store/cursor.ts'
import { ok, type Reply } from './route.ts'

const PAGE_SIZE = 50

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_SIZE).describe('Entries at most.'),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before.'),
}

/** `{data, next_cursor}`, with a `Link` where there is more. */
export function pageReply<Row>(
  call: { raw: { request: { url?: string | undefined } } },
  page: Page<Row>,
  view: (row: Row) => unknown,
): Reply {
  const body = { data: page.data.map(view), next_cursor: page.nextCursor ?? null }
  if (page.nextCursor === undefined) return ok(body)
  const url = new URL(call.raw.request.url ?? '/', 'http://gateway')
  url.searchParams.set('cursor', page.nextCursor)
  return ok(body, { Link: `<${url.pathname}${url.search}>; rel="next"` })
}
