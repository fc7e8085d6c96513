/**
 * What a route is: one row with method, path, scope, the shapes of body and query beside it, and the handler. The
 * table of all rows is `routes.ts`; `mount.ts` puts it on express. Tests walk the table.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Principal } from './auth.ts'
import type { ApiPorts } from './ports.ts'
import type { Access } from './scopes.ts'

export interface Call<Body, Query> {
  ports: ApiPorts
  principal: Principal
  params: Readonly<Record<string, string>>
  body: Body
  query: Query
  /** Lower-case name → value. */
  header(name: string): string | undefined
  /** Of routes with `fileBytesMax`: the body. */
  file?: Buffer
  /** For routes that write their answer themselves (event streams). */
  raw: { request: IncomingMessage; response: ServerResponse }
}

export interface Reply {
  status: number
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** The handler has written, or is writing, the answer itself. */
export const STREAMING = Symbol('streaming')

export interface Route<Body = unknown, Query = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  scope: Access
  summary: string
  /** Absent: the route takes no body. */
  body?: z.ZodType<Body>
  /** The body is a file: the handler reads it from `raw.request`, however long that takes. */
  stream?: true
  /** With `stream`: the body may also be a form with files in it (multipart.ts), and with these fields. */
  form?: z.ZodType
  /** With `stream`: the file is read whole, at most so many octets, and is part of what an `Idempotency-Key` stands for. */
  fileBytesMax?: number
  /** Absent: the route takes no query parameters. */
  query?: z.ZodType<Query>
  /** The handler sees to `Idempotency-Key` in the transaction that does the work; else `once.ts` does. */
  repeats?: 'itself'
  /** A field of the answer that is kept nowhere, and is not there when the answer is repeated. */
  shownOnce?: string
  handle(call: Call<Body, Query>): Promise<Reply | typeof STREAMING>
}

/** A row of the table, its handler typed by the shapes beside it. */
export function route<Body = undefined, Query = Record<never, never>>(row: Route<Body, Query>): Route {
  // The mount parses body and query with the row's own schemas before it calls the handler.
  return row as unknown as Route
}

/** 200 with a JSON body. */
export function ok(body: unknown, headers?: Readonly<Record<string, string>>): Reply {
  return headers === undefined ? { status: 200, body } : { status: 200, body, headers }
}
