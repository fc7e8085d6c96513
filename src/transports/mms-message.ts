/** Pure: a message of ours as an m-send-req (OMA-TS-MMS_ENC §6.1): its text and files, shown in order by a SMIL. */
import { utf8 } from '../../modem/mms/charset.ts'
import { composeBody } from '../../modem/mms/compose.ts'
import { encodePdu } from '../../modem/mms/encode.ts'
import type { MmsPart } from '../domain/mms-fitting.ts'
import { MMS_VERSION } from './mms-answers.ts'

const CLASS = 'personal'

export interface MmsToSend {
  transactionId: string
  /** E.164, or short codes. All see each other. */
  to: readonly string[]
  subject: string | undefined
  text: string
  parts: readonly MmsPart[]
  deliveryReport: boolean
  readReport: boolean
  /** ms since epoch. */
  atMs: number
}

/** Throws MmsError where something has no place in a PDU. */
export function sendReq(message: MmsToSend): Uint8Array {
  const { transactionId, to, subject, text, parts, deliveryReport, readReport, atMs } = message
  const words = text === '' ? [] : [textPart(text)]
  return encodePdu({
    type: 'm-send-req',
    transactionId,
    version: MMS_VERSION,
    date: Math.floor(atMs / 1_000),
    // The MMSC knows who asks, by the bearer.
    from: { insertAddress: true },
    to: to.map((address) => ({ address, addressType: 'PLMN' })),
    ...(subject === undefined ? {} : { subject: { text: subject } }),
    messageClass: CLASS,
    deliveryReport,
    readReport,
    ...composeBody([...words, ...parts]),
  })
}

/** Named as `Fitting` has it in its sum. */
function textPart(text: string): MmsPart {
  return { contentType: 'text/plain', name: 'text.txt', contentId: 'text', octets: utf8(text) }
}
