/**
 * Writing SMS TPDUs, 3GPP TS 23.040 §9.2.2, octet for octet what `tpdu.ts` reads: SMS-SUBMIT for modems, SMS-DELIVER and
 * SMS-STATUS-REPORT for a service centre. Fields that are left out take the value that says nothing.
 * All throw PduError (`bad-value`, `bad-length`, `bad-time`) for what the format cannot hold.
 */
import { type Address, writeAddress, writeServiceCentre } from './address.ts'
import { OctetWriter, toHex } from './octets.ts'
import { type Timestamp, writeTimestamp } from './timestamp.ts'
import type { SmsDeliver, SmsStatusReport, SmsSubmit } from './tpdu.ts'
import { type Payload, writeUserData } from './userdata.ts'
import { type Validity, validityFormat, writeValidity } from './validity.ts'

const FIRST_OCTET = 'TPDU first octet'

/** Any decoded SmsSubmit fits; a new one needs `address` and a payload. */
export interface SubmitFields
  extends Payload,
    Partial<
      Pick<
        SmsSubmit,
        'messageReference' | 'statusReportRequest' | 'rejectDuplicates' | 'replyPath' | 'pid' | 'validity'
      >
    > {
  address: Address
}

/** Any decoded SmsDeliver with a time fits; a submit's payload does too. */
export interface DeliverFields
  extends Payload,
    Partial<
      Pick<SmsDeliver, 'moreMessagesToSend' | 'loopPrevention' | 'statusReportIndication' | 'replyPath' | 'pid'>
    > {
  address: Address
  scts: Timestamp | null
}

/** Any decoded SmsStatusReport fits. */
export interface StatusReportFields
  extends Partial<
    Pick<
      SmsStatusReport,
      'moreMessagesToSend' | 'loopPrevention' | 'statusReportQualifier' | 'parameterIndicator' | 'pid' | 'dcs'
    >
  > {
  messageReference: number
  address: Address
  scts: Timestamp | null
  dischargeTime: Timestamp | null
  status: number
  userData?: Payload | null
}

/** SMS-SUBMIT octets without service centre address; their number is the length that AT+CMGS wants. */
export function encodeSubmit(fields: SubmitFields): Uint8Array {
  const validity: Validity | null = fields.validity ?? null
  const writer = new OctetWriter()
  writer.octet(
    0x01 |
      bit(fields.rejectDuplicates, 0x04) |
      (validityFormat(validity) << 3) |
      bit(fields.statusReportRequest, 0x20) |
      bit(hasHeader(fields), 0x40) |
      bit(fields.replyPath, 0x80),
    FIRST_OCTET,
  )
  writer.octet(fields.messageReference ?? 0, 'TP-MR')
  writeAddress(writer, fields.address, 'TP-DA')
  writer.octet(fields.pid ?? 0, 'TP-PID')
  writer.octet(fields.dcs, 'TP-DCS')
  writeValidity(writer, validity)
  writeUserData(writer, fields)
  return writer.finish()
}

/** SMS-DELIVER octets without service centre address. */
export function encodeDeliver(fields: DeliverFields): Uint8Array {
  const writer = new OctetWriter()
  writer.octet(
    bit(fields.moreMessagesToSend !== true, 0x04) |
      bit(fields.loopPrevention, 0x08) |
      bit(fields.statusReportIndication, 0x20) |
      bit(hasHeader(fields), 0x40) |
      bit(fields.replyPath, 0x80),
    FIRST_OCTET,
  )
  writeAddress(writer, fields.address, 'TP-OA')
  writer.octet(fields.pid ?? 0, 'TP-PID')
  writer.octet(fields.dcs, 'TP-DCS')
  writer.octets(timeOctets(fields.scts, 'TP-SCTS'), 'TP-SCTS')
  writeUserData(writer, fields)
  return writer.finish()
}

/** SMS-STATUS-REPORT octets without service centre address. */
export function encodeStatusReport(fields: StatusReportFields): Uint8Array {
  const userData = fields.userData ?? null
  const pid = fields.pid ?? null
  const dcs = fields.dcs ?? (userData === null || userData.dcs === 0 ? null : userData.dcs)
  const writer = new OctetWriter()
  writer.octet(
    0x02 |
      bit(fields.moreMessagesToSend !== true, 0x04) |
      bit(fields.loopPrevention, 0x08) |
      bit(fields.statusReportQualifier === 'command', 0x20) |
      bit(userData !== null && hasHeader(userData), 0x40),
    FIRST_OCTET,
  )
  writer.octet(fields.messageReference, 'TP-MR')
  writeAddress(writer, fields.address, 'TP-RA')
  writer.octets(timeOctets(fields.scts, 'TP-SCTS'), 'TP-SCTS')
  writer.octets(timeOctets(fields.dischargeTime, 'TP-DT'), 'TP-DT')
  writer.octet(fields.status, 'TP-ST')
  const indicator = bit(pid !== null, 1) | bit(dcs !== null, 2) | bit(userData !== null, 4)
  if (indicator === 0 && (fields.parameterIndicator ?? null) === null) return writer.finish()
  writer.octet(indicator, 'TP-PI')
  if (pid !== null) writer.octet(pid, 'TP-PID')
  if (dcs !== null) writer.octet(dcs, 'TP-DCS')
  if (userData !== null) writeUserData(writer, userData)
  return writer.finish()
}

/** Upper-case hex of a TPDU with its service centre in front, as modems show and take it. `00` for null. */
export function pduHex(tpdu: Uint8Array, smsc: Address | null = null): string {
  const writer = new OctetWriter()
  writeServiceCentre(writer, smsc)
  return toHex(writer.finish()) + toHex(tpdu)
}

function hasHeader(payload: Payload): boolean {
  return payload.udh.length > 0 || payload.udhi === true
}

function timeOctets(time: Timestamp | null, field: string): Uint8Array {
  return time === null ? new Uint8Array(7) : writeTimestamp(time, field)
}

function bit(set: boolean | undefined, value: number): number {
  return set === true ? value : 0
}
