/**
 * Reading SMS TPDUs, 3GPP TS 23.040 §9.2.2: SMS-DELIVER, SMS-STATUS-REPORT (mobile terminated), SMS-SUBMIT (mobile
 * originated). Strict and length-checked; every fault is a `PduError` with field and offset, nothing half-made comes out.
 *
 * The codec at a glance (octets are Uint8Array, hex is upper case):
 *
 *   decodePdu(hex, 'mt' | 'mo')            SCA in front, as AT+CMGR/+CMT/+CDS give it → SmsDeliver | SmsStatusReport | SmsSubmit
 *   decodeTpdu(octets, 'mt' | 'mo')        the same without SCA, as a radio network carries it
 *   encodeSubmit / encodeDeliver / encodeStatusReport (encode.ts)    fields → TPDU octets without SCA
 *   assembleSubmit (envelope.ts)           the same for SMS-SUBMIT through node-pdu, verified; what AT+CMGS gets
 *   pduHex(tpdu, smsc) (encode.ts)         TPDU → hex with SCA, `00` in front for smsc null
 *   addressOf('+4477…' | '60606' | 'Name') (address.ts)   a person's writing → Address
 *   timestampOf(ms, offsetMinutes) / instantMs(time) (timestamp.ts)
 *   relativeValidity(minutes) (validity.ts), statusOutcome(status) (status.ts)
 *   split(text, options) / countSegments / reassemble / segmentOf (segments.ts)   a part is a `Payload`: spread it
 *
 *   encodeSubmit({ address: addressOf('+447700900456'), ...part })
 *   encodeDeliver({ ...submit, address: sender, scts: timestampOf(nowMs, 60) })       what a service centre does
 *   encodeStatusReport({ messageReference, address: recipient, scts, dischargeTime, status: 0 })
 */
import { type Address, readAddress, readServiceCentre } from './address.ts'
import { PduError } from './error.ts'
import { fromHex, OctetReader } from './octets.ts'
import { type Protocol, protocolOf } from './pid.ts'
import { type StatusOutcome, statusOutcome } from './status.ts'
import { readTimestamp, type Timestamp } from './timestamp.ts'
import { readUserData, type UserData } from './userdata.ts'
import { readValidity, type Validity } from './validity.ts'

/** `mt`: service centre to mobile; `mo`: mobile to service centre. TP-MTI means different things in each. */
export type Direction = 'mt' | 'mo'

export type Tpdu = SmsDeliver | SmsSubmit | SmsStatusReport

interface Common {
  /** Service centre; null when the PDU names none. */
  smsc: Address | null
  /** Octets behind the last field (SIM record filler and the like), ignored. */
  trailingOctets: number
}

export interface SmsDeliver extends Common, UserData {
  type: 'deliver'
  /** TP-OA, the sender. */
  address: Address
  /** TP-PID, and what it asks of the receiver. */
  pid: number
  protocol: Protocol
  /** TP-MMS, already turned round: true when the service centre has more. */
  moreMessagesToSend: boolean
  /** TP-LP. */
  loopPrevention: boolean
  /** TP-SRI. */
  statusReportIndication: boolean
  /** TP-RP. */
  replyPath: boolean
  /** Null when the seven octets are no time; the text is not lost for that. */
  scts: Timestamp | null
}

export interface SmsSubmit extends Common, UserData {
  type: 'submit'
  /** TP-DA, the recipient. */
  address: Address
  /** TP-PID, and what it asks of the receiver. */
  pid: number
  protocol: Protocol
  /** TP-MR; most modems overwrite it. */
  messageReference: number
  /** TP-SRR. */
  statusReportRequest: boolean
  /** TP-RD. */
  rejectDuplicates: boolean
  replyPath: boolean
  validity: Validity | null
}

export interface SmsStatusReport extends Common {
  type: 'status-report'
  /** TP-MR of the message that it reports on. */
  messageReference: number
  /** TP-RA, the recipient of that message. */
  address: Address
  moreMessagesToSend: boolean
  loopPrevention: boolean
  /** TP-SRQ: what the report answers. */
  statusReportQualifier: 'submit' | 'command'
  scts: Timestamp | null
  dischargeTime: Timestamp | null
  /** TP-ST octet. */
  status: number
  outcome: StatusOutcome
  /** TP-PI, first octet; null when the report ends before it. */
  parameterIndicator: number | null
  pid: number | null
  /** TP-DCS (0 where absent) and TP-UD, null when the report carries none. */
  userData: UserData | null
  /** TP-DCS, null when absent. */
  dcs: number | null
}

const MTI_FIELD = 'TP-MTI'

/**
 * Decodes a PDU with the service centre address in front. Throws PduError and nothing else.
 */
export function decodePdu(hex: string, direction: Direction): Tpdu {
  const reader = new OctetReader(fromHex(hex))
  const smsc = readServiceCentre(reader)
  return readTpdu(reader, direction, smsc)
}

/** Decodes a TPDU without service centre address. Throws PduError and nothing else. */
export function decodeTpdu(octets: Uint8Array, direction: Direction): Tpdu {
  return readTpdu(new OctetReader(octets), direction, null)
}

function readTpdu(reader: OctetReader, direction: Direction, smsc: Address | null): Tpdu {
  const at = reader.offset
  const first = reader.octet(MTI_FIELD)
  const kind = first & 3
  if (direction === 'mt') {
    // §9.2.3.1: the reserved value 3 is to be processed as an SMS-DELIVER.
    if (kind === 0 || kind === 3) return readDeliver(reader, first, smsc)
    if (kind === 2) return readStatusReport(reader, first, smsc)
    throw unsupported(at, 'an SMS-SUBMIT-REPORT (or a stored SMS-SUBMIT: read it as mo)')
  }
  if (kind === 1) return readSubmit(reader, first, smsc)
  throw unsupported(at, kind === 0 ? 'an SMS-DELIVER-REPORT' : kind === 2 ? 'an SMS-COMMAND' : 'of a reserved type')
}

function readDeliver(reader: OctetReader, first: number, smsc: Address | null): SmsDeliver {
  const address = readAddress(reader, 'TP-OA')
  const pid = reader.octet('TP-PID')
  const dcs = reader.octet('TP-DCS')
  const scts = readTimestamp(reader.octets, reader.pass(7, 'TP-SCTS')) ?? null
  const userData = readUserData(reader, dcs, (first & 0x40) !== 0)
  return withHead(userData, {
    type: 'deliver',
    smsc,
    address,
    pid,
    protocol: protocolOf(pid),
    moreMessagesToSend: (first & 0x04) === 0,
    loopPrevention: (first & 0x08) !== 0,
    statusReportIndication: (first & 0x20) !== 0,
    replyPath: (first & 0x80) !== 0,
    scts,
    trailingOctets: reader.remaining,
  })
}

function readSubmit(reader: OctetReader, first: number, smsc: Address | null): SmsSubmit {
  const messageReference = reader.octet('TP-MR')
  const address = readAddress(reader, 'TP-DA')
  const pid = reader.octet('TP-PID')
  const dcs = reader.octet('TP-DCS')
  const validity = readValidity(reader, first >> 3)
  const userData = readUserData(reader, dcs, (first & 0x40) !== 0)
  return withHead(userData, {
    type: 'submit',
    smsc,
    address,
    pid,
    protocol: protocolOf(pid),
    messageReference,
    statusReportRequest: (first & 0x20) !== 0,
    rejectDuplicates: (first & 0x04) !== 0,
    replyPath: (first & 0x80) !== 0,
    validity,
    trailingOctets: reader.remaining,
  })
}

/** Writes the head into the user data, which is nobody else's: a spread of both is slow to build and to read. */
function withHead<Head extends object>(userData: UserData, head: Head): Head & UserData {
  return Object.assign(userData, head)
}

/** §9.2.2.3: TP-PI and what it announces may be missing altogether. */
function readStatusReport(reader: OctetReader, first: number, smsc: Address | null): SmsStatusReport {
  const messageReference = reader.octet('TP-MR')
  const address = readAddress(reader, 'TP-RA')
  const scts = readTimestamp(reader.octets, reader.pass(7, 'TP-SCTS')) ?? null
  const dischargeTime = readTimestamp(reader.octets, reader.pass(7, 'TP-DT')) ?? null
  const status = reader.octet('TP-ST')
  let parameterIndicator: number | null = null
  let pid: number | null = null
  let dcs: number | null = null
  let userData: UserData | null = null
  if (reader.remaining > 0) {
    parameterIndicator = reader.octet('TP-PI')
    // Filler of a SIM record reads as an indicator of FF whose extension never ends: the report is over.
    if (parameterIndicator === 0xff) parameterIndicator = null
    else {
      for (let extension = parameterIndicator; (extension & 0x80) !== 0; ) extension = reader.octet('TP-PI')
      if ((parameterIndicator & 1) !== 0) pid = reader.octet('TP-PID')
      if ((parameterIndicator & 2) !== 0) dcs = reader.octet('TP-DCS')
      if ((parameterIndicator & 4) !== 0) userData = readUserData(reader, dcs ?? 0, (first & 0x40) !== 0)
    }
  }
  return {
    type: 'status-report',
    smsc,
    messageReference,
    address,
    moreMessagesToSend: (first & 0x04) === 0,
    loopPrevention: (first & 0x08) !== 0,
    statusReportQualifier: (first & 0x20) === 0 ? 'submit' : 'command',
    scts,
    dischargeTime,
    status,
    outcome: statusOutcome(status),
    parameterIndicator,
    pid,
    dcs,
    userData,
    trailingOctets: reader.remaining,
  }
}

function unsupported(offset: number, what: string): PduError {
  return new PduError('unsupported-type', MTI_FIELD, offset, `the TPDU is ${what}, which is not read here`)
}
