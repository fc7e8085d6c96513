/**
 * Every cut of every PDU that can be read, against a list of the cuts that leave a legal PDU and why. The list is worked
 * out here from the octets alone (WAP-230-WSP §8.4.1.2) and from what the standard calls mandatory, with no help from the
 * decoder, so that each of the two proves the other.
 */
import { describe, expect, it } from 'vitest'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import { MmsError } from '../../../modem/mms/error.ts'
import { DEPTH_MAX } from '../../../modem/mms/limits.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { octetsOf, readablePdus } from './corpus.ts'
import { KINDS, seededPdu } from './messages.ts'

/**
 * Why what is left after a cut is a PDU of its own that nobody can tell from a whole one:
 * - `optional-headers`: the cut falls between two headers, and all that is mandatory stands before it;
 * - `bare-body`: the body is no multipart, has no length, and one octet of it is there (the HTTP length tells, see the
 *   answer `cut` of an exchange);
 * - `failed-retrieval`: an m-retrieve-conf whose status says that there is no message needs no body;
 * - `behind-the-end`: all parts that were announced are there, what is cut was never part of the message.
 */
type Reason = 'optional-headers' | 'bare-body' | 'failed-retrieval' | 'behind-the-end'

const TID = 0x18
const VERSION = 0x0d
const STATUS = 0x15
const LOCATION = 0x03
const MESSAGE_ID = 0x0b
const FROM = 0x09
const TO = 0x17
const DATE = 0x05
const READ_STATUS = 0x1b
const RESPONSE_STATUS = 0x12
const RETRIEVE_STATUS = 0x19
const CONTENT_TYPE = 0x04

/**
 * Header numbers by message type (OMA-TS-MMS_ENC §6). Carriers leave out what is not here though the standard has it:
 * transaction, class, size and expiry of a notification, date of a message, transaction of a confirmation; a reader that
 * refused those would lose messages (corpus: ni-29, rc-39, sc-06).
 */
const MANDATORY: Readonly<Record<number, readonly number[]>> = {
  128: [TID, VERSION, FROM, CONTENT_TYPE],
  129: [VERSION, RESPONSE_STATUS],
  130: [VERSION, LOCATION],
  131: [TID, VERSION, STATUS],
  132: [VERSION, CONTENT_TYPE],
  133: [TID, VERSION],
  134: [VERSION, MESSAGE_ID, TO, DATE, STATUS],
  135: [VERSION, MESSAGE_ID, TO, FROM, READ_STATUS],
  136: [VERSION, MESSAGE_ID, TO, FROM, DATE, READ_STATUS],
  137: [TID, VERSION, LOCATION],
  138: [VERSION, RESPONSE_STATUS],
  150: [TID, VERSION, 0x3e],
  151: [TID, VERSION, 0x3f],
}
/** Mailboxes in the network: read only as far as to say what they are. */
const MAILBOX: Readonly<Record<number, readonly number[]>> = {
  139: [TID, VERSION, LOCATION],
  140: [TID, VERSION],
  141: [TID, VERSION],
  142: [TID, VERSION],
  143: [TID, VERSION],
  144: [TID, VERSION],
  145: [TID, VERSION, LOCATION],
  146: [TID, VERSION],
  147: [],
  148: [TID, VERSION, LOCATION],
  149: [TID, VERSION],
}

interface Value {
  readonly from: number
  readonly to: number
}

function uintvarAt(octets: Uint8Array, at: number): { value: number; end: number } {
  let value = 0
  for (let end = at; ; end++) {
    const octet = octets[end] ?? 0
    value = value * 128 + (octet & 0x7f)
    if (octet < 0x80) return { value, end: end + 1 }
  }
}

/** The value at an offset, by its first octet. */
function valueAt(octets: Uint8Array, at: number): Value {
  const first = octets[at] ?? 0
  if (first < 31) return { from: at, to: at + 1 + first }
  if (first === 31) {
    const { value, end } = uintvarAt(octets, at + 1)
    return { from: at, to: end + value }
  }
  return { from: at, to: first < 0x80 ? octets.indexOf(0, at) + 1 : at + 1 }
}

/** The legal cuts of a PDU: how many octets are left, and why. */
function legalCuts(octets: Uint8Array): Map<number, Reason> {
  const cuts = new Map<number, Reason>()
  const seen = new Set<number>()
  let type = 0
  let isFailed = false
  let at = 0
  while (at < octets.length) {
    if (type !== 0 && octets.subarray(at).every((octet) => octet === 0)) {
      for (let cut = at; cut < octets.length; cut++) cuts.set(cut, 'behind-the-end')
      return cuts
    }
    const number = (octets[at] ?? 0) & 0x7f
    const isNamed = (octets[at] ?? 0) < 0x80
    const value = valueAt(octets, isNamed ? octets.indexOf(0, at) + 1 : at + 1)
    if (!isNamed && number === CONTENT_TYPE) {
      for (const [cut, reason] of cutsOfBody(octets, value, isFailed)) cuts.set(cut, reason)
      return cuts
    }
    if (!isNamed) seen.add(number)
    if (!isNamed && number === 0x0c && type === 0) type = octets[at + 1] ?? 0
    if (!isNamed && number === RETRIEVE_STATUS) isFailed = (octets[at + 1] ?? 0) >= 0xc0
    at = value.to
    const needed = MANDATORY[type] ?? MAILBOX[type]
    if (at < octets.length && needed?.every((each) => seen.has(each))) cuts.set(at, 'optional-headers')
    else if (at < octets.length && isFailed && type === 132 && seen.has(VERSION)) cuts.set(at, 'failed-retrieval')
  }
  return cuts
}

function cutsOfBody(octets: Uint8Array, contentType: Value, isFailed: boolean): readonly (readonly [number, Reason])[] {
  const body = contentType.to
  const range = (from: number, reason: Reason) =>
    Array.from({ length: Math.max(0, octets.length - from) }, (_, index) => [from + index, reason] as const)
  const media = Buffer.from(octets.subarray(contentType.from, body)).toString('latin1')
  const isMultipart = /multipart/.test(media) || /[\x8b-\x8f\xa3-\xa6\xb3]/.test(media.slice(0, 3))
  if (!isMultipart) return range(isFailed ? body : body + 1, isFailed ? 'failed-retrieval' : 'bare-body')
  let { value: parts, end } = uintvarAt(octets, body)
  for (; parts > 0; parts--) {
    const headers = uintvarAt(octets, end)
    const data = uintvarAt(octets, headers.end)
    end = data.end + headers.value + data.value
  }
  return range(end, 'behind-the-end')
}

/** `legal`, or the code of the error; in no more work than the octets are worth, which is what keeps it far below 50 ms. */
function outcome(octets: Uint8Array): string {
  const work = { octets: 0 }
  try {
    decodePdu(octets, work)
    return 'legal'
  } catch (error) {
    if (error instanceof MmsError && error.field !== '') return error.code
    throw error
  } finally {
    expect(work.octets).toBeLessThanOrEqual((DEPTH_MAX + 3) * octets.length)
  }
}

/** Of a longer one (a subject of 60 KB) every so many are tried. */
const CUTS_MAX = 2_000

/** What is legal and what is refused, where the decoder and the list above do not agree. */
function disagreementsOf(octets: Uint8Array): string[] {
  const legal = legalCuts(octets)
  const step = Math.ceil(octets.length / CUTS_MAX)
  return Array.from({ length: Math.ceil(octets.length / step) }, (_, index) => index * step).flatMap((cut) => {
    const got = outcome(octets.subarray(0, cut))
    return (got === 'legal') === legal.has(cut) ? [] : [`cut at ${cut}: ${got}, listed as ${legal.get(cut)}`]
  })
}

const corpusPdus = readablePdus.map((entry) => [entry.id, octetsOf(entry)] as const)

describe('a PDU that was cut', () => {
  it.each(corpusPdus)('%s: is refused by name, except where the list says why not', (_, octets) => {
    expect(outcome(octets)).toBe('legal')
    expect(disagreementsOf(octets)).toEqual([])
  })

  it('meets every reason of the list in the corpus', () => {
    const met = new Set(corpusPdus.flatMap(([, octets]) => [...legalCuts(octets).values()]))
    expect([...met].sort()).toEqual(['bare-body', 'behind-the-end', 'failed-retrieval', 'optional-headers'])
  })

  it.each(KINDS)('of ours, %s: is refused by name, except where the list says why not', (kind) => {
    let refused = 0
    for (let seed = 0; seed < 20; seed++) {
      const octets = encodePdu(seededPdu(seed, { plain: seed % 2 === 0 }, [kind]))
      expect(disagreementsOf(octets)).toEqual([])
      refused += octets.length - legalCuts(octets).size
    }
    expect(refused).toBeGreaterThan(0)
  })

  it.each(Object.entries(MAILBOX).map(([type, needed]) => [Number(type), needed] as const))(
    'of a mailbox, type %i: without what is mandatory is refused',
    (type, needed) => {
      const optional = [0x96, 0x41, 0x00]
      const headers = needed.flatMap((number) =>
        number === VERSION ? [0x80 | number, 0x93] : [0x80 | number, 0x54, 0x00],
      )
      const octets = Uint8Array.from([0x8c, type, ...headers, ...optional])
      expect(outcome(octets)).toBe('legal')
      expect(disagreementsOf(octets)).toEqual([])
    },
  )

  it('with a body is refused wherever its parts are cut, also between two of them', () => {
    for (let seed = 0; seed < 40; seed++) {
      const made = seededPdu(seed, { plain: true }, ['m-send-req', 'm-retrieve-conf'])
      const octets = encodePdu(made)
      const reasons = new Set(legalCuts(octets).values())
      expect([...reasons]).toEqual([])
    }
  })

  it('inside of a body that is no multipart is the answer cut of the exchange, not the codec’s; without any of it, refused', () => {
    const bare: NewPdu = {
      type: 'm-send-req',
      transactionId: 'T',
      version: '1.2',
      from: { insertAddress: true },
      to: [{ address: '60606' }],
      contentType: { media: 'text/plain', params: new Map() },
      parts: [{ media: 'text/plain', params: new Map(), headers: [], data: new TextEncoder().encode('hello') }],
    }
    const octets = encodePdu(bare)
    const reasons = [...legalCuts(octets)]
    expect(reasons).toEqual([1, 2, 3, 4].map((left) => [octets.length - 5 + left, 'bare-body']))
    expect(disagreementsOf(octets)).toEqual([])
    expect(outcome(octets.subarray(0, -5))).toBe('truncated')
  })
})
