/**
 * Pictures of people and groups as answers: of the kind that their octets say, for nobody but who asked, never run. An address
 * with `?v=` is of one picture; another one has another address.
 */
import { z } from 'zod'
import { contentTypeOf, MAGIC_BYTES } from '../domain/media.ts'
import { hasAlready } from './conditions.ts'
import { type Call, STREAMING } from './route.ts'

const CACHED_SECONDS = 3_600

export const portraitQuery = z.strictObject({
  v: z.string().max(40).optional().describe('Which picture, as in the address that was given: for caches alone.'),
})

/** Answers with a picture, or 304 where the caller has this one. */
export async function sendPortrait(
  { header, query, raw: { request, response } }: Call<undefined, z.output<typeof portraitQuery>>,
  tag: string,
  read: () => Promise<Uint8Array>,
): Promise<typeof STREAMING> {
  const headers = {
    ETag: `"${tag}"`,
    'Cache-Control': query.v === undefined ? 'private, no-cache' : `private, max-age=${CACHED_SECONDS}`,
  }
  if (hasAlready(header('if-none-match'), headers.ETag)) {
    response.writeHead(304, headers)
    response.end()
    return STREAMING
  }
  const octets = await read()
  response.writeHead(200, {
    ...headers,
    'Content-Type': contentTypeOf(octets.subarray(0, MAGIC_BYTES), undefined),
    'Content-Length': octets.length,
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  })
  response.end(request.method === 'HEAD' ? undefined : octets)
  return STREAMING
}
