/**
 * The ways to MMSCs: a client over the bearer that the configuration names, one bearer a modem, shared and closed when it
 * idles; and what the last exchange failed by, for whoever shows how a modem is.
 */
import type { Bearer } from '../../modem/mms/bearer/bearer.ts'
import { SharedBearer } from '../../modem/mms/bearer/holder.ts'
import { interfaceBearer } from '../../modem/mms/bearer/interface.ts'
import { modemSocketBearer } from '../../modem/mms/bearer/modem-socket.ts'
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import { createMmsExchange, EXCHANGE_TIMINGS } from '../../modem/mms/client.ts'
import { createEmbeddedExchange, SENDS_ONLY } from '../../modem/mms/embedded/exchange.ts'
import type { MmscAnswer, MmsExchange, MmsStep } from '../../modem/mms/exchange.ts'
import type { OwnNumber } from '../../modem/mms/http/headers.ts'
import { systemClock } from '../../modem/serial/surroundings.ts'
import type { ModemMmsConfig } from '../config.ts'
import { nationalDigits } from '../domain/address.ts'
import type { Log } from '../log.ts'
import { diallingBearer, diallingObstacle } from './mms-dialling.ts'
import type { MmsModem } from './mms-modem.ts'

/** An exchange with one carrier over one modem. */
export interface MmsWay extends MmsExchange {
  /** Why the carrier was not reached the last time; undefined: it was, or nobody has tried. */
  trouble?(): { code: `unreachable-${MmsStep}`; words: string } | undefined
  /** Why nothing can be fetched by it, in words, though it sends; undefined: it can. */
  sendsOnly?: string
  /** It has the port of the texts, so that the modem is away for its sake. */
  hasPort?(): boolean
  /** What can be seen to stand in its way before anything is tried, and what to do. */
  obstacle?(): Promise<string | undefined>
  /** Closes the bearer; exchanges that run fail. */
  stop?(): Promise<void>
}

/** How MMSCs are reached. */
export interface MmsWays {
  /** For each carrier of a modem once. */
  exchange(modem: MmsModem, carrier: CarrierRecord, bearer: ModemMmsConfig['bearer']): MmsWay
}

export interface MmsWaysOptions {
  /** How long a carrier may be silent. */
  timeoutMs: number
  /** Where what a dialled connection needs may be written for as long as it lasts. */
  runDirectory: string
  log: Log
}

const STEPS: Readonly<Record<MmsStep, string>> = {
  bearer: 'the way to the carrier does not open',
  dns: 'the carrier’s resolver does not help',
  proxy: 'the carrier’s proxy cannot be reached',
  http: 'the MMSC does not answer',
  pdu: 'the MMSC cannot be understood',
}

/** Those of this machine. */
export function createMmsWays(options: MmsWaysOptions): MmsWays {
  return {
    exchange: (modem, carrier, config) => {
      if (config.kind === 'embedded') return noted({ sendsOnly: SENDS_ONLY, ...embedded(modem, carrier) })
      let hasPort = false
      const lent = (isLent: boolean) => {
        hasPort = isLent
      }
      const { log } = options
      const bearer = new SharedBearer(bearerOf(modem, carrier, config, { ...options, lent }), {
        clock: systemClock,
        log,
      })
      const way = { ...overBearer(modem, carrier, bearer, options), stop: () => bearer.stop() }
      if (config.kind !== 'ppp') return noted(way)
      const obstacle = () => diallingObstacle({ modem, config: config.dial })
      return noted({ ...way, hasPort: () => hasPort, obstacle })
    },
  }
}

/** The same, which remembers why the carrier was not reached. */
function noted(way: MmsWay): MmsWay {
  let trouble: ReturnType<NonNullable<MmsWay['trouble']>>
  const note = (answer: MmscAnswer, signal: AbortSignal | undefined) => {
    if (answer.kind === 'unreachable' && signal?.aborted !== true) {
      trouble = { code: `unreachable-${answer.step}`, words: `${STEPS[answer.step]}: ${answer.reason}` }
    } else if (answer.kind !== 'unreachable' && answer.kind !== 'refused-url') trouble = undefined
    return answer
  }
  return {
    ...way,
    retrieve: async (request, signal) => note(await way.retrieve(request, signal), signal),
    submit: async (request, signal) => note(await way.submit(request, signal), signal),
    trouble: () => trouble,
  }
}

function overBearer(
  modem: MmsModem,
  carrier: CarrierRecord,
  bearer: Bearer,
  { log, timeoutMs }: MmsWaysOptions,
): MmsExchange {
  const timings = { ...EXCHANGE_TIMINGS, firstByteMs: timeoutMs, silenceMs: timeoutMs }
  // The number may become known, or change with the SIM, between two exchanges.
  const client = () => {
    const own = ownNumber(modem.status().number)
    const known = own === undefined ? {} : { own }
    return createMmsExchange({ carrier, bearer, clock: systemClock, log, timings, ...known })
  }
  // A modem has one socket for it: who fetches and who sends take turns.
  const turn = bearer.kind === 'modem-socket' ? turns() : <T>(work: () => Promise<T>) => work()
  return {
    retrieve: (request, signal) => turn(() => client().retrieve(request, signal)),
    submit: (request, signal) => turn(() => client().submit(request, signal)),
  }
}

/** The module's own commands, each in its turn behind what texts need. */
function embedded(modem: MmsModem, carrier: CarrierRecord): MmsExchange {
  // What it is, is known when the modem has started.
  const client = () =>
    createEmbeddedExchange({
      run: (command) => modem.run(command),
      manufacturer: modem.status().manufacturer,
      carrier,
    })
  const turn = turns()
  return {
    retrieve: (request, signal) => client().retrieve(request, signal),
    submit: (request, signal) => turn(() => client().submit(request, signal)),
  }
}

/** Those who wait are few by nature: a modem's fetching, its sending and its test do one thing at a time each. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
}

function bearerOf(
  modem: MmsModem,
  carrier: CarrierRecord,
  config: Exclude<ModemMmsConfig['bearer'], { kind: 'embedded' }>,
  { runDirectory, log, lent }: MmsWaysOptions & { lent: (isLent: boolean) => void },
): Bearer {
  if (config.kind === 'ppp') return diallingBearer({ modem, carrier, config: config.dial, runDirectory, log, lent })
  if (config.kind === 'interface') {
    const { name: interfaceName, gateway } = config
    return interfaceBearer({ interfaceName, dns: carrier.dns ?? [], ...(gateway === undefined ? {} : { gateway }) })
  }
  const { apn, auth, user = '', password = '' } = carrier
  return {
    kind: 'modem-socket',
    // What it is, is known when the modem has started.
    open: (signal) =>
      modemSocketBearer({
        run: (command) => modem.run(command),
        manufacturer: modem.status().manufacturer,
        apn: { apn, auth, user, password },
        clock: systemClock,
      }).open(signal),
  }
}

function ownNumber(e164: string | undefined): OwnNumber | undefined {
  const national = e164 === undefined ? undefined : nationalDigits(e164)
  return e164 === undefined || national === undefined ? undefined : { msisdn: e164.slice(1), national }
}
