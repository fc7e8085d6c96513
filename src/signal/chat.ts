/**
 * The connection to Signal's chat service: one authenticated socket that is kept up, one anonymous socket for sealed
 * messages that is opened when needed. Knows when to try again and when not: another process with our credentials,
 * a removed device or an outdated library end it until a person acts.
 *
 * libsignal does not reconnect by itself; it pings, and drops a connection that is idle for 45 s.
 */
import { X509Certificate } from 'node:crypto'
import { ErrorCode, LibSignalErrorBase, Net } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import { Answers } from './answers.ts'
import { type Clock, fraction, type Random } from './clock.ts'
import { userAgent } from './constants.ts'
import { asCauseway, shortly, signalError } from './errors.ts'
import { within } from './ongoing.ts'
import type { SignalServer } from './server.ts'

/** Full jitter between nothing and a bound that doubles from the first to the last of these. */
const backoffFirstMs = 1_000
const backoffMaxMs = 60_000
/** A connection that lived this long ends a series of failures. */
const stableAfterMs = 30_000
/** A wait that the server asked for is followed exactly, plus up to this. */
const jitterMaxMs = 1_000
const connectTimeoutMs = 70_000
const disconnectTimeoutMs = 2_000
/** Timestamps are identifiers in this protocol: a clock that is off by more than this is worth a warning. */
const skewToleratedMs = 2 * 60_000

export type ChatState =
  | { state: 'connecting' | 'disconnected'; reason: string }
  | { state: 'connected' }
  | { state: 'stopped'; reason: string }
  | EndState

/** Nothing but a person can help. */
interface EndState {
  state: 'connected-elsewhere' | 'signed-out' | 'expired'
  reason: string
}

/** libsignal's typings add these methods by a module augmentation that NodeNext does not resolve; they are there. */
type AuthenticatedConnection = Net.AuthenticatedChatConnection & Net.AuthMessagesService & Net.AuthUsernamesService
type AnonymousConnection = Net.UnauthenticatedChatConnection & Net.UnauthMessagesService & Net.UnauthUsernamesService

export interface ChatEvents {
  /** `ack` may be called more than once; only the first call counts. */
  envelope(envelope: Uint8Array<ArrayBuffer>, serverTimestampMs: number, ack: () => void): void
  state(state: ChatState): void
  /** `skewMs` or `alerts` is another one now. */
  noticed(): void
  /** All that had waited at the server when we connected is acknowledged. */
  drained(): void
}

/**
 * The mock server has WebSocket routes for some calls and gRPC routes for others (reference/signal-client.md section
 * 2); `ws` pins a call to the WebSocket, any other value to gRPC. Signal's own servers get libsignal's defaults.
 */
const customRemoteConfig = new Map<(typeof Net.REMOTE_CONFIG_KEYS)[number], string>([
  ['grpc.MessagesSendMessage', 'ws'],
  ['grpc.MessagesAnonymousSendSingleRecipientMessage', 'ws'],
  ['grpc.AccountsAnonymousCheckAccountExistence.2', 'ws'],
  ['grpc.MessagesAnonymousSendMultiRecipientMessage.2', 'true'],
  ['grpc.AttachmentsGetUploadForm', 'true'],
  ['grpc.AccountsAnonymousLookupUsernameHash', 'true'],
  ['grpc.AccountsAnonymousLookupUsernameLink.2', 'true'],
])

/** libsignal's network side for this server. One per process and server is enough. */
export function openNet(server: SignalServer): Net.Net {
  if (server.kind !== 'custom') {
    const env = server.kind === 'production' ? Net.Environment.Production : Net.Environment.Staging
    return new Net.Net({ env, userAgent })
  }
  const net = new Net.Net({
    localTestServer: true,
    userAgent,
    TESTING_localServer_chatPort: server.ports.chat,
    TESTING_localServer_cdsiPort: server.ports.cdsi,
    TESTING_localServer_svr2Port: server.ports.svr2,
    TESTING_localServer_svrBPort: server.ports.svrB,
    TESTING_localServer_rootCertificateDer: new Uint8Array(new X509Certificate(server.caPem).raw),
    TESTING_localServer_httpVersion: 2,
  })
  net.setRemoteConfig(customRemoteConfig, Net.BuildVariant.Production)
  return net
}

export class Chat {
  readonly net: Net.Net
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #events: ChatEvents
  #authenticated: AuthenticatedConnection | undefined
  #anonymous: Promise<AnonymousConnection> | undefined
  #stopping: AbortController | undefined
  #running: Promise<void> | undefined
  #answers = new Answers()
  #interrupt: ((cause: unknown) => void) | undefined
  #skewMs: number | undefined
  #alerts: readonly string[] = []
  #isConnected = false
  #metAtMs: number | undefined

  constructor(parts: { net: Net.Net; clock: Clock; random: Random; log: Log; events: ChatEvents }) {
    this.net = parts.net
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#events = parts.events
  }

  /** Connects and stays connected until `stop` or a state that only a person can end. `username` is `<aci>.<device>`. */
  start(username: string, password: string): void {
    if (this.#running !== undefined) return
    this.#stopping = new AbortController()
    this.#answers = new Answers()
    this.#running = this.#keepUp(username, password, this.#stopping.signal).catch((error) => {
      this.#log.error({ err: error }, 'the Signal connection loop ended')
    })
  }

  /** Ends the connection; resolves within a few seconds whatever the network does. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    this.#answers.end()
    const connections = [this.#authenticated, await settled(this.#anonymous)]
    this.#authenticated = undefined
    this.#anonymous = undefined
    await Promise.all(connections.map((connection) => this.#disconnect(connection)))
    if (this.#running !== undefined) await within(disconnectTimeoutMs, this.#running)
    this.#running = undefined
  }

  /**
   * `skewMs`: our clock minus the server's, where they differ by more than is tolerated. `alerts`: what the server had to say
   * when we connected last. `metAtMs`: until when we were connected; undefined: not yet.
   */
  get notices(): { skewMs: number | undefined; alerts: readonly string[]; metAtMs: number | undefined } {
    const metAtMs = this.#isConnected ? this.#clock.now() : this.#metAtMs
    return { skewMs: this.#skewMs, alerts: this.#alerts, metAtMs }
  }

  /** Gives up the present connection and makes a new one after the usual wait, so that the server delivers again. */
  reconnect(reason: string): void {
    this.#interrupt?.(new Error(reason))
  }

  /** The authenticated connection. Throws CausewayError `signal-unreachable` while there is none. */
  authenticated(): AuthenticatedConnection {
    if (this.#authenticated === undefined) throw signalError('signal-unreachable')
    return this.#authenticated
  }

  /** The anonymous connection, opened when there is none. Throws CausewayError `signal-unreachable`. */
  async anonymous(): Promise<AnonymousConnection> {
    const stopping = this.#stopping
    if (stopping === undefined || stopping.signal.aborted) throw signalError('signal-unreachable')
    this.#anonymous ??= this.#openAnonymous(stopping.signal)
    try {
      return await this.#anonymous
    } catch (error) {
      throw asCauseway(error)
    }
  }

  async #openAnonymous(signal: AbortSignal): Promise<AnonymousConnection> {
    const forget = () => {
      this.#anonymous = undefined
    }
    try {
      const connection = (await this.net.connectUnauthenticatedChat(
        { onConnectionInterrupted: forget },
        { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]) },
      )) as AnonymousConnection
      return this.#answers.of(connection)
    } catch (error) {
      forget()
      throw error
    }
  }

  async #keepUp(username: string, password: string, signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      this.#tell({ state: 'connecting', reason: 'connecting to Signal' })
      let cause: unknown
      try {
        const { interrupted } = await this.#connect(username, password, signal)
        const connectedAtMs = this.#clock.now()
        this.#tell({ state: 'connected' })
        cause = await interrupted
        if (this.#clock.now() - connectedAtMs >= stableAfterMs) failures = 0
      } catch (error) {
        cause = error
      }
      await this.#disconnect(this.#authenticated)
      this.#authenticated = undefined
      if (signal.aborted) break
      const end = terminal(cause)
      if (end !== undefined) {
        this.#log.warn({ state: end.state }, end.reason)
        this.#tell(end)
        return
      }
      const waitMs = this.#waitAfter(cause, failures)
      failures += 1
      this.#tell({ state: 'disconnected', reason: `no connection to Signal: ${shortly(cause)}` })
      this.#log.info({ waitMs, cause: shortly(cause) }, 'connection to Signal lost, will try again')
      await this.#clock.wait(waitMs, signal).catch(() => undefined)
    }
    this.#tell({ state: 'stopped', reason: 'stopped' })
  }

  /** Resolves when connected, with a promise that resolves (with the cause) when that connection ends. */
  async #connect(username: string, password: string, signal: AbortSignal): Promise<{ interrupted: Promise<unknown> }> {
    let interrupt: (cause: unknown) => void = () => undefined
    const interrupted = new Promise<unknown>((resolve) => {
      interrupt = resolve
    })
    signal.addEventListener('abort', () => interrupt(undefined), { once: true })
    const connection = (await this.net.connectAuthenticatedChat(
      username,
      password,
      false,
      {
        onConnectionInterrupted: (cause) => interrupt(cause ?? new Error('the connection was closed')),
        onIncomingMessage: (envelope, timestampMs, ack) => {
          this.#events.envelope(
            envelope,
            timestampMs,
            once(() => ack.send(200)),
          )
        },
        onQueueEmpty: () => this.#events.drained(),
        onReceivedAlerts: (alerts) => {
          if (alerts.length > 0) this.#log.warn({ alerts }, 'Signal says')
          this.#alerts = alerts
          this.#events.noticed()
        },
        onServerTimestamp: (timestampMs) => this.watchClock(timestampMs),
      },
      { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]) },
    )) as AuthenticatedConnection
    this.#authenticated = this.#answers.of(connection)
    this.#interrupt = interrupt
    return { interrupted }
  }

  #waitAfter(cause: unknown, failures: number): number {
    if (LibSignalErrorBase.is(cause, ErrorCode.RateLimitedError)) {
      return cause.retryAfterSecs * 1000 + fraction(this.#random) * jitterMaxMs
    }
    return fraction(this.#random) * Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(failures, 16))
  }

  /** Takes note of what the server's clock says now (ms since epoch). */
  watchClock(serverMs: number): void {
    const skewMs = this.#clock.now() - serverMs
    const off = Math.abs(skewMs) > skewToleratedMs
    const wasOff = this.#skewMs !== undefined
    this.#skewMs = off ? skewMs : undefined
    if (off === wasOff) return
    if (off)
      this.#log.warn({ skewMs }, 'our clock differs from Signal’s: set it right (NTP), message times depend on it')
    this.#events.noticed()
  }

  #tell(state: ChatState): void {
    if (this.#isConnected) this.#metAtMs = this.#clock.now()
    this.#isConnected = state.state === 'connected'
    this.#events.state(state)
  }

  async #disconnect(connection: { disconnect(): Promise<void> } | undefined): Promise<void> {
    if (connection === undefined) return
    await within(
      disconnectTimeoutMs,
      connection.disconnect().catch(() => undefined),
    )
  }
}

/** The state in which an error leaves us for good, or undefined when trying again may help. */
function terminal(cause: unknown): EndState | undefined {
  if (LibSignalErrorBase.is(cause, ErrorCode.ConnectedElsewhere)) {
    return {
      state: 'connected-elsewhere',
      reason: 'another process uses this account’s credentials: stop it, then restart this one',
    }
  }
  if (LibSignalErrorBase.is(cause, ErrorCode.DeviceDelinked)) {
    return {
      state: 'signed-out',
      reason: 'Signal has signed this account out (the number was registered elsewhere?): register again',
    }
  }
  if (LibSignalErrorBase.is(cause, ErrorCode.AppExpired)) {
    return { state: 'expired', reason: 'Signal refuses this version: update Causeway' }
  }
  return undefined
}

/** A second acknowledgement of one envelope panics inside libsignal. */
function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}

async function settled<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
  if (promise === undefined) return undefined
  return await within(
    disconnectTimeoutMs,
    promise.catch(() => undefined),
  )
}
