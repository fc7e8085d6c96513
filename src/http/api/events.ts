/**
 * What happened, in order: as JSON (history) or as a stream of server-sent events that goes on where the listener left
 * off. The table of events is the buffer: a stream reads the next batch only when the listener has taken the one before,
 * so a slow listener costs one batch of memory and loses nothing. Whoever comes back too late, or with the number of another
 * history (a backup was restored), is told that something is missing (`stream.gap`).
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import { messagesByIds } from '../../store/mailbox.ts'
import { shownFilesOf } from '../../store/quoted.ts'
import type { EventRow } from '../../store/tables/mailbox.ts'
import { allows, type Principal } from '../auth.ts'
import { eventView, messageView } from '../message-views.ts'
import type { ApiPorts } from '../ports.ts'
import { invalid, Problem } from '../problem.ts'
import { contactsOf } from '../reads.ts'
import { type Call, ok, type Route, route, STREAMING } from '../route.ts'
import { time } from '../views.ts'

const PING_EVERY_MS = 15_000
/** How long a listener should wait before it connects anew. */
const RETRY_MS = 3_000
const BATCH = 100
const HISTORY_MAX = 500
/** Listeners at one time; each holds a socket and a timer. */
const STREAMS_MAX = 64

const query = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe('Events behind this one; a stream without it begins now.'),
  limit: z.coerce.number().int().min(1).max(HISTORY_MAX).default(100).describe('Of the history.'),
})

type EventsCall = Call<undefined, z.output<typeof query>>

/** Open streams of each gateway, by its ports; with whose they are. */
const open = new WeakMap<ApiPorts, Map<ServerResponse, Principal>>()

/** Ends all streams, so that the server can close. */
export function endStreams(ports: ApiPorts): void {
  for (const response of open.get(ports)?.keys() ?? []) response.end()
}

/** Ends those of these tokens and sessions, which are good no more. */
export function endStreamsOf(ports: ApiPorts, ids: readonly string[]): void {
  for (const [response, { id, session }] of open.get(ports) ?? []) {
    if (ids.includes(id) || (session !== undefined && ids.includes(session.id))) response.end()
  }
}

async function listen(call: EventsCall) {
  const accept = call.header('accept') ?? '*/*'
  if (/\btext\/event-stream\b/.test(accept)) return stream(call)
  const { events } = call.ports
  const after = call.query.after ?? 0
  const rows = await events.since(after, call.query.limit)
  return ok({ data: await views(call, rows), last_id: rows.at(-1)?.id ?? after, gap: !(await events.goesOn(after)) })
}

async function stream(call: EventsCall): Promise<typeof STREAMING> {
  const { ports } = call
  const { response } = call.raw
  const streams = open.get(ports) ?? new Map<ServerResponse, Principal>()
  open.set(ports, streams)
  if (streams.size >= STREAMS_MAX) {
    throw new Problem({
      status: 503,
      code: 'too-many-streams',
      title: 'Too many are listening',
      headers: { 'Retry-After': '5' },
    })
  }
  streams.set(response, call.principal)
  try {
    const place = await placeOf(call)
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-store',
      'X-Accel-Buffering': 'no',
    })
    if (call.raw.request.method === 'HEAD') {
      response.end()
      return STREAMING
    }
    response.write(`retry: ${RETRY_MS}\n\n`)
    if (place.gap !== undefined) response.write(`event: stream.gap\ndata: ${JSON.stringify(place.gap)}\n\n`)
    await pump(call, place.from)
  } finally {
    streams.delete(response)
  }
  return STREAMING
}

/** Writes batches until the listener goes. */
async function pump(call: EventsCall, from: number): Promise<void> {
  const { ports } = call
  const { response } = call.raw
  const closed = new AbortController()
  let woken = false
  let wake = () => {}
  response.once('close', () => {
    closed.abort()
    wake()
  })
  const unsubscribe = ports.events.onAppended(() => {
    woken = true
    wake()
  })
  const ping = setInterval(() => {
    if ((call.principal.session?.endsAtMs ?? Number.POSITIVE_INFINITY) <= ports.clock()) response.end()
    else if (response.writableLength === 0) response.write(': ping\n\n')
  }, PING_EVERY_MS)
  try {
    let last = from
    while (!closed.signal.aborted && !response.writableEnded) {
      woken = false
      const rows = await ports.events.since(last, BATCH)
      const shown = await views(call, rows)
      for (const [index, row] of rows.entries()) {
        const data = JSON.stringify(shown[index])
        response.write(`id: ${row.id}\nevent: ${row.type}\ndata: ${data}\n\n`)
        last = row.id
      }
      if (response.writableNeedDrain) await once(response, 'drain', { signal: closed.signal })
      if (rows.length < BATCH && !woken && !closed.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } catch (error) {
    if (!closed.signal.aborted) {
      ports.log.error({ err: error }, 'an event stream broke')
      response.destroy()
    }
  } finally {
    clearInterval(ping)
    unsubscribe()
    response.end()
  }
}

/** Where a stream begins; `gap` where what is behind the number that it was asked to go on from is not here. */
async function placeOf(call: EventsCall): Promise<{ from: number; gap?: object }> {
  const { events, clock } = call.ports
  const asked = resumeId(call)
  const latest = await events.latest()
  if (asked === undefined) return { from: latest }
  if (await events.goesOn(asked)) return { from: asked }
  const nobody = { message_id: null, conversation_id: null, contact_id: null }
  const gap = { id: null, type: 'stream.gap', at: time(clock()), ...nobody, data: { after: asked } }
  return { from: Math.min(asked, latest), gap }
}

function resumeId(call: EventsCall): number | undefined {
  const header = call.header('last-event-id')
  if (header === undefined || header === '') return call.query.after
  if (/^\d{1,15}$/.test(header)) return Number(header)
  throw invalid([{ pointer: '', code: 'invalid-last-event-id', message: 'Last-Event-ID is the number of an event.' }])
}

async function views(call: EventsCall, rows: readonly EventRow[]) {
  const { db } = call.ports
  const mayRead = allows(call.principal, 'messages:read')
  const messages = await messagesByIds(db, mayRead ? rows.flatMap((row) => row.message_id ?? []) : [])
  const contacts = await contactsOf(db, messages.values())
  const attachments = await shownFilesOf(db, messages.values())
  return rows.map((row) => {
    const message = messages.get(row.message_id ?? '')
    return eventView(
      row,
      message === undefined
        ? undefined
        : messageView(message, contacts.get(message.conversation_id), attachments.get(message.id)),
    )
  })
}

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/events',
    scope: 'events:read',
    summary:
      'What happened: history as JSON, or with `Accept: text/event-stream` a stream that resumes behind `Last-Event-ID`. Events about a message carry it as it is now.',
    query,
    handle: listen,
  }),
]
