/**
 * Writing MMS PDUs, OMA-TS-MMS_ENC 1.3: type, transaction and version first, Content-Type and body last. What is written
 * can be read again by `decodePdu` to the same fields.
 */
import { writeContentType } from './content-type.ts'
import { MmsError } from './error.ts'
import { FIELD_CONTENT_TYPE, FIELD_MESSAGE_TYPE, FIELDS, labelOf } from './fields.ts'
import { isMultipart } from './media.ts'
import { writeMultipart, writeNamed } from './multipart.ts'
import { type MailboxPdu, MESSAGE_TYPES, type MmsPdu, missingIn, type Part, TYPES_WITH_BODY } from './types.ts'
import { WspWriter } from './writer.ts'

/** What only reading tells is not written. */
type Written<Pdu> = Pdu extends { type: string } ? Omit<Pdu, 'warnings'> : never

/** What can be written: all but the operations on mailboxes, which are read only. */
export type NewPdu = Written<Exclude<MmsPdu, MailboxPdu>>

/**
 * The octets of a PDU. Throws MmsError: `missing-mandatory`, `bad-value` with the field, `limit-exceeded`. The offset is
 * where the field would have been written.
 */
export function encodePdu(pdu: NewPdu): Uint8Array {
  const writer = new WspWriter()
  const missing = missingIn(pdu.type, pdu)
  if (missing !== undefined) {
    throw new MmsError('missing-mandatory', labelOf(missing), 0, `${pdu.type} needs ${labelOf(missing)}`)
  }
  writer.shortInteger(FIELD_MESSAGE_TYPE, 'X-Mms-Message-Type')
  writer.octet(0x80 + MESSAGE_TYPES.indexOf(pdu.type), 'X-Mms-Message-Type')
  for (const field of FIELDS) field.write(writer, pdu)
  for (const { name, value } of pdu.appHeaders ?? []) writeNamed(writer, name, value)
  for (const { field, value } of pdu.otherHeaders ?? []) {
    writer.shortInteger(field, 'header')
    writer.all(value, 'header')
  }
  if (pdu.contentType !== undefined) {
    writer.shortInteger(FIELD_CONTENT_TYPE, 'Content-Type')
    writeContentType(writer, pdu.contentType, 'Content-Type')
    writeBody(writer, pdu.contentType.media, pdu.parts ?? [])
  } else if (TYPES_WITH_BODY.has(pdu.type) && (pdu.parts ?? []).length > 0) {
    throw new MmsError('missing-mandatory', 'Content-Type', writer.offset, `${pdu.type} has parts and no Content-Type`)
  }
  return writer.finish().slice()
}

function writeBody(writer: WspWriter, media: string, parts: readonly Part[]): void {
  if (isMultipart(media)) {
    writeMultipart(writer, parts)
    return
  }
  const [part, ...others] = parts
  if (others.length > 0) throw writer.fault('Content-Type', 'is no multipart, and there are several parts')
  if (part !== undefined) writer.all(part.data, 'data')
}
