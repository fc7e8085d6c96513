/**
 * Optimistic locking (RFC 9110 §13.1.1) wherever there is a PATCH: GET answers an `ETag`, PATCH with `If-Match` is refused
 * when it is another one now. Rows with a version check it in their own transaction; of all others the tag is a hash of
 * what GET answers, and changes of one address come one after the other.
 */
import { fingerprint } from './fingerprint.ts'
import { Problem } from './problem.ts'
import { type Call, type Reply, type Route, STREAMING } from './route.ts'

const TAG_CHARS = 32

/** A row's version as its `ETag`. */
export function etag({ version }: { version: number }): { ETag: string } {
  return { ETag: `"${version}"` }
}

/** The version that `If-Match` names; undefined when it is absent or `*`. Throws Problem 412 when it is none of ours. */
export function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const version = /^"(\d{1,15})"$/.exec(header)?.[1]
  if (version !== undefined) return Number(version)
  throw anotherVersion()
}

/** The GET at the address of a PATCH, or undefined: nothing is there to compare with. */
export function readerOf(row: Pick<Route, 'method' | 'path'>, routes: readonly Route[]): Route | undefined {
  if (row.method !== 'PATCH') return undefined
  return routes.find(({ method, path }) => method === 'GET' && path === row.path)
}

/** Whether its answers carry an `ETag`: of a PATCH, and of the GET beside it. */
export function isTagged(row: Route, routes: readonly Route[]): boolean {
  return row.method === 'GET'
    ? routes.some((one) => one.path === row.path && readerOf(one, routes) === row)
    : readerOf(row, routes) !== undefined
}

/** The answer with its tag, where it has none of its own. */
export function tagged(reply: Reply): Reply {
  if (reply.headers?.['ETag'] !== undefined || reply.body === undefined) return reply
  return { ...reply, headers: { ...reply.headers, ETag: tagOf(reply) } }
}

/** Changes of one address that come one after the other. */
export class Changes {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `change` unless `If-Match` names another state than `reader` answers now. Throws Problem 412. */
  change(call: Call<unknown, unknown>, reader: Route, change: () => Promise<Reply | typeof STREAMING>) {
    const header = call.header('if-match')
    if (header === undefined || header === '*') return change()
    return this.#inTurn(call.raw.request.url ?? '', async () => {
      const now = await reader.handle({ ...call, body: undefined, query: {} })
      // With a tag of its own the row's handler looks, inside its transaction.
      const isHandlers = now === STREAMING || now.headers?.['ETag'] !== undefined
      const named = header.split(',').map((tag) => tag.trim())
      if (!isHandlers && !named.includes(tagOf(now))) throw anotherVersion()
      return change()
    })
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const done = (async () => {
      await before?.catch(() => undefined)
      return work()
    })()
    this.#last.set(key, done)
    try {
      return await done
    } finally {
      if (this.#last.get(key) === done) this.#last.delete(key)
    }
  }
}

function tagOf({ body }: Reply): string {
  return `"${fingerprint(body).slice(0, TAG_CHARS)}"`
}

function anotherVersion(): Problem {
  return new Problem({
    status: 412,
    code: 'version-mismatch',
    title: 'It has another version',
    detail: 'If-Match takes the ETag that GET answers; read it again.',
  })
}
