/**
 * Message waiting indications, 3GPP TS 23.038 §4 (coding groups Cx, Dx, Ex), TS 23.040 §9.2.3.24.2 (special SMS message
 * indication) and §9.2.3.24.13 (enhanced voice mail information): what waits for the subscriber elsewhere, and whether
 * the text beside it is to be kept. Pure.
 */
import type { WaitingIndication } from './dcs.ts'
import type { UserData } from './userdata.ts'

const IEI_SPECIAL_INDICATION = 0x01
const IEI_ENHANCED_VOICE_MAIL = 0x23
/** §9.1.2.5: digits of an address. */
const ADDRESS_DIGITS_MAX = 20
const TYPES = ['voicemail', 'fax', 'email', 'other'] as const

export interface Waiting {
  type: WaitingIndication['type']
  /** How many; 0: none any more; undefined: some, their number was not told. */
  count: number | undefined
}

export interface WaitingIndications {
  /** Empty for an ordinary message. */
  indications: readonly Waiting[]
  /** Whether the text is to be kept; true for an ordinary message. */
  keepText: boolean
}

/** What user data indicates. Elements of the header count; the coding scheme only where there are none. */
export function waitingIndications(data: Pick<UserData, 'udh' | 'mwi'>): WaitingIndications {
  const plain = plainIndications(data)
  const count = data.udh
    .filter(({ iei }) => iei === IEI_ENHANCED_VOICE_MAIL)
    .map((element) => voiceMessages(element.data))
    .findLast((each) => each !== undefined)
  if (count === undefined) return plain
  // The same box may be told of in the older ways beside it.
  const others = plain.indications.filter(({ type }) => type !== 'voicemail')
  return { indications: [{ type: 'voicemail', count }, ...others], keepText: plain.keepText }
}

/**
 * Number of voice messages in an enhanced voice mail element, whether it tells of new ones or confirms that some were
 * deleted: flags, the access address as TP-DA, the number. The clause was not at hand; the order of the fields is that of
 * two independent public decoders. What follows (each message's identity, length, priority, caller) is left in the
 * element's octets, and an element too short for its address says nothing.
 */
function voiceMessages(octets: Uint8Array): number | undefined {
  const digits = octets[1]
  if (digits === undefined || digits > ADDRESS_DIGITS_MAX) return undefined
  return octets[3 + Math.ceil(digits / 2)]
}

function plainIndications(data: Pick<UserData, 'udh' | 'mwi'>): WaitingIndications {
  const elements = data.udh.filter(({ iei, data: octets }) => iei === IEI_SPECIAL_INDICATION && octets.length === 2)
  if (elements.length > 0) {
    return {
      indications: elements.map(({ data: [kind = 0, count = 0] }) => ({ type: TYPES[kind & 3] ?? 'other', count })),
      keepText: elements.some(({ data: [kind = 0] }) => (kind & 0x80) !== 0),
    }
  }
  const { mwi } = data
  if (mwi === null) return { indications: [], keepText: true }
  return { indications: [{ type: mwi.type, count: mwi.active ? undefined : 0 }], keepText: !mwi.discard }
}
