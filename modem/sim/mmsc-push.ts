/** An MMS PDU as a WSP push in as many text messages as it needs, ready for the service centre (WAP-259-WDP, 23.040 §9.2.3.24). */
import { encodePdu, type NewPdu } from '../mms/encode.ts'
import { MEDIA_MMS } from '../mms/media.ts'
import { APPLICATION_MMS, encodePush, PUSH_PORT } from '../mms/push.ts'
import { addressOf } from '../pdu/address.ts'
import { encodeSubmit } from '../pdu/encode.ts'
import { concatElement, portsElement } from '../pdu/udh.ts'

/** 140 octets less UDHL, ports (6) and concatenation (5). */
const OCTETS_PER_SEGMENT = 128
/** 140 octets less UDHL and ports. */
const OCTETS_ALONE = 133
const SEGMENTS_MAX = 255
const SOURCE_PORT = 9200
const DCS_8_BIT = 0x04

/** SMS-SUBMITs in order. Throws RangeError for a PDU that no push has room for, MmsError for one that cannot be written. */
export function pushSegments(pdu: NewPdu, to: string, count: number): readonly Uint8Array[] {
  const octets = encodePush({
    transactionId: count & 0xff,
    contentType: { media: MEDIA_MMS, params: new Map() },
    applicationId: APPLICATION_MMS,
    body: encodePdu(pdu),
  })
  const total = octets.length <= OCTETS_ALONE ? 1 : Math.ceil(octets.length / OCTETS_PER_SEGMENT)
  if (total > SEGMENTS_MAX) throw new RangeError('no push has room for that')
  const ports = portsElement({ dst: PUSH_PORT, src: SOURCE_PORT, bits: 16 })
  return Array.from({ length: total }, (_, index) =>
    encodeSubmit({
      address: addressOf(to),
      dcs: DCS_8_BIT,
      udh: total === 1 ? [ports] : [ports, concatElement({ ref: count & 0xff, total, seq: index + 1, refBits: 8 })],
      data: total === 1 ? octets : octets.slice(index * OCTETS_PER_SEGMENT, (index + 1) * OCTETS_PER_SEGMENT),
    }),
  )
}
