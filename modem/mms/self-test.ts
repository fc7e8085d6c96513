/**
 * Sends one message to our own number and says step by step what holds: what `causeway mms test` shows. It sends exactly
 * one m-send-req and never again; that the message comes back by push is for whoever receives to see.
 */
import type { CarrierRecord } from './carrier.ts'
import { utf8 } from './charset.ts'
import { encodePdu } from './encode.ts'
import { MmsError } from './error.ts'
import type { MmscAnswer, MmsExchange, MmsStep } from './exchange.ts'
import { MEDIA_MIXED } from './media.ts'
import { decodePdu } from './pdu.ts'
import { responseClass } from './status.ts'

export interface MmsTestStep {
  readonly step: MmsStep
  readonly ok: boolean
  /** Stable, of the detail: `holds`, `unreachable`, `http-404`, `mms-e2` … */
  readonly code: string
  /** For people. */
  readonly detail: string
}

export interface MmsSelfTestOptions {
  readonly exchange: MmsExchange
  readonly carrier: CarrierRecord
  /** Our own, E.164. */
  readonly number: string
  /** Unique; also names the message in the log of the carrier. */
  readonly transactionId: string
  readonly signal?: AbortSignal
}

const CHARSET_UTF_8 = 106
const TEXT = 'This is a test of picture messages that your gateway sent to itself.'

/** Steps in the order in which they are taken; the first that is not `ok` is the last. */
export async function* mmsSelfTest(options: MmsSelfTestOptions): AsyncGenerator<MmsTestStep, void> {
  const { exchange, carrier, signal } = options
  const held: MmsStep[] = []
  let wake = () => {}
  const onStep = (step: MmsStep) => {
    held.push(step)
    wake()
  }
  let answer: MmscAnswer | undefined
  const ending = exchange.submit({ pdu: testMessage(options), onStep }, signal).then((whole) => {
    answer = whole
    wake()
  })
  const told = new Set<MmsStep>()
  while (answer === undefined) {
    // An exchange that tells of its steps is shown live; of any other they follow from its end.
    await Promise.race([ending, new Promise<void>((resolve) => (wake = resolve))])
    for (const step of held.splice(0)) {
      if (step === 'http' || told.has(step)) continue
      told.add(step)
      yield holds(step)
    }
  }
  const end = verdict(answer)
  for (const step of stepsOf(carrier)) {
    if (step === end.step) break
    if (!told.has(step)) yield holds(step)
  }
  yield end
}

const HOLDS: Readonly<Record<MmsStep, string>> = {
  bearer: 'the way to the carrier opens',
  dns: 'the carrier’s resolver knows the name',
  proxy: 'the carrier’s proxy takes connections',
  http: 'the MMSC answers',
  pdu: 'the MMSC took the message',
}

function holds(step: MmsStep): MmsTestStep {
  return { step, ok: true, code: 'holds', detail: HOLDS[step] }
}

/** Those that this carrier needs. */
function stepsOf({ mmsc, proxy }: CarrierRecord): readonly MmsStep[] {
  const host = proxy?.host ?? /^https?:\/\/(\[[^\]]+\]|[^/:?#]+)/i.exec(mmsc)?.[1] ?? ''
  const isLiteral = /^[\d.]+$|:/.test(host)
  return [
    'bearer',
    ...(isLiteral ? [] : ['dns' as const]),
    ...(proxy === null ? [] : ['proxy' as const]),
    'http',
    'pdu',
  ]
}

function verdict(answer: MmscAnswer): MmsTestStep {
  switch (answer.kind) {
    case 'unreachable':
      return failed(
        answer.step,
        answer.bodySent ? 'unreachable-late' : `unreachable-${answer.step}`,
        answer.bodySent ? `${answer.reason}; the message had left and may arrive all the same` : answer.reason,
      )
    case 'refused-url':
      return failed('http', 'refused-url', `the address of the MMSC in the settings is never asked: ${answer.reason}`)
    case 'status':
      return failed(
        'http',
        `http-${answer.status}`,
        `the answer was HTTP ${answer.status}: ${meaningOf(answer.status)}`,
      )
    case 'portal':
      return failed(
        'http',
        'portal',
        `a page came in place of an answer (${answer.contentType || 'no type'}): no credit, or the wrong APN`,
      )
    case 'cut':
      return failed('http', 'cut', `the answer ended after ${answer.bytes} of ${answer.bytesDeclared} octets`)
    case 'too-large':
      return failed(
        'http',
        'answer-too-large',
        `the answer had more than ${answer.bytesMax} octets, which no confirmation has`,
      )
    case 'accepted':
      return failed(
        'pdu',
        'no-confirmation',
        'the answer had no confirmation in it; nobody knows whether the message was taken',
      )
    case 'pdu':
      return confirmation(answer.octets)
  }
}

function failed(step: MmsStep, code: string, detail: string): MmsTestStep {
  return { step, ok: false, code, detail }
}

function confirmation(octets: Uint8Array): MmsTestStep {
  try {
    const pdu = decodePdu(octets)
    if (pdu.type !== 'm-send-conf')
      return failed('pdu', 'no-confirmation', `an ${pdu.type} came in place of a confirmation`)
    const { responseStatus, responseText } = pdu
    if (responseClass(responseStatus) === 'ok') return holds('pdu')
    const text = responseText === undefined ? '' : `: ${responseText.text}`
    const status = responseStatus.toString(16)
    return failed('pdu', `mms-${status}`, `the MMSC refused it with status 0x${status}${text}`)
  } catch (error) {
    if (!(error instanceof MmsError)) throw error
    return failed('pdu', 'no-confirmation', `the confirmation cannot be read: ${error.message}`)
  }
}

function meaningOf(status: number): string {
  if (status === 401 || status === 403 || status === 407)
    return 'the carrier does not let us in; check APN, user and password'
  if (status === 404 || status === 405 || status === 410) return 'there is no MMSC at that address'
  if (status === 413) return 'it takes no message of that size'
  if (status >= 300 && status < 400) return 'it points elsewhere, where no message is sent'
  return status >= 500 ? 'the MMSC or the proxy is out of order; try again later' : 'it was refused'
}

function testMessage({ number, transactionId }: MmsSelfTestOptions): Uint8Array {
  const data = utf8(TEXT)
  return encodePdu({
    type: 'm-send-req',
    transactionId,
    version: '1.2',
    from: { insertAddress: true },
    to: [{ address: number, addressType: 'PLMN' }],
    messageClass: 'personal',
    deliveryReport: false,
    readReport: false,
    contentType: { media: MEDIA_MIXED, params: new Map() },
    parts: [
      {
        media: 'text/plain',
        params: new Map<string, string | number>([
          ['charset', CHARSET_UTF_8],
          ['name', 'test.txt'],
        ]),
        contentLocation: 'test.txt',
        headers: [],
        data,
      },
    ],
  })
}
