/**
 * Message waiting indications, 3GPP TS 23.038 §4 (coding groups Cx, Dx, Ex) and TS 23.040 §9.2.3.24.2 (special SMS
 * message indication): what waits for the subscriber elsewhere, and whether the text beside it is to be kept. Pure.
 */
import type { WaitingIndication } from './dcs.ts'
import type { UserData } from './userdata.ts'

const IEI_SPECIAL_INDICATION = 0x01
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
