/**
 * SMS-SUBMIT envelopes assembled by node-pdu, the library that the owner named; the only file that imports it.
 *
 * It puts our octets in their order: header, packed text, coding, validity and address type are made here, since its own
 * alphabet, splitter, validity and address detection are wrong in 41 known ways (the test `node-pdu.test.ts` lists each). What
 * it returns is compared, octet for octet, with our own encoder, so no upgrade can change what goes on the air unnoticed.
 */
import { Submit, utils } from 'node-pdu'
import { encodeSubmit, type SubmitFields } from './encode.ts'
import { PduError } from './error.ts'
import { fromHex, OctetWriter, toHex } from './octets.ts'
import { packUserData } from './userdata.ts'
import { validityFormat, writeValidity } from './validity.ts'

/** Writes the octet as it is: the library's class drops reserved bits and class 0. */
class RawDcs extends utils.DCS {
  private readonly octet: number

  constructor(octet: number) {
    super()
    this.octet = octet
  }

  override getValue(): number {
    return this.octet
  }
}

/** Writes our octets: the library's class counts spans wrongly and asks the host's time zone. */
class RawValidity extends utils.VP {
  private readonly hex: string

  constructor(hex: string) {
    super()
    this.hex = hex
  }

  override toString(): string {
    return this.hex
  }
}

/**
 * SMS-SUBMIT octets without service centre address, as AT+CMGS takes them; the same as `encodeSubmit` gives.
 * Throws PduError as `encodeSubmit` does, and `envelope-mismatch` when the library built something else.
 */
export function assembleSubmit(fields: SubmitFields): Uint8Array {
  const expected = encodeSubmit(fields)
  const { digits, ton, npi } = fields.address
  // The library has no type octet for an empty number and the wrong alphabet for names; both are our encoder's.
  if (digits === null || digits === '') return expected

  const destination = new utils.SCA(true, { type: new utils.SCAType((ton << 4) | npi) }).setPhone(digits, false)
  const { length, octets } = packUserData(fields)
  const hasHeader = fields.udh.length > 0 || fields.udhi === true
  const pid = fields.pid ?? 0
  const header = new utils.Header(fields.udh.map(({ iei, data }) => ({ type: iei, dataHex: toHex(data) })))
  const part = hasHeader
    ? new utils.Part(toHex(octets.subarray(1 + (octets[0] ?? 0))), length, '', header)
    : new utils.Part(toHex(octets), length, '')
  const submit = new Submit(destination, new utils.Data({ parts: [part] }), {
    type: new utils.SubmitType({
      replyPath: flag(fields.replyPath),
      userDataHeader: flag(hasHeader),
      statusReportRequest: flag(fields.statusReportRequest),
      validityPeriodFormat: validityFormat(fields.validity ?? null),
      rejectDuplicates: flag(fields.rejectDuplicates),
    }),
    messageReference: fields.messageReference ?? 0,
    protocolIdentifier: new utils.PID({ pid: pid >> 6, indicates: (pid >> 5) & 1, type: pid & 31 }),
    dataCodingScheme: new RawDcs(fields.dcs),
    validityPeriod: new RawValidity(validityHex(fields)),
  })

  const [assembled = ''] = submit.getPartStrings()
  // In front stands the service centre address of length 0.
  if (assembled !== `00${toHex(expected)}`) {
    const message = 'node-pdu assembled an SMS-SUBMIT that differs from 3GPP TS 23.040; pin the tested version'
    throw new PduError('envelope-mismatch', 'SMS-SUBMIT', 0, message)
  }
  return fromHex(assembled).subarray(1)
}

function validityHex(fields: SubmitFields): string {
  const writer = new OctetWriter()
  writeValidity(writer, fields.validity ?? null)
  return toHex(writer.finish())
}

function flag(set: boolean | undefined): number {
  return set === true ? 1 : 0
}
