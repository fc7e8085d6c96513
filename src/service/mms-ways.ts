/**
 * The ways to MMSCs: a client over the bearer that the configuration names, one bearer a modem, shared and closed when it
 * idles; and what the last exchange failed by, for whoever shows how a modem is.
 */
import type { SmsModem } from '../../modem/contract.ts'
import type { RunCommand } from '../../modem/mms/bearer/at-stream.ts'
import type { Bearer } from '../../modem/mms/bearer/bearer.ts'
import { SharedBearer } from '../../modem/mms/bearer/holder.ts'
import { interfaceBearer } from '../../modem/mms/bearer/interface.ts'
import { modemSocketBearer } from '../../modem/mms/bearer/modem-socket.ts'
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import { createMmsExchange, EXCHANGE_TIMINGS } from '../../modem/mms/client.ts'
import type { MmscAnswer, MmsExchange, MmsStep } from '../../modem/mms/exchange.ts'
import type { OwnNumber } from '../../modem/mms/http/headers.ts'
import { systemClock } from '../../modem/serial/surroundings.ts'
import type { ModemMmsConfig } from '../config.ts'
import { nationalDigits } from '../domain/address.ts'
import type { Log } from '../log.ts'

/** A modem whose own sockets may be used. */
export type MmsModem = SmsModem & { run: RunCommand }

/** An exchange with one carrier over one modem. */
export interface MmsWay extends MmsExchange {
  /** Why the carrier was not reached the last time, in words; undefined: it was, or nobody has tried. */
  trouble?(): string | undefined
  /** Closes the bearer; exchanges that run fail. */
  stop?(): Promise<void>
}

/** How MMSCs are reached. */
export interface MmsWays {
  /** For each carrier of a modem once. */
  exchange(modem: MmsModem, carrier: CarrierRecord, bearer: ModemMmsConfig['bearer']): MmsWay
}

const STEPS: Readonly<Record<MmsStep, string>> = {
  bearer: 'the way to the carrier does not open',
  dns: 'the carrier’s resolver does not help',
  proxy: 'the carrier’s proxy cannot be reached',
  http: 'the MMSC does not answer',
  pdu: 'the MMSC cannot be understood',
}

/** Those of this machine. @param timeoutMs how long a carrier may be silent */
export function createMmsWays(log: Log, timeoutMs: number): MmsWays {
  const timings = { ...EXCHANGE_TIMINGS, firstByteMs: timeoutMs, silenceMs: timeoutMs }
  return {
    exchange: (modem, carrier, config) => {
      const bearer = new SharedBearer(bearerOf(modem, carrier, config), { clock: systemClock, log })
      let trouble: string | undefined
      const note = (answer: MmscAnswer, signal: AbortSignal | undefined) => {
        if (answer.kind === 'unreachable' && signal?.aborted !== true) {
          trouble = `${STEPS[answer.step]}: ${answer.reason}`
        } else if (answer.kind !== 'unreachable' && answer.kind !== 'refused-url') trouble = undefined
        return answer
      }
      // The number may become known, or change with the SIM, between two exchanges.
      const client = () => {
        const own = ownNumber(modem.status().number)
        const known = own === undefined ? {} : { own }
        return createMmsExchange({ carrier, bearer, clock: systemClock, log, timings, ...known })
      }
      // A modem has one socket for it: who fetches and who sends take turns.
      const turn = bearer.kind === 'modem-socket' ? turns() : <T>(work: () => Promise<T>) => work()
      return {
        retrieve: async (request, signal) => note(await turn(() => client().retrieve(request, signal)), signal),
        submit: async (request, signal) => note(await turn(() => client().submit(request, signal)), signal),
        trouble: () => trouble,
        stop: () => bearer.stop(),
      }
    },
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

function bearerOf(modem: MmsModem, carrier: CarrierRecord, config: ModemMmsConfig['bearer']): Bearer {
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
