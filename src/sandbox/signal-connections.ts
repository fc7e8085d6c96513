/**
 * The open lines of the sandbox's Signal server: takes upgrades in the mock's place (and refuses them where told to),
 * knows who is connected, and breaks lines on command.
 */
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { SignalFaults } from './faults.ts'
import type { Device, MockServer } from './mock.ts'
import { openWebSocket } from './mock.ts'
import type { ConnectionTap } from './signal-connection.ts'
import { SignalConnection } from './signal-connection.ts'

interface TappedServer extends MockServer, ConnectionTap {
  /** Answers some requests in the mock's place. */
  readonly groupRoutes: {
    serve(request: Http2ServerRequest, response: Http2ServerResponse): boolean
  }
}

export class SignalConnections {
  readonly #server: TappedServer
  readonly #faults: SignalFaults
  readonly #connections = new Set<SignalConnection>()
  readonly #sockets = new Set<Socket>()

  constructor(server: TappedServer, faults: SignalFaults) {
    this.#server = server
    this.#faults = faults
  }

  /** Takes over a listener before its first connection. */
  serve(https: Http2SecureServer): void {
    https.removeAllListeners('connect')
    https.on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      void this.#accept(request, response)
    })
    const ofMock = https.listeners('request')
    https.removeAllListeners('request')
    https.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      tolerateAbort(response)
      const serve = () => {
        if (this.#server.groupRoutes.serve(request, response)) return
        for (const listener of ofMock) listener.call(https, request, response)
      }
      const hold = this.#faults.onHold(request.url)
      if (hold === undefined) serve()
      else void hold.then(serve)
    })
    https.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Breaks every chat connection without a handshake. */
  drop(): void {
    for (const connection of this.#connections) connection.drop()
  }

  /** Breaks everything, down to TCP. */
  destroy(): void {
    this.drop()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Connections with the credentials of this account. */
  of(aci: string): readonly SignalConnection[] {
    return [...this.#connections].filter((connection) => connection.authenticatedAs?.aci === aci)
  }

  async #accept(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const credentials = basicCredentials(request.headers.authorization)
    let device: Device | undefined
    if (credentials !== undefined) {
      const refusal = this.#faults.onConnect()
      device = await this.#server.auth(credentials.username, credentials.password)
      const signedOut = device === undefined || this.#server.isUnregistered(device.aci)
      if (refusal !== undefined || signedOut) {
        response.writeHead(refusal?.status ?? 403, refusal?.headers ?? {})
        response.end()
        return
      }
    }
    const { alerts } = this.#faults
    response.writeHead(200, device === undefined || alerts === undefined ? {} : { 'x-signal-alert': alerts })
    const socket = openWebSocket(request.stream)
    const connection = new SignalConnection(request, socket, this.#server, device, this.#server)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    await connection.start(socket).catch(() => socket.close())
  }
}

type HttpResponse = Pick<Http2ServerResponse, 'headersSent' | 'setHeader'>

/**
 * When a client goes away in the middle of a download, the mock answers once more, with an error that nobody handles:
 * that would end the process.
 */
function tolerateAbort(response: HttpResponse): void {
  const setHeader = response.setHeader.bind(response)
  response.setHeader = (name, value) => {
    if (!response.headersSent) setHeader(name, value)
  }
}

function basicCredentials(header: string | undefined): { username: string; password: string } | undefined {
  const encoded = /^basic (.+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [username = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { username, password: rest.join(':') }
}
