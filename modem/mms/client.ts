/**
 * An exchange with a carrier's MMSC, over whatever bearer: address guard, bearer, resolver, connection, HTTP, and what
 * the answer is. It opens the bearer for each exchange and gives it back; sharing and idling are the bearer's (SharedBearer).
 *
 *   url ─▶ guardUrl ─▶ bearer.open ─▶ (proxy or host) resolve ─▶ guard again ─▶ connect ─▶ (TLS) ─▶ transfer ─▶ MmscAnswer
 */
import type { Duplex } from 'node:stream'
import type { Clock, Log } from '../serial/surroundings.ts'
import { type Bearer, BearerError, type BearerLease } from './bearer/bearer.ts'
import type { CarrierRecord } from './carrier.ts'
import type { MmscAnswer, MmsExchange, MmsStep } from './exchange.ts'
import { answerOf } from './http/answer.ts'
import { type OwnNumber, requestHeaders } from './http/headers.ts'
import { addressOctets, refusedAddress } from './http/ip.ts'
import { secured } from './http/tls.ts'
import { type TransferTimings, transfer } from './http/transfer.ts'
import { type GuardContext, guardUrl, type MmsUrl } from './http/url.ts'

export interface ExchangeTimings extends TransferTimings {
  resolveMs: number
  /** Of each address that is tried. */
  connectMs: number
}

/** GPRS takes half a minute for what LTE does in one second; a minute of silence is the end on both. */
export const EXCHANGE_TIMINGS: ExchangeTimings = {
  resolveMs: 20_000,
  connectMs: 20_000,
  firstByteMs: 60_000,
  silenceMs: 60_000,
  wholeMs: 600_000,
}

/** An answer to what we submit: m-send-conf, or nothing. */
const CONFIRMATION_BYTES_MAX = 65_536
/** Addresses of one name that are tried. */
const ADDRESSES_MAX = 3

export interface MmsExchangeOptions {
  readonly carrier: CarrierRecord
  readonly bearer: Bearer
  readonly clock: Clock
  readonly log: Log
  /** For the headers that some carriers want; without it they are left out. */
  readonly own?: OwnNumber
  readonly timings?: ExchangeTimings
  /** PEM of authorities for https besides the machine's own. */
  readonly authorities?: readonly string[]
}

/** Retrieves from and submits to one carrier's MMSC over its bearer; how far an exchange got is in its answer. */
export function createMmsExchange(options: MmsExchangeOptions): MmsExchange {
  const { carrier } = options
  return {
    retrieve: ({ url, transactionId, bytesMax }, signal) => {
      const whole = carrier.appendTransactionId && url.endsWith('message-id=') ? `${url}${transactionId}` : url
      return run(options, { method: 'GET', url: whole, body: undefined, bytesMax }, signal)
    },
    submit: ({ pdu, url = carrier.mmsc, onStep }, signal) =>
      run(options, { method: 'POST', url, body: pdu, bytesMax: CONFIRMATION_BYTES_MAX, onStep }, signal),
  }
}

interface Errand {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly body: Uint8Array | undefined
  readonly bytesMax: number
  readonly onStep?: ((step: MmsStep) => void) | undefined
}

async function run(options: MmsExchangeOptions, errand: Errand, signal?: AbortSignal): Promise<MmscAnswer> {
  const { bearer, clock } = options
  const never = new AbortController()
  const context = guardContext(options.carrier, [])
  const early = guardUrl(errand.url, context)
  if (!early.ok) return { kind: 'refused-url', reason: early.reason }
  const called = signal ?? never.signal
  let lease: BearerLease
  try {
    lease = await bearer.open(called)
  } catch (error) {
    return unreachable('bearer', error)
  }
  try {
    const guarded = guardUrl(errand.url, guardContext(options.carrier, lease.ownNetworks))
    errand.onStep?.('bearer')
    if (!guarded.ok) return { kind: 'refused-url', reason: guarded.reason }
    return await exchange(options, lease, guarded.url, errand, called)
  } catch (error) {
    if (error instanceof RefusedAddress) return { kind: 'refused-url', reason: error.message }
    if (error instanceof StepError) return unreachable(error.step, error)
    return unreachable('http', error)
  } finally {
    await lease.close()
    options.log.debug({ bearer: bearer.kind, atMs: clock.nowMs() }, 'an MMS exchange has ended')
  }
}

async function exchange(
  options: MmsExchangeOptions,
  lease: BearerLease,
  url: MmsUrl,
  errand: Errand,
  signal: AbortSignal,
): Promise<MmscAnswer> {
  const { carrier, clock, timings = EXCHANGE_TIMINGS } = options
  // A proxy of the WAP kind takes no CONNECT: https goes to its host, over the bearer all the same.
  const proxy = url.scheme === 'https' ? null : carrier.proxy
  const addresses = await addressesOf(options, lease, proxy?.host ?? url.host, proxy === null, signal)
  if (addressOctets(proxy?.host ?? url.host) === undefined) errand.onStep?.('dns')
  const tcp = await connected(
    options,
    lease,
    addresses,
    proxy?.port ?? url.port,
    proxy === null ? 'http' : 'proxy',
    signal,
  )
  if (proxy !== null) errand.onStep?.('proxy')
  const connection =
    url.scheme === 'https'
      ? await limited(clock, timings.connectMs, 'http', signal, (each) =>
          secured(tcp, url, options.authorities ?? [], each),
        )
      : tcp
  const result = await transfer(
    connection,
    {
      method: errand.method,
      target: proxy === null ? url.target : `http://${url.authority}${url.target}`,
      headers: requestHeaders(carrier, url.authority, errand.body !== undefined, options.own, options.log),
      body: errand.body,
      bytesMax: errand.bytesMax,
    },
    { clock, timings, signal },
  )
  const answer = answerOf(result, errand.bytesMax)
  if (answer.kind === 'pdu' || answer.kind === 'accepted') errand.onStep?.('http')
  return answer
}

/** Literal addresses to connect to, in the resolver's order. */
async function addressesOf(
  { carrier, clock, timings = EXCHANGE_TIMINGS }: MmsExchangeOptions,
  lease: BearerLease,
  host: string,
  isOfStranger: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (addressOctets(host) !== undefined) return [host]
  const found = await limited(clock, timings.resolveMs, 'dns', signal, (each) => lease.resolve(host, each))
  if (found.length === 0)
    throw new StepError('dns', `the carrier's resolver knows no address of the ${isOfStranger ? 'MMSC' : 'proxy'}`)
  // A name may lead anywhere, and elsewhere than the last time.
  const refusals = found.map((address) => refusedAddress(address, lease.ownNetworks))
  const allowed = found.filter((_, at) => refusals[at] === undefined)
  if (allowed.length === 0) {
    throw new RefusedAddress(`its host is never asked: ${refusals[0] ?? 'it is no address'} (${carrier.id})`)
  }
  return allowed.slice(0, ADDRESSES_MAX)
}

async function connected(
  { clock, timings = EXCHANGE_TIMINGS }: MmsExchangeOptions,
  lease: BearerLease,
  addresses: readonly string[],
  port: number,
  step: MmsStep,
  signal: AbortSignal,
): Promise<Duplex> {
  let last: unknown
  for (const address of addresses) {
    try {
      return await limited(clock, timings.connectMs, step, signal, (each) => lease.connect(address, port, each))
    } catch (error) {
      last = error
      if (signal.aborted) break
    }
  }
  throw last
}

/** What the owner wrote is asked whatever it is; what a stranger wrote only where it is the same place. */
function guardContext({ mmsc }: CarrierRecord, ownNetworks: readonly string[]): GuardContext {
  const own = /^(https?):\/\/(\[[^\]]+\]|[^/:?#]+)(?::(\d{1,5}))?/i.exec(mmsc)
  if (own === null) return { ownNetworks, trusted: [] }
  const [, scheme = '', host = '', port] = own
  const standardPort = scheme.toLowerCase() === 'https' ? 443 : 80
  return {
    ownNetworks,
    trusted: [{ host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? standardPort : Number(port) }],
  }
}

class StepError extends Error {
  readonly step: MmsStep

  constructor(step: MmsStep, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StepError'
    this.step = step
  }
}

class RefusedAddress extends Error {}

/** Runs one step under its own limit; whatever it throws is that step's, or the bearer's. */
async function limited<T>(
  clock: Clock,
  limitMs: number,
  step: MmsStep,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const stop = () => limit.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const cancel = clock.after(limitMs, stop)
  try {
    return await work(limit.signal)
  } catch (error) {
    if (signal.aborted) throw new StepError(step, 'it was called off', error)
    if (error instanceof BearerError && error.step === 'bearer') throw new StepError('bearer', error.message, error)
    if (limit.signal.aborted) throw new StepError(step, `it took longer than ${limitMs / 1000} s`, error)
    throw new StepError(step, error instanceof Error ? error.message : 'it failed', error)
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}

/** Nothing of the request had left. */
function unreachable(step: MmsStep, error: unknown): MmscAnswer {
  return { kind: 'unreachable', step, bodySent: false, reason: error instanceof Error ? error.message : 'it failed' }
}
