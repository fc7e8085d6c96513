/** The modems of the configuration as drivers, and as what the API shows of them. */
import { type ModemSink, type SmsModem, UssdError } from '../../modem/contract.ts'
import { PortScout } from '../../modem/discovery.ts'
import { HealRecord } from '../../modem/heal-record.ts'
import { ImeiClaims } from '../../modem/identity.ts'
import { Modem } from '../../modem/modem.ts'
import { type PinEntry, type PinEntryStore, PinRecord } from '../../modem/pin-record.ts'
import { shippedProfiles } from '../../modem/profile.ts'
import { listSerialPorts } from '../../modem/serial/listing.ts'
import { systemClock } from '../../modem/serial/surroundings.ts'
import { openTransport } from '../../modem/serial/transport.ts'
import { DEFAULT_TIMINGS } from '../../modem/timings.ts'
import type { Config } from '../config.ts'
import { CausewayError } from '../domain/errors.ts'
import type { ModemPort, ModemTexts } from '../http/modem-port.ts'
import type { Log } from '../log.ts'
import type { Router } from '../routing/router.ts'
import type { Database } from '../store/database.ts'
import { readHealing, writeHealing } from '../store/modem-healing.ts'
import { readPinEntries, writePinEntries } from '../store/pin-entries.ts'
import type { ModemLines } from './mms-lines.ts'
import type { SignalHistory } from './signal-history.ts'
import { keptPins, pinProblem } from './sim-pins.ts'

/** How long a command that a person typed may take. */
const COMMAND_TIMEOUT_MS = 30_000

/** One driver for each entry, not started yet. */
export function createModems(
  { modems: configs, calls, broadcasts }: Pick<Config, 'modems' | 'calls' | 'broadcasts'>,
  sink: ModemSink,
  db: Database,
  scout: PortScout,
  log: Log,
): readonly Modem[] {
  const claims = new ImeiClaims()
  const pins = new PinRecord(pinEntries(db), () => systemClock.nowMs())
  const kept = keptPins(db)
  const healing = new HealRecord(
    {
      read: (id) => readHealing(db, id),
      write: (id, steps) => writeHealing(db, id, steps, systemClock.nowMs()),
    },
    (error) => log.warn({ err: error }, 'what was done about a modem could not be kept'),
  )
  return configs.map(
    ({ port, imei, label, number, pin }) =>
      new Modem({
        port,
        imei,
        ...(label === undefined ? {} : { label }),
        ...(number === undefined ? {} : { number }),
        ...(pin === undefined ? {} : { pin }),
        hangUpCalls: calls.hangUp,
        broadcastChannels: broadcasts.channels,
        sink,
        clock: systemClock,
        log,
        claims,
        pins,
        keptPins: kept,
        healing,
        scout,
      }),
  )
}

function textsOf({ available, code, reason, rules, use }: ReturnType<Router['smsLanes']>[number]): ModemTexts {
  return {
    available,
    code: available ? undefined : code,
    reason,
    today: use?.today,
    thisMonth: use?.thisMonth,
    dailyQuota: rules?.dailyTexts,
    monthlyQuota: rules?.monthlyTexts,
    perMinute: rules?.textsPerMinute,
    costPerPart: rules?.costPerPart,
    prefixes: rules?.prefixes ?? [],
  }
}

/** Looks at the ports of this machine. */
export function createScout(log: Log): PortScout {
  return new PortScout({
    list: () => listSerialPorts(),
    open: (port) => openTransport(port, { ...DEFAULT_TIMINGS, clock: systemClock }),
    profiles: shippedProfiles(),
    clock: systemClock,
    log,
    timings: DEFAULT_TIMINGS,
  })
}

/** Only this writes that row, so what is read has the shape that was written. */
function pinEntries(db: Database): PinEntryStore {
  return {
    read: async () => ((await readPinEntries(db)) ?? []) as readonly PinEntry[],
    write: (entries) => writePinEntries(db, entries),
  }
}

/** What the API may ask of them. */
export function modemPort(
  modems: readonly SmsModem[],
  scout: PortScout,
  lanes: () => ReturnType<Router['smsLanes']>,
  lines: Pick<ModemLines, 'status'>,
  history: Pick<SignalHistory, 'of'>,
): ModemPort {
  const demand = (id: string): SmsModem => {
    const modem = modems.find((candidate) => candidate.id === id || candidate.status().label === id)
    if (modem !== undefined) return modem
    throw new CausewayError({ code: 'unknown-modem', message: 'There is no modem of this id.', retry: 'never' })
  }
  const ussd = async <T>(action: Promise<T>): Promise<T> => {
    try {
      return await action
    } catch (cause) {
      if (!(cause instanceof UssdError)) throw cause
      throw new CausewayError({
        code: cause.code === 'unavailable' ? 'modem-unavailable' : `ussd-${cause.code}`,
        message: `${cause.message.charAt(0).toUpperCase()}${cause.message.slice(1)}.`,
        retry: 'never',
        cause,
      })
    }
  }
  return {
    list: () => {
      const known = lanes()
      return modems.map((modem) => {
        const lane = known.find(({ id }) => id === modem.id)
        const mms = lines.status(modem.id)
        return {
          ...modem.status(),
          ...(lane === undefined ? {} : { texts: textsOf(lane) }),
          ...(mms === undefined ? {} : { mms }),
        }
      })
    },
    ussd: (id, text) => ussd(demand(id).ussd(text)),
    replyUssd: (id, text) => ussd(demand(id).replyUssd(text)),
    cancelUssd: (id) => ussd(demand(id).cancelUssd()),
    probe: () => scout.probe(),
    enterPin: async (id, given) => {
      try {
        return await demand(id).enterPin(given)
      } catch (error) {
        throw pinProblem(error)
      }
    },
    forgetPin: (id) => demand(id).forgetPin(),
    reset: (id) => demand(id).reset(),
    signalHistory: (id) => history.of(id),
    transcript: (id, masked) => demand(id).transcript(masked),
    command: async (id, text) => {
      const modem = demand(id)
      try {
        return await modem.command(text, COMMAND_TIMEOUT_MS)
      } catch (cause) {
        throw new CausewayError({
          code: 'at-error',
          message: `The modem answered: ${cause instanceof Error ? cause.message : String(cause)}`,
          retry: 'never',
          cause,
        })
      }
    },
  }
}
