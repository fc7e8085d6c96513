/** The headers that a carrier wants to see, from its record: pure. */
import type { Log } from '../../serial/surroundings.ts'
import type { CarrierRecord } from '../carrier.ts'
import { MEDIA_MMS } from '../media.ts'

/** The number of the SIM, for the templates of a carrier's headers. */
export interface OwnNumber {
  /** E.164 without plus sign. */
  readonly msisdn: string
  /** As dialled at home, without a trunk prefix. */
  readonly national: string
}

/** Those that the exchange itself decides. */
const OURS = new Set([
  'host',
  'content-length',
  'content-type',
  'connection',
  'transfer-encoding',
  'expect',
  'accept-encoding',
])

/** @param authority for `Host` */
export function requestHeaders(
  carrier: CarrierRecord,
  authority: string,
  hasBody: boolean,
  own: OwnNumber | undefined,
  log: Log,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    Host: authority,
    Accept: `*/*, ${MEDIA_MMS}`,
    Connection: 'close',
  }
  if (hasBody) headers['Content-Type'] = MEDIA_MMS
  const wanted: Record<string, string> = { 'User-Agent': carrier.userAgent, ...carrier.headers }
  if (carrier.uaProfUrl !== '') wanted[carrier.uaProfHeader] = carrier.uaProfUrl
  for (const [name, template] of Object.entries(wanted)) {
    const value = filled(template, own)
    const why = refusal(name, value)
    if (why === undefined && value !== undefined && value !== '') headers[name] = value
    else if (why !== undefined)
      log.warn({ carrier: carrier.id, header: name, why }, 'a header of the carrier is left out')
  }
  return headers
}

/** undefined where it needs a number that is not known. */
function filled(template: string, own: OwnNumber | undefined): string | undefined {
  if (own === undefined) return /\{\{msisdn(?:_national)?\}\}/.test(template) ? undefined : template
  return template.replaceAll('{{msisdn}}', own.msisdn).replaceAll('{{msisdn_national}}', own.national)
}

function refusal(name: string, value: string | undefined): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return 'its name is none'
  if (OURS.has(name.toLowerCase())) return 'it is not for a carrier to set'
  if (value === undefined) return 'it needs the number of the SIM, which is not known'
  return /^[\x20-\x7e\xa0-\xff]*$/.test(value) ? undefined : 'its value has characters that no header may have'
}
