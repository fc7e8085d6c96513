/**
 * Listens: on TCP for everybody with a token, and on a Unix socket for the owner of the box. Closes both within a
 * bounded time.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { dirname } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import { endStreams } from './api/events.ts'
import { createApp } from './mount.ts'
import type { ApiPorts } from './ports.ts'
import { routes } from './routes.ts'

export interface HttpOptions {
  listen: { host: string; port: number }
  /** HTTPS, and nothing but that, on TCP; left out: plain HTTP. */
  tls?: TlsSource
  /** `<runtime_dir>/api.sock`. */
  socketPath: string
}

/** PEM texts, and those that come after them. */
export interface TlsSource {
  readonly current: { cert: string; key: string }
  onRenewed(listener: (renewed: { cert: string; key: string }) => void): void
}

export interface HttpServer {
  /** The port that was taken, where 0 was asked for. */
  port: number
  /** Ends streams, lets running requests finish for a bounded time, closes. */
  stop(): Promise<void>
}

const STOP_TIMEOUT_MS = 5_000
const HEADERS_TIMEOUT_MS = 10_000
const HANDSHAKE_TIMEOUT_MS = 10_000
/** A large file over a slow line; all other bodies have less (mount.ts). */
const REQUEST_TIMEOUT_MS = 3_600_000
const CONNECTIONS_MAX = 512
/** sockaddr_un.sun_path with its closing zero. */
const SOCKET_PATH_BYTES_MAX = 107
const PROBE_TIMEOUT_MS = 1_000

/**
 * Starts both. Errors: CausewayError `config-listen` (port taken, address not here, socket path too long or taken by a
 * gateway that runs).
 */
export async function startHttp(ports: ApiPorts, options: HttpOptions): Promise<HttpServer> {
  const local = new WeakSet<IncomingMessage>()
  const app = createApp(routes, ports, (request) => local.has(request))
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }
  const tcp = options.tls === undefined ? createServer(limits, app) : secureServer(options.tls, limits, app)
  tcp.maxConnections = CONNECTIONS_MAX
  const unix = createServer(limits, (request, response) => {
    local.add(request)
    app(request, response)
  })
  await freeSocketPath(options.socketPath)
  await listening(unix, options.socketPath, () => unix.listen(options.socketPath))
  chmodSync(options.socketPath, 0o600)
  const { host, port } = options.listen
  try {
    await listening(tcp, `${host}:${port}`, () => tcp.listen(port, host))
  } catch (error) {
    await closed(unix)
    throw error
  }
  return {
    port: (tcp.address() as AddressInfo).port,
    stop: async () => {
      endStreams(ports)
      await Promise.all([closed(tcp), closed(unix)])
    },
  }
}

function secureServer(
  tls: TlsSource,
  limits: { headersTimeout: number; requestTimeout: number },
  app: RequestListener,
): SecureServer {
  const fixed = { minVersion: 'TLSv1.2' } as const
  const { cert, key } = tls.current
  const server = createSecureServer({ ...limits, ...fixed, handshakeTimeout: HANDSHAKE_TIMEOUT_MS, cert, key }, app)
  // Connections that are open go on with the one they began with.
  tls.onRenewed((renewed) => server.setSecureContext({ ...fixed, cert: renewed.cert, key: renewed.key }))
  return server
}

/** Removes a socket that a killed gateway left; refuses to take one that answers. */
async function freeSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw cannotListen(path, `the path is longer than ${SOCKET_PATH_BYTES_MAX} octets; choose a shorter runtime_dir`)
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
  const isTaken = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    const end = (taken: boolean) => {
      probe.destroy()
      resolve(taken)
    }
    probe.setTimeout(PROBE_TIMEOUT_MS, () => end(true))
    probe.once('connect', () => end(true))
    probe.once('error', () => end(false))
  })
  if (isTaken) throw cannotListen(path, 'another gateway runs there; stop it first')
  rmSync(path, { force: true })
}

function listening(server: Server | SecureServer, where: string, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = {
        EADDRINUSE: 'the port is taken',
        EACCES: 'this user may not',
        EADDRNOTAVAIL: 'no such address here',
      }
      reject(cannotListen(where, why[cause.code as keyof typeof why] ?? cause.message, cause))
    })
    server.once('listening', () => resolve())
    listen()
  })
}

function closed(server: Server | SecureServer): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), STOP_TIMEOUT_MS)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function cannotListen(where: string, why: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'config-listen',
    message: `The API cannot listen at ${where}: ${why}.`,
    retry: 'after-human',
    cause,
  })
}
