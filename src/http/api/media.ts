/**
 * Files of messages: handed in before a message names them, and read, both as streams. What is view-once is given out
 * once, whole, and is gone afterwards.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { contentOf } from '../../routing/media.ts'
import type { AttachmentRow } from '../../store/tables/media.ts'
import { hasAlready, rangeUnless } from '../conditions.ts'
import { attachmentView } from '../message-views.ts'
import { isForm, readForm } from '../multipart.ts'
import type { ApiPorts } from '../ports.ts'
import { fieldProblems, idempotencyKey, invalid, Problem } from '../problem.ts'
import { rangeOf } from '../ranges.ts'
import { type Call, ok, type Reply, type Route, route, STREAMING } from '../route.ts'
import { wholeBody } from '../whole-body.ts'

const yes = z.enum(['true', 'false']).transform((text) => text === 'true')

const facts = z.strictObject({
  file_name: z.string().max(255).optional().describe('Shown to the recipient; the last part of a path is taken.'),
  caption: z.string().max(2_000).optional(),
  voice: yes.optional().describe('A voice message.'),
})

type Facts = z.output<typeof facts>

async function add(call: Call<undefined, Facts>): Promise<Reply> {
  if (call.header('content-encoding') !== undefined) {
    throw new Problem({ status: 415, code: 'unsupported-media-type', title: 'Send the file as it is, not compressed' })
  }
  const { rows, replayed } = await (isForm(call.header('content-type')) ? addForm(call) : addBody(call))
  const [first, ...others] = rows
  return {
    status: 201,
    body: others.length === 0 ? attachmentView(first) : { data: rows.map(attachmentView) },
    headers: {
      ...(others.length === 0 ? { Location: `/api/v1/media/${first.id}` } : {}),
      ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
    },
  }
}

/** The body is the file. */
async function addBody(call: Call<undefined, Facts>) {
  const { ports, query, raw } = call
  const { row, replayed } = await ports.media.add(
    wholeBody(raw.request),
    { ...uploadFacts(query, query.file_name), contentType: call.header('content-type') ?? '' },
    Number(call.header('content-length') ?? 0),
    keyOf(call),
  )
  return { rows: [row] as const, replayed }
}

/** The body is a form with files in it. */
function addForm(call: Call<undefined, Facts>) {
  const form = readForm(call.raw.request)
  let told: Facts | undefined
  return call.ports.media.addAll(
    form.files,
    ({ fileName }) => {
      told ??= factsIn(form.fields, call.query)
      return uploadFacts(told, told.file_name ?? fileName)
    },
    keyOf(call),
  )
}

/** What a form says besides its files, with what the address says. Throws Problem 422. */
function factsIn(fields: ReadonlyMap<string, string>, query: Facts): Facts {
  const parsed = facts.safeParse(Object.fromEntries(fields))
  if (parsed.success) return { ...query, ...parsed.data }
  throw invalid(fieldProblems(parsed.error, 'body'))
}

function uploadFacts({ caption, voice }: Facts, fileName: string | undefined) {
  return { fileName, caption, voice: voice === true, borderless: false, gif: false, blurhash: undefined }
}

function keyOf({ header, principal }: Call<undefined, Facts>) {
  const key = idempotencyKey(header('idempotency-key'))
  return key === undefined ? undefined : { scope: principal.id, key }
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
  const tag = `"${blob.id}"`
  const caching = { ETag: tag, 'Cache-Control': 'private, max-age=86400, immutable' }
  const { request, response } = raw
  if (!isOnce && hasAlready(call.header('if-none-match'), tag)) {
    response.writeHead(304, caching)
    response.end()
    return STREAMING
  }
  const asked = isOnce ? undefined : rangeUnless(call.header('if-range'), tag, call.header('range'))
  const range = rangeOf(asked, blob.bytes)
  if (range === 'none') {
    throw new Problem({
      status: 416,
      code: 'no-such-range',
      title: 'There is nothing at that place',
      headers: { 'Content-Range': `bytes */${blob.bytes}` },
    })
  }
  const { from, to } = range ?? { from: 0, to: blob.bytes }
  const content = ports.media.blobs.read(blob, { from, to })
  // What cannot be read is told with a status, as long as there is one to tell.
  const first = await content.next()
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': copy?.contentType ?? (which === 'content' ? row.content_type : await thumbnailType(ports, blob)),
    'Content-Length': to - from,
    ...(isOnce ? {} : { 'Accept-Ranges': 'bytes' }),
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${blob.bytes}` }),
    'Content-Disposition': disposition(row),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...(isOnce ? { 'Cache-Control': 'no-store' } : caching),
  })
  if (request.method === 'HEAD') {
    await content.return()
    response.end()
    return STREAMING
  }
  try {
    await pipeline(Readable.from(after(first, content), { highWaterMark: 1 }), response)
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

/** The whole of it again, of which a piece was taken. */
async function* after(first: IteratorResult<Buffer, void>, rest: AsyncGenerator<Buffer, void, undefined>) {
  try {
    if (first.done !== true) yield first.value
    yield* rest
  } finally {
    await rest.return()
  }
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
      'Hands in a file for a message to come: 201 with its id, which `POST /api/v1/messages` takes in `media` within a day. The body is the file, as it is; or a form (`multipart/form-data`) with up to 32 parts `file`, and `file_name`, `caption`, `voice` for all of them: where those are several, the answer has them in `data`, and either all are taken or none. Its type is what its first octets say; what a JPEG, PNG or WebP says of place, time and camera is taken out. `Idempotency-Key` makes repeating it safe.',
    query: facts,
    stream: true,
    form: facts,
    repeats: 'itself',
    handle: add,
  }),
  route({
    method: 'GET',
    path: '/api/v1/media/:id',
    scope: 'messages:read',
    summary:
      'The content, whole or a `Range` of it (one; with `If-Range` only of this very file). It has an `ETag`: 304 to whom has it already. 409 with the reason while it is not here. What is view-once is given out once, whole, and is gone then.',
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
