/** What an HTTP answer means for MMS: pure. The status decides first, then what the body is, whatever it calls itself. */
import type { MmscAnswer } from '../exchange.ts'
import { MEDIA_MMS } from '../media.ts'
import type { TransferResult } from './transfer.ts'

/** X-Mms-Message-Type stands first in every PDU (OMA-TS-MMS_ENC §7.1). */
const FIRST_OCTET = 0x8c
const LESS_THAN = 0x3c
/** Of what a portal calls its page, shown to the owner. */
const CONTENT_TYPE_CHARACTERS_MAX = 80

/** What a transfer means for an exchange; `bytesMax` is what the body was allowed. */
export function answerOf(result: TransferResult, bytesMax: number): MmscAnswer {
  switch (result.kind) {
    case 'too-large':
      return { kind: 'too-large', bytesMax }
    case 'cut':
      return result
    case 'failed':
      return { kind: 'unreachable', step: 'http', bodySent: result.bodySent, reason: result.reason }
    case 'answer': {
      const { status, body } = result
      if (status < 200 || status > 299) return { kind: 'status', status }
      if (body.length === 0) return { kind: 'accepted' }
      return isPdu(result.contentType, body)
        ? { kind: 'pdu', octets: body }
        : { kind: 'portal', contentType: result.contentType.slice(0, CONTENT_TYPE_CHARACTERS_MAX) }
    }
  }
}

/** Some MMSCs call their PDUs text/plain; some portals call their pages MMS. */
function isPdu(contentType: string, body: Uint8Array): boolean {
  const saysSo = contentType.split(';')[0]?.trim().toLowerCase() === MEDIA_MMS
  return saysSo ? body[0] !== LESS_THAN : body[0] === FIRST_OCTET
}
