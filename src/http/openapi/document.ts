/**
 * OpenAPI 3.1 from the table of routes: bodies and queries from the very schemas that check them, answers from
 * `replies.ts`, problems from what each kind of route can meet. Nothing in it is written twice.
 */
import { z } from 'zod'
import { WEBHOOK_EVENTS, WEBHOOK_TEST } from '../../domain/webhook.ts'
import { isTagged, readerOf } from '../if-match.ts'
import { FORM_FILE_FIELD, FORM_FILES_MAX } from '../multipart.ts'
import type { ApiPorts } from '../ports.ts'
import type { Route } from '../route.ts'
import { replies } from './replies.ts'
import { problem, shapes } from './shapes.ts'
import { webhookBody } from './webhook-shapes.ts'

type Json = Record<string, unknown>

export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  security: Json[]
  parameters: Json[]
  requestBody?: Json
  responses: Record<string, Json>
  'x-scope'?: string
}

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: Json
  servers: Json[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, Json>
  components: { schemas: Record<string, Json>; [part: string]: Json }
  security: Json[]
}

const WORDS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken; it is on disk and goes on by itself.',
  204: 'Done; there is nothing to say.',
  206: 'The range that was asked for.',
  304: 'You have it already, as `If-None-Match` says.',
  308: 'It was joined to another one, which is at `Location`.',
  400: 'The body, or the address, is not what it says it is.',
  401: 'No token, or none of this gateway.',
  403: 'The token lacks the scope.',
  404: 'There is no such thing.',
  408: 'The body did not come in time.',
  409: 'Not in this state; or a request with this Idempotency-Key is under way.',
  410: 'It was here, and its file cannot be read any more.',
  412: 'Somebody else has changed it since.',
  413: 'The body is too large.',
  415: 'This kind of body is not understood.',
  416: 'There is nothing at that range.',
  422: 'Refused; `errors` points at what is wrong.',
  429: 'Too many requests; Retry-After says when again.',
  500: 'A fault of the gateway; it is in its log.',
  503: 'Something that it needs is not there at present.',
  507: 'No room for the file.',
}

/** The whole description. Throws for a route without a row in `replies.ts`. */
export function openApiDocument(
  routes: readonly Route[],
  { version, licence, sourceUrl }: Pick<ApiPorts, 'version' | 'licence' | 'sourceUrl'>,
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const row of routes) {
    const path = row.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(row, routes) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Causeway',
      version,
      summary: 'One conversation per person over Signal and text messages.',
      license: { name: licence, identifier: licence },
      ...(sourceUrl === undefined ? {} : { description: `Source code: ${sourceUrl}` }),
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
    paths: { ...paths, ...health() },
    webhooks: Object.fromEntries([...WEBHOOK_EVENTS, WEBHOOK_TEST].map((type) => [type, incoming(type)])),
    components: {
      schemas: components(),
      responses: { Problem: { description: 'A problem document (RFC 9457).', content: problemContent() } },
      headers: HEADERS,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`cw_…`, from `causeway token create`.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'cw_session',
          description: 'Of a person; from `POST /api/v1/session`.',
        },
      },
    },
    security: [{ token: [] }],
  }
}

function operation(row: Route, routes: readonly Route[]): Operation {
  const name = `${row.method} ${row.path}`
  const reply = replies[name]
  if (reply === undefined) throw new Error(`${name} has no row in replies.ts`)
  const content: Record<string, Json> = {
    ...(reply.json === undefined ? {} : { 'application/json': { schema: schemaOf(reply.json) } }),
    ...Object.fromEntries(
      Object.entries(reply.other ?? {}).map(([type, description]) => [type, { schema: { description } }]),
    ),
  }
  const success = (status: number): Json => ({
    description: WORDS[status] ?? '',
    headers: {
      RateLimit: headerRef('RateLimit'),
      'RateLimit-Policy': headerRef('RateLimit-Policy'),
      ...(isTagged(row, routes) || reply.tagged === true ? { ETag: headerRef('ETag') } : {}),
    },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  })
  const isConditional = row.method === 'GET' && (isTagged(row, routes) || reply.tagged === true)
  return {
    operationId: operationId(row),
    tags: [tagOf(row.path)],
    summary: row.summary,
    'x-scope': row.scope,
    security: row.scope === 'public' ? [] : [{ token: [row.scope] }, { session: [] }],
    parameters: [...pathParameters(row), ...queryParameters(row), ...headerParameters(row, routes)],
    ...requestBody(row),
    responses: {
      ...Object.fromEntries(reply.statuses.map((status) => [String(status), success(status)])),
      ...(isConditional ? { '304': { description: WORDS[304] ?? '' } } : {}),
      ...Object.fromEntries(problemsOf(row, routes).map((status) => [String(status), problemReply(status)])),
    },
  }
}

function requestBody(row: Route): { requestBody?: Json } {
  if (row.stream === true) {
    const file = { '*/*': { schema: { description: 'The file, as it is.' } } }
    return { requestBody: { required: true, content: row.form === undefined ? file : { ...file, ...form(row.form) } } }
  }
  if (row.body === undefined) return {}
  const schema = inputOf(row.body)
  const required = Array.isArray(schema['required']) && schema['required'].length > 0
  return { requestBody: { required, content: { 'application/json': { schema } } } }
}

function form(fields: z.ZodType): Record<string, Json> {
  const { properties } = inputOf(fields) as { properties?: Json }
  const file = { type: 'array', items: { type: 'string', format: 'binary' }, minItems: 1, maxItems: FORM_FILES_MAX }
  const schema = { type: 'object', required: [FORM_FILE_FIELD], properties: { [FORM_FILE_FIELD]: file, ...properties } }
  return { 'multipart/form-data': { schema } }
}

function pathParameters({ path }: Route): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route): Json[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = inputOf(query) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function headerParameters(row: Route, routes: readonly Route[]): Json[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  })
  return [
    ...(row.method === 'POST' ? [header('Idempotency-Key', 'The same key and request is done once in a day.')] : []),
    ...(readerOf(row, routes) !== undefined
      ? [header('If-Match', 'The ETag that GET answered; 412 if it is another now.')]
      : []),
    ...(row.method === 'GET' ? [] : [header('X-CSRF-Token', 'With a session cookie: its `csrf_token`.')]),
    ...(row.path.endsWith('/events') ? [header('Last-Event-ID', 'A stream goes on behind this event.')] : []),
  ]
}

function problemsOf(row: Route, routes: readonly Route[]): number[] {
  return [
    ...(row.body === undefined ? [] : [400, 408, 413, 415]),
    ...(row.stream === true ? [400, 413, 415] : []),
    401,
    403,
    ...(row.path.includes(':') ? [400, 404] : []),
    ...(/\/(contacts|conversations)\/:id/.test(row.path) ? [308] : []),
    ...(row.method === 'GET' && /\/media\/:id(?!\/info)/.test(row.path) ? [410] : []),
    ...(row.method === 'GET' && !row.path.includes(':') ? [] : [409]),
    ...(readerOf(row, routes) !== undefined ? [412] : []),
    ...(replies[`${row.method} ${row.path}`]?.statuses.includes(206) === true ? [416] : []),
    ...(row.body === undefined && row.query === undefined && row.method !== 'POST' ? [] : [422]),
    429,
    500,
    503,
    ...(row.method === 'POST' && row.path === '/api/v1/media' ? [507] : []),
  ]
}

function problemReply(status: number): Json {
  const headers = status === 429 || status === 503 ? { headers: { 'Retry-After': headerRef('Retry-After') } } : {}
  return { description: WORDS[status] ?? '', ...headers, content: problemContent() }
}

function problemContent(): Json {
  return { 'application/problem+json': { schema: schemaOf(problem) } }
}

function incoming(type: string): Json {
  return {
    post: {
      operationId: `webhook_${type.replaceAll('.', '_')}`,
      summary: `\`${type}\`, signed by the rules of Standard Webhooks.`,
      security: [],
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header',
        required: true,
        schema: { type: 'string' },
      })),
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(webhookBody) } } },
      responses: { '2XX': { description: 'Taken.' }, '410': { description: 'Nothing is wanted there any more.' } },
    },
  }
}

function health(): OpenApiDocument['paths'] {
  const get = (operationId: string, summary: string): { get: Operation } => ({
    get: {
      operationId,
      tags: ['system'],
      summary,
      security: [],
      parameters: [],
      responses: { '200': { description: 'It is.' }, '503': { description: 'It is not.' } },
    },
  })
  return {
    '/healthz': get('get_healthz', 'Whether the gateway is ready. Wants no token.'),
    '/readyz': get('get_readyz', 'Whether it is ready and no component fails. Wants no token.'),
  }
}

const HEADERS: Json = {
  RateLimit: { description: 'What is left of the quota, and for how many seconds.', schema: { type: 'string' } },
  'RateLimit-Policy': { description: 'The quota and its window.', schema: { type: 'string' } },
  ETag: { description: 'For `If-Match` of a PATCH, `If-None-Match` of a GET, `If-Range`.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
}

function headerRef(name: string): Json {
  return { $ref: `#/components/headers/${name}` }
}

function components(): Record<string, Json> {
  const { schemas } = z.toJSONSchema(shapes, {
    target: 'draft-2020-12',
    uri: (id) => `#/components/schemas/${id}`,
    // A client of today should take a field of tomorrow.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema as Json]),
  )
}

function schemaOf(of: z.ZodType): Json {
  const id = shapes.get(of)?.id
  if (id === undefined) throw new Error('an answer without a name in the registry of shapes')
  return { $ref: `#/components/schemas/${id}` }
}

/** A schema of what is sent. The one recursive shape in it is JSON itself, which is written as anything. */
function inputOf(of: z.ZodType): Json {
  const {
    $schema: _schema,
    $defs: _defs,
    ...schema
  } = z.toJSONSchema(of, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' })
  const anything = (_key: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$ref' in value ? { description: 'Any JSON.' } : value
  return JSON.parse(JSON.stringify(schema), anything)
}

function tagOf(path: string): string {
  return path.split('/')[3] ?? 'system'
}

function operationId({ method, path }: Route): string {
  return [method.toLowerCase(), ...path.split('/').slice(3)]
    .join('_')
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .replaceAll('__', '_')
}
