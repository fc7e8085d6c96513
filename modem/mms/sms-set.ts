/**
 * A set of received text messages in the order of their arrival, put together and, where they were sent to the port of
 * pushes, read down to the MMS PDU. It forgets nothing and waits for nobody: what is not complete is counted.
 */
import { PduError } from '../pdu/error.ts'
import { reassemble, type Segment, segmentOf } from '../pdu/segments.ts'
import { decodePdu as decodeTpduHex, type SmsDeliver } from '../pdu/tpdu.ts'
import type { Ports } from '../pdu/udh.ts'
import { MmsError } from './error.ts'
import { MEDIA_MMS } from './media.ts'
import { decodePdu } from './pdu.ts'
import { decodePush, PUSH_PORT } from './push.ts'
import type { MmsPdu } from './types.ts'

export interface SetMessage {
  ports: Ports | null
  /** The user data of all parts. */
  data: Uint8Array
  /** Null for another port, another content type, and what could not be read. */
  pdu: MmsPdu | null
  /** Why a push could not be read. */
  error?: MmsError
}

export interface SmsSet {
  /** Messages of data, in the order in which they became complete. Texts are not for us. */
  messages: readonly SetMessage[]
  /** Messages of which parts are missing. */
  pending: number
}

type KeptPart = Segment & { ports: Ports | null }

/**
 * @param tpdus SMS-DELIVERs in hex, with the service centre address in front
 * Throws PduError or MmsError (`unexpected-type`) for one that is no SMS-DELIVER, MmsError where a header is broken, and
 * the error of the push where none of the set can be read and nothing is to come.
 */
export function readSet(tpdus: readonly string[]): SmsSet {
  const waiting = new Map<string, KeptPart[]>()
  const complete = new Map<string, KeptPart[]>()
  const messages: SetMessage[] = []
  for (const [index, hex] of tpdus.entries()) {
    const deliver = deliverOf(hex, index)
    if (deliver.text !== null) continue
    const part = { ...segmentOf(deliver), ports: deliver.ports }
    if (deliver.concat === null) {
      messages.push(messageOf([part]))
      continue
    }
    const { ref, refBits, total } = deliver.concat
    const key = JSON.stringify([deliver.address.display, refBits, ref, total])
    const isTwin = ({ seq, data }: KeptPart) => seq === part.seq && data === part.data
    // Carriers repeat parts; also of a message that is already whole.
    if (complete.get(key)?.some(isTwin)) continue
    const parts = [...(waiting.get(key) ?? []), part]
    waiting.set(key, parts)
    if (new Set(parts.map(({ seq }) => seq)).size < total) continue
    waiting.delete(key)
    complete.set(key, parts)
    messages.push(messageOf(parts))
  }
  const [error] = messages.map((message) => message.error)
  if (error !== undefined && waiting.size === 0 && messages.every((message) => message.error)) throw error
  return { messages, pending: waiting.size }
}

function deliverOf(hex: string, index: number): SmsDeliver {
  const tpdu = decodeTpduHex(hex, 'mt')
  if (tpdu.type !== 'deliver') {
    throw new PduError('unsupported-type', 'TP-MTI', 0, `message ${index + 1} is a ${tpdu.type}, not an SMS-DELIVER`)
  }
  if (tpdu.udhIgnored) {
    throw new MmsError('malformed', 'TP-UDH', 0, `the header of message ${index + 1} runs over its end`)
  }
  return tpdu
}

function messageOf(parts: readonly KeptPart[]): SetMessage {
  // Some senders name the ports in the first part only.
  const ports = parts.find((part) => part.ports)?.ports ?? null
  const data = reassemble(parts).data ?? new Uint8Array(0)
  if (ports?.dst !== PUSH_PORT) return { ports, data, pdu: null }
  try {
    const push = decodePush(data)
    return { ports, data, pdu: push.contentType.media === MEDIA_MMS ? decodePdu(push.body) : null }
  } catch (error) {
    if (!(error instanceof MmsError)) throw error
    return { ports, data, pdu: null, error }
  }
}
