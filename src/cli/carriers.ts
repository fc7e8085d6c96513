/** `causeway mms carriers` without its shell: which carriers' MMS settings we know, and which of them a SIM may want. */
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import {
  type CarriersFile,
  carrierRecords,
  carriersOf,
  type OverridesFile,
  searchCarriers,
} from '../../modem/mms/carriers.ts'
import { readCarrierFiles } from '../config/carriers-file.ts'
import { EXIT, ExitError } from './exit.ts'

export interface CarrierQuestion {
  imsi?: string
  spn?: string
  gid1?: string
  search?: string
}

/** The carriers asked for, best first. Throws ExitError 64 for an IMSI that is none. */
export function knownCarriers({ imsi, spn, gid1, search = '' }: CarrierQuestion): {
  carriers: readonly CarrierRecord[]
  advice: string
} {
  const { carriers, overrides } = readCarrierFiles<CarriersFile, OverridesFile>()
  const records = carrierRecords(carriers, overrides)
  if (imsi === undefined) {
    const found = search === '' ? records : searchCarriers(records, search)
    return { carriers: found, advice: `${found.length} of ${records.length} carriers.` }
  }
  if (!/^\d{5,15}$/.test(imsi))
    throw new ExitError(EXIT.usage, 'An IMSI is 15 digits; its first five or six are enough.')
  const sim = { imsi, ...(spn === undefined ? {} : { spn }), ...(gid1 === undefined ? {} : { gid1 }) }
  const { candidates, chosen } = carriersOf(records, sim)
  if (chosen !== undefined) return { carriers: candidates, advice: `${chosen.id} is taken.` }
  const ask = 'Several fit as well: choose one (the SIM’s provider name, --spn, may tell).'
  const advice = candidates.length === 0 ? 'No carrier is known for this network: set it by hand.' : ask
  return { carriers: candidates, advice }
}

/** One line for people; user names and passwords are the same for all of a carrier's customers, and no secret. */
export function carrierLine({
  id,
  name,
  match,
  apn,
  user,
  password,
  mmsc,
  proxy,
  maxMessageSize,
}: CarrierRecord): string {
  const networks = match.map(({ mcc, mnc }) => mcc + mnc).join(' ')
  const account = user === undefined ? '' : `, user ${user}${password === undefined ? '' : ` / ${password}`}`
  const by = proxy === null ? '' : ` by ${proxy.host}:${proxy.port}`
  return `${id}  ${name} (${networks})\n    APN ${apn}${account}; MMSC ${mmsc}${by}; up to ${Math.floor(maxMessageSize / 1024)} KB`
}
