/**
 * Files of messages: handed in before a message names them, and read, both as streams. What is view-once is given out
 * once, whole, and is gone afterwards.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { contentOf } from '../../routing/media.ts'
import type { AttachmentRow } from '../../store/tables/media.ts'
import type { ApiPorts } from '../ports.ts'
import { idempotencyKey, Problem } from '../problem.ts'
import { rangeOf } from '../ranges.ts'
import { type Call, ok, type Route, route, STREAMING } from '../route.ts'
import { attachmentView } from '../views.ts'
import { wholeBody } from '../whole-body.ts'

const yes = z.enum(['true', 'false']).transform((text) => text === 'true')

const facts = z.strictObject({
  file_name: z.string().max(255).optional().describe('Shown to the recipient; the last part of a path is taken.'),
  caption: z.string().max(2_000).optional(),
  voice: yes.optional().describe('A voice message.'),
})

async function add(call: Call<undefined, z.output<typeof facts>>) {
  const { ports, principal, query, raw } = call
  const { request } = raw
  if (call.header('content-encoding') !== undefined) {
    throw new Problem({ status: 415, code: 'unsupported-media-type', title: 'Send the file as it is, not compressed' })
  }
  const key = idempotencyKey(call.header('idempotency-key'))
  const { row, replayed } = await ports.media.add(
    wholeBody(request),
    {
      contentType: call.header('content-type') ?? '',
      fileName: query.file_name,
      caption: query.caption,
      voice: query.voice === true,
      borderless: false,
      gif: false,
      blurhash: undefined,
    },
    Number(call.header('content-length') ?? 0),
    key === undefined ? undefined : { scope: principal.id, key },
  )
  return {
    status: 201,
    body: attachmentView(row),
    headers: {
      Location: `/api/v1/media/${row.id}`,
      ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
    },
  }
}

async function read(
  call: Call<undefined, unknown>,
  which: 'content' | 'thumbnail' | 'playable',
): Promise<typeof STREAMING> {
  const { ports, params, raw } = call
  const row = await ports.media.demand(params['id'] ?? '')
  const copy = which === 'playable' ? await ports.playable.of(row) : undefined
  const blob = copy ?? (await contentOf(ports.db, row, which === 'thumbnail' ? which : 'content'))
  // What we send ourselves is wiped when it has left, not when it is read.
  const isOnce = row.view_once === 1 && row.transport !== null
  const range = isOnce ? undefined : rangeOf(call.header('range'), blob.bytes)
  if (range === 'none') {
    throw new Problem({
      status: 416,
      code: 'no-such-range',
      title: 'There is nothing at that place',
      headers: { 'Content-Range': `bytes */${blob.bytes}` },
    })
  }
  const { from, to } = range ?? { from: 0, to: blob.bytes }
  const { request, response } = raw
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': copy?.contentType ?? (which === 'content' ? row.content_type : await thumbnailType(ports, blob)),
    'Content-Length': to - from,
    ...(isOnce ? {} : { 'Accept-Ranges': 'bytes' }),
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${blob.bytes}` }),
    'Content-Disposition': disposition(row),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cache-Control': isOnce ? 'no-store' : 'private, max-age=86400, immutable',
  })
  if (request.method === 'HEAD') {
    response.end()
    return STREAMING
  }
  try {
    await pipeline(Readable.from(ports.media.blobs.read(blob, { from, to }), { highWaterMark: 1 }), response)
  } catch (error) {
    // The head has left: all that can be done is to break off, so that nobody takes it for the whole.
    response.destroy()
    ports.log.info({ id: row.id, cause: error instanceof Error ? error.message : '' }, 'a file was not read to its end')
    return STREAMING
  }
  if (which === 'content' && range === undefined && (isOnce || row.voice === 1)) await ports.router.viewed(row.id)
  if (isOnce) await ports.media.wipe(row.id, { code: 'opened', reason: 'it was to be looked at once, and was' })
  return STREAMING
}

/** A small copy is JPEG, or PNG where it is transparent. */
async function thumbnailType(ports: ApiPorts, blob: { id: string; bytes: number }): Promise<string> {
  for await (const head of ports.media.blobs.read(blob, { from: 0, to: 1 })) {
    return head[0] === 0x89 ? 'image/png' : 'image/jpeg'
  }
  return 'application/octet-stream'
}

function disposition({ file_name: name }: AttachmentRow): string {
  return name === null
    ? 'attachment'
    : `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`
}

export const mediaRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/media',
    scope: 'messages:send',
    summary:
      'Hands in a file (the body, as it is) for a message to come: 201 with its id, which `POST /api/v1/messages` takes in `media` within a day. Its type is what its first octets say; what a JPEG, PNG or WebP says of place, time and camera is taken out. `Idempotency-Key` makes repeating it safe.',
    query: facts,
    stream: true,
    repeats: 'itself',
    handle: add,
  }),
  route({
    method: 'GET',
    path: '/api/v1/media/:id',
    scope: 'messages:read',
    summary:
      'The content, whole or a `Range` of it. 409 with the reason while it is not here. What is view-once is given out once, whole, and is gone then.',
    handle: (call) => read(call, 'content'),
  }),
  route({
    method: 'GET',
    path: '/api/v1/media/:id/thumbnail',
    scope: 'messages:read',
    summary: 'A small copy of a picture (JPEG or PNG, 512 pixels at most). 409 where there is none.',
    handle: (call) => read(call, 'thumbnail'),
  }),
  route({
    method: 'GET',
    path: '/api/v1/media/:id/playable',
    scope: 'messages:read',
    summary:
      'A copy that browsers play of a recording that they do not (AMR, 3GP, AVI), whole or a `Range` of it. Made when it is first asked for, which takes a while. 409 `no-converter` without ffmpeg on the gateway, `not-playable` where it cannot be made.',
    handle: (call) => read(call, 'playable'),
  }),
  route({
    method: 'GET',
    path: '/api/v1/media/:id/info',
    scope: 'messages:read',
    summary:
      'What is known of it, as in its message, and in `transferred_bytes` how far it is while it is being fetched or sent (else null).',
    handle: async ({ ports, params }) => {
      const row = await ports.media.demand(params['id'] ?? '')
      return ok({ ...attachmentView(row), transferred_bytes: (await ports.media.transferred(row)) ?? null })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/media/:id/fetch',
    scope: 'messages:read',
    summary: 'Fetches one that is not here: it was too large to be fetched unasked, or could not be had before.',
    handle: async ({ ports, params }) => ({
      status: 202,
      body: attachmentView(await ports.media.fetch(params['id'] ?? '')),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/media/:id',
    scope: 'messages:send',
    summary:
      'Removes the content here; the message stays and says so. With `for=me` also on your own other Signal devices, and a message without words whose last file it was goes whole.',
    query: z.strictObject({
      for: z
        .enum(['me'])
        .optional()
        .describe('`me`: on all devices of this account, as the owner removes it for themselves.'),
    }),
    handle: async ({ ports, params, query }) => {
      const id = params['id'] ?? ''
      if (query.for === undefined) return ok(attachmentView(await ports.media.wipe(id)))
      await ports.router.removeFile(id)
      return ok(attachmentView(await ports.media.demand(id)))
    },
  }),
]
