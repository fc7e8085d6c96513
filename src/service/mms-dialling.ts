/**
 * Dialling for picture messages, as one modem is configured: which port, with what rights, and whether the port of the
 * texts has to be lent for it. And a look at what stands in the way before anything is dialled.
 */
import { dataPortOf } from '../../modem/data-port.ts'
import type { Bearer } from '../../modem/mms/bearer/bearer.ts'
import { pppBearer } from '../../modem/mms/bearer/ppp.ts'
import { pppObstacle } from '../../modem/mms/bearer/ppp-obstacle.ts'
import { PppError } from '../../modem/mms/bearer/ppp-report.ts'
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import { shippedProfiles } from '../../modem/profile.ts'
import { systemClock } from '../../modem/serial/surroundings.ts'
import type { PppConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { MmsModem } from './mms-modem.ts'

export interface DiallingOptions {
  modem: MmsModem
  carrier: CarrierRecord
  config: PppConfig
  /** Where private folders may be made. */
  runDirectory: string
  log: Log
  /** The port that texts use has been lent (true), or is back. */
  lent: (isLent: boolean) => void
}

/** Opening throws PppError. */
export function diallingBearer(options: DiallingOptions): Bearer {
  const { modem, carrier, config, runDirectory, log, lent } = options
  const { apn, auth, user = '', password = '', dns = [] } = carrier
  const { port, context, ...dial } = config
  const bearer = (device: string) =>
    pppBearer({
      ...dial,
      ...(context === undefined ? {} : { cid: context }),
      ...(config.carrierDetect === undefined ? {} : { hasCarrierDetect: config.carrierDetect }),
      device,
      atPort: devicePort(modem),
      borrowAtPort: async () => {
        // Told before, so that the modem's being away is known to be for this.
        lent(true)
        try {
          const giveBack = await modem.lend()
          return async () => {
            lent(false)
            await giveBack()
          }
        } catch (error) {
          lent(false)
          throw error
        }
      },
      apn: { apn, auth, user, password },
      dns,
      runDirectory,
      clock: systemClock,
      log,
    })
  const { openingMaxMs } = bearer('')
  return {
    kind: 'ppp',
    ...(openingMaxMs === undefined ? {} : { openingMaxMs }),
    open: async (signal) => bearer(await dialPort(modem, port)).open(signal),
  }
}

/** Why dialling cannot work on this machine as it is, and what to do; undefined: nothing is seen that hinders it. */
export async function diallingObstacle({ modem, config }: Pick<DiallingOptions, 'modem' | 'config'>) {
  try {
    const device = await dialPort(modem, config.port)
    return (await pppObstacle({ ...config, device }))?.message
  } catch (error) {
    if (error instanceof PppError) return error.message
    throw error
  }
}

/** Throws PppError `port`. */
async function dialPort(modem: MmsModem, configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured
  const atPort = devicePort(modem)
  if (atPort === undefined) {
    const where = 'the modem is on another machine, and nothing can be dialled there'
    throw new PppError('port', `${where}: name a port of this machine in modems[].mms.ppp.port, or take another bearer`)
  }
  const { profile: id } = modem.status()
  const profile = shippedProfiles().find((one) => one.id === id)
  const found = profile === undefined ? undefined : await dataPortOf(atPort, profile)
  if (found !== undefined) return found
  const advice = `write it as modems[].mms.ppp.port, or ${atPort} itself if texts may stop meanwhile`
  throw new PppError('port', `no second port of this modem is known to serve: ${advice}`)
}

/** Where texts go, if that is a device of this machine. */
function devicePort(modem: MmsModem): string | undefined {
  const { port } = modem.status()
  return port.startsWith('/') ? port : undefined
}
