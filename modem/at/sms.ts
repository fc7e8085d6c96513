/**
 * The SMS commands (3GPP TS 27.005, PDU mode) as values. Pure.
 */
import { type AtCommand, query, setting } from './command.ts'
import { decimal, fieldsAfter, nameList, numberList, splitFields, unquote } from './fields.ts'

/** One occupied slot as +CMGL or +CMGR tells it. */
export interface StoredMessage {
  index: number
  /** 0 received unread, 1 received read, 2 stored unsent, 3 stored sent; undefined where the modem said nonsense. */
  status: number | undefined
  /** The line behind the head as it came: mostly hex, never trusted. */
  pdu: string
  /** Whether `pdu` is hex of the length that its head named. */
  fits: boolean
  /** The same for a page of a cell broadcast, which has no SCA in front (27.005 §3.4.3). */
  fitsPage: boolean
}

export interface StorageCounts {
  used: number
  total: number
}

/** `+CNMI=<mode>,<mt>,<bm>,<ds>,<bfr>` (27.005 §3.4.1). */
export type NewMessageIndication = readonly [mode: number, mt: number, bm: number, ds: number, bfr: number]

/** The memory of cell broadcasts (27.005 §3.1): read and emptied, never written. */
export const BROADCAST_MEMORY = 'BM'

const CMGS_PREFIX = '+CMGS:'

/** AT+CMGS: `tpdu` without SCA; the modem's own SMSC is used. Gives TP-MR. */
export function submitMessage(
  tpdu: Uint8Array,
  limits: { promptTimeoutMs: number; timeoutMs: number; beforeBodyTimeoutMs: number },
  beforeBody: (() => Promise<void>) | undefined,
): AtCommand<number> {
  return {
    text: `AT+CMGS=${tpdu.length}`,
    info: [{ prefix: CMGS_PREFIX, accepts: (fields) => decimal(fields[0]) !== undefined }],
    infoRequired: true,
    timeoutMs: limits.timeoutMs,
    parse: (lines) => {
      const reference = decimal(fieldsAfter(lines[0] ?? '', CMGS_PREFIX)[0])
      if (reference === undefined || reference < 0 || reference > 255) throw new Error('no message reference')
      return reference
    },
    retry: 'unsafe',
    prompt: {
      text: `00${Buffer.from(tpdu).toString('hex').toUpperCase()}`,
      promptTimeoutMs: limits.promptTimeoutMs,
      beforeBodyTimeoutMs: limits.beforeBodyTimeoutMs,
      ...(beforeBody === undefined ? {} : { beforeBody }),
    },
  }
}

/**
 * AT+CMGL=4: all messages of the selected memory, read and unread. Not repeated by the channel: where it hangs, the slots
 * are read one by one instead.
 */
export function listMessages(timeoutMs: number): AtCommand<readonly StoredMessage[]> {
  const prefix = '+CMGL:'
  return {
    text: 'AT+CMGL=4',
    info: [{ prefix, body: true, accepts: (fields) => decimal(fields[0]) !== undefined }],
    timeoutMs,
    parse: (lines) => {
      const messages: StoredMessage[] = []
      for (let at = 0; at < lines.length; at += 2) {
        const fields = fieldsAfter(lines[at] ?? '', prefix)
        messages.push(stored(decimal(fields[0]) ?? -1, fields.slice(1), lines[at + 1] ?? ''))
      }
      return messages
    },
    retry: 'unsafe',
  }
}

/**
 * AT+CMGR=n: one message of the selected memory; undefined when the slot is empty, which modems say by an OK without a
 * message or by a message of length 0.
 */
export function readMessage(index: number, timeoutMs: number): AtCommand<StoredMessage | undefined> {
  const prefix = '+CMGR:'
  return {
    text: `AT+CMGR=${index}`,
    info: [{ prefix, body: true }],
    timeoutMs,
    parse: ([head, line = '']) => {
      if (head === undefined) return undefined
      const fields = fieldsAfter(head, prefix)
      return line === '' && decimal(fields.at(-1)) === 0 ? undefined : stored(index, fields, line)
    },
    retry: 'safe',
  }
}

/** `<stat>,[<alpha>],<length>` and the PDU line. */
function stored(index: number, fields: readonly string[], line: string): StoredMessage {
  const octets = decimal(fields.at(-1))
  const hex = /^(?:[0-9A-Fa-f]{2})+$/.test(line)
  const fits = hex && octets !== undefined && line.length === 2 * (octets + 1 + Number.parseInt(line.slice(0, 2), 16))
  return { index, status: decimal(fields[0]), pdu: line, fits, fitsPage: hex && line.length === 2 * (octets ?? 0) }
}

/** AT+CMGD=n. Not repeated by the channel: the slot may hold a new message by then. */
export function deleteMessage(index: number, timeoutMs: number): AtCommand<void> {
  return { ...setting(`AT+CMGD=${index}`, timeoutMs), retry: 'unsafe' }
}

/** AT+CPMS=?: the memories offered for reading, writing and receiving. Some modems name only one or two lists. */
export function offeredMemories(timeoutMs: number): AtCommand<readonly (readonly string[])[]> {
  return query('AT+CPMS=?', '+CPMS:', timeoutMs, (text) => splitFields(text).map(nameList))
}

/** AT+CPMS=…: selects; gives used and total of each memory named, in order. */
export function selectMemories(memories: readonly string[], timeoutMs: number): AtCommand<readonly StorageCounts[]> {
  return {
    text: `AT+CPMS=${memories.map((memory) => `"${memory}"`).join(',')}`,
    info: [{ prefix: '+CPMS:' }],
    timeoutMs,
    parse: (lines) => {
      const fields = fieldsAfter(lines[0] ?? '', '+CPMS:')
      const counts: StorageCounts[] = []
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const used = decimal(fields[at])
        const total = decimal(fields[at + 1])
        if (used !== undefined && total !== undefined) counts.push({ used, total })
      }
      return counts
    },
    retry: 'safe',
  }
}

/** AT+CPMS?: the first OK to it says that the SMS part of the modem is ready. Gives the memory selected for reading. */
export function selectedMemory(timeoutMs: number): AtCommand<string> {
  return query('AT+CPMS?', '+CPMS:', timeoutMs, (text) => unquote(splitFields(text)[0]))
}

/** AT+CSMS=?: the message services offered; 1 means phase 2+ with acknowledgement by +CNMA. */
export function offeredServices(timeoutMs: number): AtCommand<ReadonlySet<number>> {
  return query('AT+CSMS=?', '+CSMS:', timeoutMs, numberList)
}

/** AT+CNMI=?: five lists of values. */
export function offeredIndications(timeoutMs: number): AtCommand<readonly ReadonlySet<number>[]> {
  return query('AT+CNMI=?', '+CNMI:', timeoutMs, (text) => splitFields(text).map(numberList))
}

/** AT+CNMI=…: sets how new messages are told. */
export function setIndication(indication: NewMessageIndication, timeoutMs: number): AtCommand<void> {
  return setting(`AT+CNMI=${indication.join(',')}`, timeoutMs)
}

/** AT+CNMI?: what is set now; shorter than five where the modem says less. */
export function currentIndication(timeoutMs: number): AtCommand<readonly number[]> {
  return query('AT+CNMI?', '+CNMI:', timeoutMs, (text) => splitFields(text).map((field) => decimal(field) ?? -1))
}

/** AT+CMGF?: 0 is PDU mode. */
export function currentFormat(timeoutMs: number): AtCommand<number | undefined> {
  return query('AT+CMGF?', '+CMGF:', timeoutMs, (text) => decimal(splitFields(text)[0]))
}

/** AT+CSCA?: the SMSC's number as set in the SIM; empty when there is none. */
export function serviceCentre(timeoutMs: number): AtCommand<string> {
  return query('AT+CSCA?', '+CSCA:', timeoutMs, (text) => {
    const [number, type] = splitFields(text)
    return international(unquote(number), decimal(type))
  })
}

/** Puts the + in front of an international number (type of address 145, 23.040 §9.1.2.5) that lacks it. */
export function international(number: string, type: number | undefined): string {
  return type === 145 && number !== '' && !number.startsWith('+') ? `+${number}` : number
}
