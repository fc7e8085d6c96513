/**
 * One chat websocket of the sandbox's Signal server: the mock's, with a tap that may answer a request in the mock's
 * place, see every answer, and break the line instead of answering.
 */
import type { Device, MockServer, MockWebSocket, WSRequest, WSResponse } from './mock.ts'
import { MockConnection } from './mock.ts'

export interface Reply {
  status: number
  headers: Record<string, string>
  body: unknown
}

/** What the server sees of a request on a chat connection. */
export interface ChatRequest {
  verb: string
  path: string
  query: URLSearchParams
  /** Parsed JSON; undefined when there is none. */
  body: unknown
  /** The request's own credentials, as in `authorization`. */
  authorization: string | undefined
  /** Whose connection it came on; undefined on one without credentials. */
  device: Device | undefined
}

export interface ConnectionTap {
  /** An answer to give in the mock's place. */
  before(request: ChatRequest): Promise<Reply | undefined>
  /** What belongs into a good answer of the mock's beside what it says. */
  beside(request: ChatRequest): Readonly<Record<string, unknown>> | undefined
  /** Sees the answer before it leaves; `lose` breaks the connection instead of sending it. */
  after(request: ChatRequest, reply: { status: number; body: unknown }): Promise<'answer' | 'lose'>
}

type MockRequest = ConstructorParameters<typeof MockConnection>[0]

export class SignalConnection extends MockConnection {
  readonly #tap: ConnectionTap
  readonly #socket: MockWebSocket
  readonly authenticatedAs: Device | undefined

  constructor(
    upgrade: MockRequest,
    socket: MockWebSocket,
    server: MockServer,
    authenticatedAs: Device | undefined,
    tap: ConnectionTap,
  ) {
    super(upgrade, socket, server)
    this.#tap = tap
    this.#socket = socket
    this.authenticatedAs = authenticatedAs
  }

  /** Breaks the line without a closing handshake. */
  drop(): void {
    this.#socket.terminate()
  }

  protected override async handleRequest(request: WSRequest): Promise<WSResponse> {
    const url = new URL(request.path ?? '/', 'https://localhost')
    const seen: ChatRequest = {
      verb: request.verb ?? '',
      path: url.pathname,
      query: url.searchParams,
      body: parseJson(request.body ?? undefined),
      authorization: headerOf(request.headers, 'authorization'),
      device: this.authenticatedAs,
    }
    const instead = await this.#tap.before(seen)
    const response = instead === undefined ? await super.handleRequest(request) : toResponse(request.id, instead)
    const more = instead === undefined && response.status === 200 ? this.#tap.beside(seen) : undefined
    if (more !== undefined) {
      const said = parseJson(response.body ?? undefined)
      response.body = Buffer.from(JSON.stringify({ ...(said as object), ...more }))
    }
    const fate = await this.#tap.after(seen, {
      status: response.status ?? 0,
      body: parseJson(response.body ?? undefined),
    })
    if (fate === 'lose') this.drop()
    return response
  }
}

function toResponse(id: bigint | null, reply: Reply): WSResponse {
  return {
    id,
    status: reply.status,
    message: null,
    headers: [
      'Content-Type:application/json',
      `X-Signal-Timestamp:${Date.now()}`,
      ...Object.entries(reply.headers).map(([name, value]) => `${name}:${value}`),
    ],
    body: Buffer.from(JSON.stringify(reply.body ?? {})),
  }
}

/** Headers come as `name:value`. */
function headerOf(headers: readonly string[] | null | undefined, name: string): string | undefined {
  const found = headers?.find((header) => header.toLowerCase().startsWith(`${name}:`))
  return found?.slice(name.length + 1).trim()
}

function parseJson(octets: Uint8Array | undefined): unknown {
  if (octets === undefined || octets.length === 0) return undefined
  try {
    return JSON.parse(Buffer.from(octets).toString('utf8'))
  } catch {
    return undefined
  }
}
