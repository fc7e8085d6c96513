/** What an MMSC answered, from octets and HTTP to the words in which the domain decides. */

import { MmsError } from '../../modem/mms/error.ts'
import type { MmscAnswer } from '../../modem/mms/exchange.ts'
import { decodePdu } from '../../modem/mms/pdu.ts'
import { responseClass, retrieveClass } from '../../modem/mms/status.ts'
import type { MmsPdu, RetrieveConf } from '../../modem/mms/types.ts'
import type { Miss } from '../domain/mms-incoming.ts'
import type { PostOutcome } from '../domain/mms-outgoing.ts'
import { type ToldValues, told } from '../domain/told.ts'

export type Retrieved =
  | { kind: 'message'; conf: RetrieveConf; octets: Uint8Array }
  | { kind: 'missed'; miss: Miss; code: string; words: string; values?: ToldValues | undefined }

const TRANSIENT_NOT_FOUND = 0xc1
const PERMANENT_NOT_FOUND = 0xe2

/** What came of a GET. */
export function retrieved(answer: MmscAnswer): Retrieved {
  switch (answer.kind) {
    case 'pdu':
      return ofPdu(answer.octets)
    case 'accepted':
      return missed('odd', 'empty', 'the carrier answered with nothing')
    case 'portal':
      return missed('odd', 'portal', `a web page (${answer.contentType}) came in the place of the message`)
    case 'status':
      return ofStatus(answer.status)
    case 'cut':
      return {
        ...missed('later', 'cut', `only ${answer.bytes} of ${answer.bytesDeclared} octets came`),
        ...told('cut', { came: answer.bytes, of: answer.bytesDeclared }),
      }
    case 'too-large':
      return {
        ...missed('too-large', 'too-large', `it has more than the ${answer.bytesMax} octets that are taken in`),
        ...told('too-large', { bytes_max: answer.bytesMax }),
      }
    case 'refused-url':
      return missed('refused', 'refused-url', `its address is not asked: ${answer.reason}`)
    case 'unreachable':
      return missed('later', `unreachable-${answer.step}`, answer.reason)
  }
}

function ofPdu(octets: Uint8Array): Retrieved {
  const pdu = readable(octets)
  if (pdu === undefined) return missed('odd', 'unreadable', 'what came cannot be read as a message')
  if (pdu.type !== 'm-retrieve-conf') return missed('odd', 'unreadable', `an ${pdu.type} came in place of the message`)
  const { retrieveStatus: status, retrieveText } = pdu
  const kind = retrieveClass(status)
  if (kind === 'ok' || status === undefined) return { kind: 'message', conf: pdu, octets }
  const text = retrieveText?.text.trim() ?? ''
  const words = `the carrier says 0x${status.toString(16)}${text === '' ? '' : ` (“${text}”)`}`
  const code = `mms-${status.toString(16)}`
  if (status === TRANSIENT_NOT_FOUND) return missed('perhaps-gone', code, words)
  if (status === PERMANENT_NOT_FOUND) return missed('gone', code, 'the carrier no longer has it')
  return missed(kind === 'retry' ? 'later' : 'refused', code, words)
}

function ofStatus(status: number): Retrieved {
  const code = `http-${status}`
  if (status === 404 || status === 410) return missed('gone', code, 'the carrier no longer has it')
  const words = `the carrier answered HTTP ${status}`
  if (status === 401 || status === 403 || status === 407) {
    return missed('refused', code, `${words}: its settings (APN, proxy) do not fit, or MMS is not part of this plan`)
  }
  return missed(status >= 500 || status === 408 || status === 429 ? 'later' : 'odd', code, words)
}

function missed(kind: Miss['kind'], code: string, words: string): Retrieved {
  return { kind: 'missed', miss: { kind }, code, words }
}

/** Whether the MMSC has an answer of ours, or will never want it: there is no use in giving it again. */
export function isAnswerTaken(answer: MmscAnswer): boolean {
  if (answer.kind === 'status') return answer.status === 404 || answer.status === 410
  return answer.kind === 'pdu' || answer.kind === 'accepted' || answer.kind === 'refused-url'
}

/** What came of a POST of a message; `conf` has the MMSC's name for it where it took it. */
export function posted(answer: MmscAnswer): PostOutcome & { mmscMessageId?: string } {
  switch (answer.kind) {
    case 'pdu': {
      const pdu = readable(answer.octets)
      if (pdu?.type !== 'm-send-conf') return { kind: 'odd', reason: 'something else than an m-send-conf came' }
      const { responseStatus: status, responseText, messageId } = pdu
      const conf = { kind: 'conf', verdict: responseClass(status), status, text: responseText?.text } as const
      return messageId === undefined ? conf : { ...conf, mmscMessageId: messageId }
    }
    case 'accepted':
      return { kind: 'odd', reason: 'it was empty' }
    case 'portal':
      return { kind: 'odd', reason: `a web page (${answer.contentType})` }
    case 'cut':
      return { kind: 'odd', reason: 'it broke off' }
    case 'too-large':
      return { kind: 'odd', reason: 'it was far too long' }
    case 'status':
      return { kind: 'http', status: answer.status }
    case 'refused-url':
      return { kind: 'unreachable', bodySent: false, reason: answer.reason }
    case 'unreachable':
      return { kind: 'unreachable', bodySent: answer.bodySent, reason: answer.reason }
  }
}

function readable(octets: Uint8Array): MmsPdu | undefined {
  try {
    return decodePdu(octets)
  } catch (error) {
    if (error instanceof MmsError) return undefined
    throw error
  }
}
