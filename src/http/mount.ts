/**
 * Puts the table of routes on express: authentication first, then scope, media type, body size, shapes, handler; and
 * whatever goes wrong becomes problem+json. Nothing of a body is read before its sender is known.
 */
import type { IncomingMessage } from 'node:http'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { mergedInto } from '../store/people-links.ts'
import { authenticate, authenticateSession, authorize, demandOwnPage, LOCAL, type Principal, stranger } from './auth.ts'
import { hasAlready } from './conditions.ts'
import { Changes, isTagged, readerOf, tagged } from './if-match.ts'
import { InboxFiles, mountInbox } from './inbox.ts'
import { demandJson, demandSound, endSlowBody, parseJson } from './json-body.ts'
import { handleOnce } from './once.ts'
import { mountPages } from './openapi/pages.ts'
import type { ApiPorts } from './ports.ts'
import { fieldProblems, invalid, moved, Problem, problemFor } from './problem.ts'
import { Rates } from './rate.ts'
import { refuse } from './refuse.ts'
import { type Call, type Reply, type Route, STREAMING } from './route.ts'
import { addressOf, sessionCookie } from './visit.ts'

/** `isLocal` tells whether a request came over the Unix socket. */
export function createApp(
  routes: readonly Route[],
  ports: ApiPorts,
  isLocal: (request: IncomingMessage) => boolean,
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use((_request, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' })
    next()
  })
  mountHealth(app, ports)
  mountPages(app, routes, ports)
  mountMetrics(app, ports, isLocal)

  const principals = new WeakMap<Request, Principal>()
  const rates = new Rates(ports.requestsPerMinute, ports.clock)
  const changes = new Changes()
  const publicPaths = new Set(routes.filter(({ scope }) => scope === 'public').map(({ path }) => path))
  app.use('/api', async (request, response, next) => {
    const principal = isLocal(request) ? LOCAL : await principalFor(request, ports)
    response.set(rates.take(principal))
    // Nor is anybody told which addresses there are.
    if (principal.scopes.length === 0 && !publicPaths.has(request.baseUrl + request.path)) authorize(principal, 'admin')
    principals.set(request, principal)
    next()
  })
  for (const row of routes) {
    const reader = readerOf(row, routes)
    const hasTag = isTagged(row, routes)
    const guard: RequestHandler = (request, response, next) => {
      const principal = principals.get(request) ?? stranger('')
      authorize(principal, row.scope)
      demandOwn(row, principal, request, ports)
      if (row.body !== undefined) demandJson(request)
      if (row.stream !== true) endSlowBody(request, response)
      next()
    }
    const handle: RequestHandler = async (request, response) => {
      // It was told already that it is too slow: what came after that is not done.
      if (response.headersSent) return
      const call: Call<unknown, unknown> = {
        ports,
        principal: principals.get(request) ?? LOCAL,
        params: request.params as Record<string, string>,
        body: parseBody(row, request),
        query: parseQuery(row, request),
        header: (name) => request.get(name),
        raw: { request, response },
      }
      const answer = reader === undefined ? handleOnce(row, call) : changes.change(call, reader, () => row.handle(call))
      const reply = await answer.catch((error: unknown) => followMerge(error, call, request.originalUrl))
      if (reply !== STREAMING) send(request, response, hasTag ? tagged(reply) : reply)
    }
    const method = row.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
    app[method](row.path, guard, ...(row.body === undefined ? [] : [parseJson]), handle)
  }
  for (const path of new Set(routes.map((row) => row.path))) {
    const methods = routes.filter((row) => row.path === path).map((row) => row.method)
    app.all(path, () => {
      throw methodNotAllowed(methods)
    })
  }
  mountInbox(app, new InboxFiles(ports.inboxDirectory))
  app.use(() => {
    throw new Problem({ status: 404, code: 'not-found', title: 'Not found', detail: 'There is no such address here.' })
  })
  app.use(problemWriter(ports))
  return app
}

/** Whoever was joined to somebody else is found there: what asked for the old id is sent on. Throws, in any case. */
async function followMerge(error: unknown, { ports, params }: Call<unknown, unknown>, url: string): Promise<never> {
  const { status, code } = problemFor(error).problem.options
  const id = params['id'] ?? ''
  if ((status !== 404 && code !== 'unknown-conversation') || !/^(con|cnv)_/.test(id)) throw error
  const intoId = await mergedInto(ports.db, id)
  throw intoId === undefined ? error : moved(intoId, url.replace(id, intoId))
}

/** By token, else by cookie; nobody's is a stranger's. Throws Problem 401 for a token that is none. */
async function principalFor(request: Request, { db, clock }: ApiPorts): Promise<Principal> {
  const header = request.get('authorization')
  if (header !== undefined) return authenticate(db, header, clock())
  const secret = sessionCookie(request.get('cookie'))
  const person = secret === undefined ? undefined : await authenticateSession(db, secret, clock())
  return person ?? stranger(addressOf(request))
}

/** What a browser asks on behalf of somebody: programs with a token, and the Unix socket, are not led astray. */
function demandOwn(row: Route, { session }: Principal, request: Request, { publicUrl }: ApiPorts): void {
  if (row.method === 'GET' || (session === undefined && row.scope !== 'public')) return
  const isEntrance = row.scope === 'public' && row.method === 'POST'
  const origin = publicUrl === undefined ? undefined : new URL(publicUrl).origin
  demandOwnPage((name) => request.get(name), origin, isEntrance ? undefined : session?.csrfToken)
}

function mountHealth(app: Express, ports: ApiPorts): void {
  app.get('/healthz', (_request, response) => {
    const ready = ports.health.ready()
    response.status(ready ? 200 : 503).json({ status: ready ? 'pass' : 'fail' })
  })
  app.get('/readyz', async (_request, response) => {
    const components = await ports.health.components()
    const ready = ports.health.ready() && components.every(({ status }) => status !== 'fail')
    response.status(ready ? 200 : 503).json({ status: ready ? 'pass' : 'fail' })
  })
  for (const path of ['/healthz', '/readyz']) {
    app.all(path, () => {
      throw methodNotAllowed(['GET'])
    })
  }
}

/** Unlike health it says how much is written to and from here, so it wants a token like everything else that tells. */
function mountMetrics(app: Express, ports: ApiPorts, isLocal: (request: IncomingMessage) => boolean): void {
  app.get('/metrics', async (request, response) => {
    const header = request.get('authorization')
    authorize(isLocal(request) ? LOCAL : await authenticate(ports.db, header, ports.clock()), 'system:read')
    // Not `send`, which would put the charset in front of what the format's version says.
    response.set('Content-Type', ports.metrics.contentType).end(await ports.metrics.text())
  })
  app.all('/metrics', () => {
    throw methodNotAllowed(['GET'])
  })
}

function parseBody(row: Route, request: Request): unknown {
  if (row.body === undefined) return undefined
  demandSound(request.body)
  const parsed = row.body.safeParse(request.body ?? {})
  if (parsed.success) return parsed.data
  throw invalid(fieldProblems(parsed.error, 'body'))
}

function parseQuery(row: Route, request: Request): unknown {
  if (row.query === undefined) return {}
  const parsed = row.query.safeParse({ ...request.query })
  if (parsed.success) return parsed.data
  throw invalid(fieldProblems(parsed.error, 'query'))
}

function send(request: Request, response: Response, reply: Reply): void {
  const tag = reply.headers?.['ETag']
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isKnown = isRead && tag !== undefined && hasAlready(request.get('if-none-match'), tag)
  response.status(isKnown ? 304 : reply.status)
  if (reply.headers !== undefined) response.set(reply.headers)
  if (reply.body === undefined || isKnown) response.end()
  else response.json(reply.body)
}

function methodNotAllowed(methods: readonly string[]): Problem {
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  return new Problem({
    status: 405,
    code: 'method-not-allowed',
    title: 'This address does not take that method',
    headers: { Allow: [...new Set(allowed)].join(', ') },
  })
}

function problemWriter(ports: ApiPorts): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { problem, unexpected } = problemFor(error, request.body)
    if (unexpected) ports.log.error({ err: error, method: request.method, path: request.path }, 'a request failed')
    if (response.headersSent) {
      response.destroy()
      return
    }
    refuse(problem, request, response)
  }
}
