/** The header fields of MMS PDUs, OMA-TS-MMS_ENC §7.4 table 25: number, name, form, and where the value goes. */
import { type Address, readAddress, readFrom, writeAddress, writeFrom } from './address.ts'
import { readEncodedText, writeEncodedText } from './encoded-text.ts'
import { RECIPIENTS_MAX } from './limits.ts'
import type { WspReader } from './reader.ts'
import type { MmsHeaders } from './types.ts'
import {
  classForm,
  integerForm,
  longForm,
  octetForm,
  sentByForm,
  sentDateForm,
  textForm,
  timeForm,
  type ValueForm,
  versionForm,
  wordForm,
} from './values.ts'
import type { WspWriter } from './writer.ts'

export interface HeaderField {
  number: number
  label: string
  name: keyof MmsHeaders
  /** Reads one value into the headers; false for one that means nothing to us. Of twins the first counts. */
  read(reader: WspReader, into: MmsHeaders): boolean
  /** Writes what is there, once or as often as it is there. */
  write(writer: WspWriter, from: MmsHeaders): void
}

/** Content-Type ends the headers, and has its own way. */
export const FIELD_CONTENT_TYPE = 0x04
export const FIELD_MESSAGE_TYPE = 0x0c

const addressForm: ValueForm<Address> = { read: readAddress, write: writeAddress }
const fromForm: ValueForm<NonNullable<MmsHeaders['from']>> = { read: readFrom, write: writeFrom }
const encodedForm: ValueForm<NonNullable<MmsHeaders['subject']>> = { read: readEncodedText, write: writeEncodedText }
const yesNo = wordForm([true, false])

/** The first three stand first on the wire (§6), the others in this order. */
export const FIELDS: readonly HeaderField[] = [
  single(0x18, 'X-Mms-Transaction-Id', 'transactionId', textForm),
  single(0x0d, 'X-Mms-MMS-Version', 'version', versionForm),
  single(0x0b, 'Message-ID', 'messageId', textForm),
  single(0x05, 'Date', 'date', longForm),
  single(0x09, 'From', 'from', fromForm),
  repeated(0x17, 'To', 'to', addressForm),
  repeated(0x02, 'Cc', 'cc', addressForm),
  repeated(0x01, 'Bcc', 'bcc', addressForm),
  single(0x16, 'Subject', 'subject', encodedForm),
  single(0x0a, 'X-Mms-Message-Class', 'messageClass', classForm),
  single(0x0e, 'X-Mms-Message-Size', 'messageSize', longForm),
  single(0x08, 'X-Mms-Expiry', 'expiry', timeForm),
  single(0x07, 'X-Mms-Delivery-Time', 'deliveryTime', timeForm),
  single(0x0f, 'X-Mms-Priority', 'priority', wordForm(['low', 'normal', 'high'])),
  single(0x14, 'X-Mms-Sender-Visibility', 'senderVisibility', wordForm(['hide', 'show'])),
  single(0x06, 'X-Mms-Delivery-Report', 'deliveryReport', yesNo),
  single(0x10, 'X-Mms-Read-Report', 'readReport', yesNo),
  single(0x11, 'X-Mms-Report-Allowed', 'reportAllowed', yesNo),
  single(0x12, 'X-Mms-Response-Status', 'responseStatus', octetForm),
  single(0x13, 'X-Mms-Response-Text', 'responseText', encodedForm),
  single(0x15, 'X-Mms-Status', 'status', octetForm),
  single(0x36, 'X-Mms-Status-Text', 'statusText', encodedForm),
  single(0x19, 'X-Mms-Retrieve-Status', 'retrieveStatus', octetForm),
  single(0x1a, 'X-Mms-Retrieve-Text', 'retrieveText', encodedForm),
  single(0x1b, 'X-Mms-Read-Status', 'readStatus', octetForm),
  single(0x1c, 'X-Mms-Reply-Charging', 'replyCharging', octetForm),
  single(0x1d, 'X-Mms-Reply-Charging-Deadline', 'replyChargingDeadline', timeForm),
  single(0x1e, 'X-Mms-Reply-Charging-ID', 'replyChargingId', textForm),
  single(0x1f, 'X-Mms-Reply-Charging-Size', 'replyChargingSize', longForm),
  repeated(0x20, 'X-Mms-Previously-Sent-By', 'previouslySentBy', sentByForm),
  repeated(0x21, 'X-Mms-Previously-Sent-Date', 'previouslySentDate', sentDateForm),
  single(0x31, 'X-Mms-Distribution-Indicator', 'distributionIndicator', yesNo),
  single(0x33, 'X-Mms-Limit', 'limit', integerForm),
  single(0x34, 'X-Mms-Recommended-Retrieval-Mode', 'recommendedRetrievalMode', octetForm),
  single(0x35, 'X-Mms-Recommended-Retrieval-Mode-Text', 'recommendedRetrievalModeText', encodedForm),
  single(0x37, 'X-Mms-Applic-ID', 'applicId', textForm),
  single(0x38, 'X-Mms-Reply-Applic-ID', 'replyApplicId', textForm),
  single(0x39, 'X-Mms-Aux-Applic-Info', 'auxApplicInfo', textForm),
  single(0x3a, 'X-Mms-Content-Class', 'contentClass', octetForm),
  single(0x3b, 'X-Mms-DRM-Content', 'drmContent', yesNo),
  single(0x3c, 'X-Mms-Adaptation-Allowed', 'adaptationAllowed', yesNo),
  single(0x3d, 'X-Mms-Replace-ID', 'replaceId', textForm),
  single(0x3e, 'X-Mms-Cancel-ID', 'cancelId', textForm),
  single(0x3f, 'X-Mms-Cancel-Status', 'cancelStatus', octetForm),
  single(0x03, 'X-Mms-Content-Location', 'contentLocation', textForm),
]

const BY_NUMBER: ReadonlyMap<number, HeaderField> = new Map(FIELDS.map((field) => [field.number, field]))

/** Undefined for one that is kept as it came. */
export function fieldOf(number: number): HeaderField | undefined {
  return BY_NUMBER.get(number)
}

/** By the name in `MmsHeaders`, as errors name it. */
export function labelOf(name: keyof MmsHeaders): string {
  return FIELDS.find((field) => field.name === name)?.label ?? 'Content-Type'
}

function single<Name extends keyof MmsHeaders>(
  number: number,
  label: string,
  name: Name,
  form: ValueForm<NonNullable<MmsHeaders[Name]>>,
): HeaderField {
  return {
    number,
    label,
    name,
    read(reader, into) {
      const value = form.read(reader, label)
      if (value !== undefined && into[name] === undefined) into[name] = value
      return value !== undefined
    },
    write(writer, from) {
      const value = from[name]
      if (value === undefined || value === null) return
      writer.shortInteger(number, label)
      form.write(writer, value, label)
    },
  }
}

type Lists = Pick<MmsHeaders, 'to' | 'cc' | 'bcc' | 'previouslySentBy' | 'previouslySentDate'>
type Item<Name extends keyof Lists> = NonNullable<Lists[Name]>[number]

function repeated<Name extends keyof Lists>(
  number: number,
  label: string,
  name: Name,
  form: ValueForm<Item<Name>>,
): HeaderField {
  return {
    number,
    label,
    name,
    read(reader, into) {
      const value = form.read(reader, label)
      if (value === undefined) return false
      const list: Item<Name>[] = into[name] ?? []
      if (list.length >= RECIPIENTS_MAX) {
        throw reader.fault('limit-exceeded', label, `more than ${RECIPIENTS_MAX} times ${label}`)
      }
      list.push(value)
      Object.assign(into, { [name]: list })
      return true
    },
    write(writer, from) {
      const list: readonly Item<Name>[] = from[name] ?? []
      for (const value of list) {
        writer.shortInteger(number, label)
        form.write(writer, value, label)
      }
    },
  }
}
