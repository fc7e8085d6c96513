/**
 * MMS PDUs in the words of OMA-TS-MMS_ENC 1.3. Every type has the same optional headers and some that it cannot do
 * without. Statuses and other enumerations that grow with every version are the octet as it stands on the wire (0x80 and
 * up); what an octet means for sending again is in `status.ts`.
 */
import type { Address, From } from './address.ts'
import type { ContentType, Disposition, Parameters } from './content-type.ts'
import type { EncodedText } from './encoded-text.ts'

/** Seconds since 1970, or from now. */
export type MmsTime = { kind: 'absolute'; epoch: number } | { kind: 'relative'; seconds: number }

export interface PreviouslySentBy {
  count: number
  from: Address
}

export interface PreviouslySentDate {
  count: number
  epoch: number
}

/** A header by name; one whose value is no text has its octets instead. */
export interface NamedHeader {
  name: string
  value: string | Uint8Array
}

/** A header by number that this codec does not take apart, its value with whatever length it had in front. */
export interface NumberedHeader {
  field: number
  value: Uint8Array
}

/** What was odd, and did no harm. */
export type Warning =
  /** Octets behind the end. */
  | 'trailing-bytes'
  /** The number of parts was wrong, and all of them are there. */
  | 'entries-mismatch'

export interface Part {
  media: string
  params: Parameters
  /** As it came, with or without `<>`. */
  contentId?: string
  contentLocation?: string
  disposition?: Disposition
  headers: readonly NamedHeader[]
  /** As transferred: see `contentOf` for what a Content-Transfer-Encoding hides. */
  data: Uint8Array
  /** Of a multipart inside the message. */
  parts?: readonly Part[]
}

export interface MmsHeaders {
  transactionId?: string
  /** `1.0` … `1.3`. */
  version?: string
  from?: From
  to?: Address[]
  cc?: Address[]
  bcc?: Address[]
  subject?: EncodedText
  messageId?: string
  /** Seconds since 1970. */
  date?: number
  /** `personal`, `advertisement`, `informational`, `auto`, or another word. */
  messageClass?: string
  messageSize?: number
  expiry?: MmsTime
  deliveryTime?: MmsTime
  contentLocation?: string
  priority?: 'low' | 'normal' | 'high'
  deliveryReport?: boolean
  readReport?: boolean
  reportAllowed?: boolean
  senderVisibility?: 'hide' | 'show'
  responseStatus?: number
  responseText?: EncodedText
  retrieveStatus?: number
  retrieveText?: EncodedText
  status?: number
  statusText?: EncodedText
  readStatus?: number
  replyCharging?: number
  replyChargingDeadline?: MmsTime
  replyChargingId?: string
  replyChargingSize?: number
  previouslySentBy?: PreviouslySentBy[]
  previouslySentDate?: PreviouslySentDate[]
  distributionIndicator?: boolean
  limit?: number
  recommendedRetrievalMode?: number
  recommendedRetrievalModeText?: EncodedText
  applicId?: string
  replyApplicId?: string
  auxApplicInfo?: string
  contentClass?: number
  drmContent?: boolean
  adaptationAllowed?: boolean
  replaceId?: string
  cancelId?: string
  cancelStatus?: number
  contentType?: ContentType
  parts?: readonly Part[]
  appHeaders?: NamedHeader[]
  otherHeaders?: NumberedHeader[]
}

type Pdu<Type extends string, Needed extends keyof MmsHeaders = never> = MmsHeaders &
  Required<Pick<MmsHeaders, Needed>> & { type: Type; warnings: readonly Warning[] }

export type NotificationInd = Pdu<'m-notification-ind', 'version' | 'contentLocation'>
/** No parts and a `retrieveStatus` from 0xC0 on where the MMSC has no message for us. */
export type RetrieveConf = Pdu<'m-retrieve-conf', 'version' | 'parts'>
export type NotifyRespInd = Pdu<'m-notifyresp-ind', 'transactionId' | 'version' | 'status'>
export type AcknowledgeInd = Pdu<'m-acknowledge-ind', 'transactionId' | 'version'>
export type SendReq = Pdu<'m-send-req', 'transactionId' | 'version' | 'from' | 'contentType' | 'parts'>
export type SendConf = Pdu<'m-send-conf', 'version' | 'responseStatus'>
export type DeliveryInd = Pdu<'m-delivery-ind', 'version' | 'messageId' | 'to' | 'date' | 'status'>
export type ReadRecInd = Pdu<'m-read-rec-ind', 'version' | 'messageId' | 'to' | 'from' | 'readStatus'>
export type ReadOrigInd = Pdu<'m-read-orig-ind', 'version' | 'messageId' | 'to' | 'from' | 'date' | 'readStatus'>
export type ForwardReq = Pdu<'m-forward-req', 'transactionId' | 'version' | 'contentLocation'>
export type ForwardConf = Pdu<'m-forward-conf', 'version' | 'responseStatus'>
export type CancelReq = Pdu<'m-cancel-req', 'transactionId' | 'version' | 'cancelId'>
export type CancelConf = Pdu<'m-cancel-conf', 'transactionId' | 'version' | 'cancelStatus'>
/** Read as far as their headers go, never written: this product keeps no mailbox in the network. */
export type MailboxPdu = Pdu<
  | 'm-mbox-store-req'
  | 'm-mbox-store-conf'
  | 'm-mbox-view-req'
  | 'm-mbox-view-conf'
  | 'm-mbox-upload-req'
  | 'm-mbox-upload-conf'
  | 'm-mbox-delete-req'
  | 'm-mbox-delete-conf'
  | 'm-mbox-descr'
  | 'm-delete-req'
  | 'm-delete-conf'
>

export type MmsPdu =
  | NotificationInd
  | RetrieveConf
  | NotifyRespInd
  | AcknowledgeInd
  | SendReq
  | SendConf
  | DeliveryInd
  | ReadRecInd
  | ReadOrigInd
  | ForwardReq
  | ForwardConf
  | CancelReq
  | CancelConf
  | MailboxPdu

export type MmsType = MmsPdu['type']

/** By the octet of X-Mms-Message-Type less 0x80 (§7.3.30). */
export const MESSAGE_TYPES: readonly MmsType[] = [
  'm-send-req',
  'm-send-conf',
  'm-notification-ind',
  'm-notifyresp-ind',
  'm-retrieve-conf',
  'm-acknowledge-ind',
  'm-delivery-ind',
  'm-read-rec-ind',
  'm-read-orig-ind',
  'm-forward-req',
  'm-forward-conf',
  'm-mbox-store-req',
  'm-mbox-store-conf',
  'm-mbox-view-req',
  'm-mbox-view-conf',
  'm-mbox-upload-req',
  'm-mbox-upload-conf',
  'm-mbox-delete-req',
  'm-mbox-delete-conf',
  'm-mbox-descr',
  'm-delete-req',
  'm-delete-conf',
  'm-cancel-req',
  'm-cancel-conf',
]

/**
 * What a reader cannot do without (§6). A size, a class, an expiry or a date that a carrier left out is no reason to lose
 * a message; a status or an address that is not there is.
 */
const MANDATORY: Readonly<Record<Exclude<MmsType, MailboxPdu['type']>, readonly (keyof MmsHeaders)[]>> = {
  'm-notification-ind': ['version', 'contentLocation'],
  'm-retrieve-conf': ['version'],
  'm-notifyresp-ind': ['transactionId', 'version', 'status'],
  'm-acknowledge-ind': ['transactionId', 'version'],
  'm-send-req': ['transactionId', 'version', 'from', 'contentType'],
  'm-send-conf': ['version', 'responseStatus'],
  'm-delivery-ind': ['version', 'messageId', 'to', 'date', 'status'],
  'm-read-rec-ind': ['version', 'messageId', 'to', 'from', 'readStatus'],
  'm-read-orig-ind': ['version', 'messageId', 'to', 'from', 'date', 'readStatus'],
  'm-forward-req': ['transactionId', 'version', 'contentLocation'],
  'm-forward-conf': ['version', 'responseStatus'],
  'm-cancel-req': ['transactionId', 'version', 'cancelId'],
  'm-cancel-conf': ['transactionId', 'version', 'cancelStatus'],
}

/** Of mailboxes (§6.8 to §6.13), as far as this codec takes their headers apart; a descriptor needs none of these. */
const MAILBOX_MANDATORY: Readonly<Record<MailboxPdu['type'], readonly (keyof MmsHeaders)[]>> = {
  'm-mbox-store-req': ['transactionId', 'version', 'contentLocation'],
  'm-mbox-store-conf': ['transactionId', 'version'],
  'm-mbox-view-req': ['transactionId', 'version'],
  'm-mbox-view-conf': ['transactionId', 'version'],
  'm-mbox-upload-req': ['transactionId', 'version'],
  'm-mbox-upload-conf': ['transactionId', 'version'],
  'm-mbox-delete-req': ['transactionId', 'version', 'contentLocation'],
  'm-mbox-delete-conf': ['transactionId', 'version'],
  'm-mbox-descr': [],
  'm-delete-req': ['transactionId', 'version', 'contentLocation'],
  'm-delete-conf': ['transactionId', 'version'],
}

/** The first mandatory header that is not there; `to` where a message is sent to nobody at all. */
export function missingIn(type: MmsType, headers: MmsHeaders): keyof MmsHeaders | undefined {
  const needed = isMailboxType(type) ? MAILBOX_MANDATORY[type] : MANDATORY[type]
  const missing = needed.find((name) => headers[name] === undefined)
  const isToNobody = type === 'm-send-req' && [headers.to, headers.cc, headers.bcc].every((list) => !list?.length)
  return missing ?? (isToNobody ? 'to' : undefined)
}

/** The types whose body is a message. */
export const TYPES_WITH_BODY: ReadonlySet<MmsType> = new Set(['m-send-req', 'm-retrieve-conf'])

/** The types that this codec reads and never writes. */
export function isMailboxType(type: MmsType): type is MailboxPdu['type'] {
  return Object.hasOwn(MAILBOX_MANDATORY, type)
}
