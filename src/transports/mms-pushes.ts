/**
 * WAP pushes for the MMS agent, out of text messages: a notification becomes a record, a report a receipt, both in the
 * transaction of the text that brought them. What is no business of ours is left to whoever takes data.
 */

import { MmsError } from '../../modem/mms/error.ts'
import { decodePdu } from '../../modem/mms/pdu.ts'
import { APPLICATION_MMS, decodePush, PUSH_PORT } from '../../modem/mms/push.ts'
import { deliveryClass } from '../../modem/mms/status.ts'
import type { DeliveryInd, MmsTime, NotificationInd, ReadOrigInd } from '../../modem/mms/types.ts'
import { toHex } from '../../modem/pdu/octets.ts'
import { announced, announcedAgain, type IncomingStep } from '../domain/mms-incoming.ts'
import type { NotificationShelf } from '../domain/mms-record.ts'
import type { TransportSink } from '../domain/sink.ts'
import { type ToldValues, told } from '../domain/told.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { MmsLines } from './mms-lines.ts'
import { addressKey, senderOf } from './mms-people.ts'
import { pictureNotice, SENDS_ONLY_CODE } from './mms-words.ts'

/** Content type of MMS PDUs; some senders leave the application id out. */
const MMS_MESSAGE = 'application/vnd.wap.mms-message'
const READ = 0x80
/** Longer ones are no addresses of an MMSC. */
const LOCATION_CHARS_MAX = 2_000
const TRANSACTION_CHARS_MAX = 500

export interface MmsPushesOptions {
  shelf: NotificationShelf
  sink: Pick<TransportSink, 'picture' | 'receipt' | 'quarantine' | 'knows'>
  lines: MmsLines
  mode: 'immediate' | 'deferred'
  /** What is taken in at most. */
  bytesMax: number
  /** What is fetched unasked of people whom the owner does not know, in octets. */
  strangersBytesMax: number
  region: string | undefined
  clock: () => number
  /** Something may have been announced: called after the commit. */
  wake: () => void
}

/** Octets that a text message brought to a port. */
export interface PushedOctets {
  lane: string
  port: number
  octets: Uint8Array
  receivedAtMs: number
  dedupeKey: string
}

export class MmsPushes {
  readonly #options: MmsPushesOptions

  constructor(options: MmsPushesOptions) {
    this.#options = options
  }

  committed(): void {
    this.#options.wake()
  }

  /** False when it is none of ours. */
  async take(push: PushedOctets, unit: UnitOfWork): Promise<boolean> {
    const body = mmsBodyOf(push)
    if (body === undefined) return false
    try {
      const pdu = decodePdu(body)
      if (pdu.type === 'm-notification-ind') await this.#notification(push, pdu, unit)
      else if (pdu.type === 'm-delivery-ind') await this.#delivery(push, pdu, unit)
      else if (pdu.type === 'm-read-orig-ind') await this.#read(push, pdu, unit)
      else await this.#quarantine(push, 'unexpected-type', `no MMSC pushes an ${pdu.type}`, unit)
    } catch (error) {
      if (!(error instanceof MmsError)) throw error
      await this.#unreadable(push, error, unit)
    }
    return true
  }

  async #notification(push: PushedOctets, pdu: NotificationInd, unit: UnitOfWork): Promise<void> {
    const { shelf, lines, bytesMax, region, clock } = this.#options
    const { transactionId = '', contentLocation: location } = pdu
    if (location.length > LOCATION_CHARS_MAX || transactionId.length > TRANSACTION_CHARS_MAX) {
      await this.#quarantine(push, 'limit-exceeded', 'a notification with an address or a name beyond all bounds', unit)
      return
    }
    const nowMs = clock()
    const key = { lane: push.lane, transactionId, location }
    const known = await shelf.find(key, unit)
    if (known !== undefined) {
      await shelf.change(known.id, known.state, announcedAgain(known, nowMs), unit)
      return
    }
    const fromAddress = senderOf(pdu.from, region)
    const isUnasked = await this.#isUnasked(fromAddress, pdu.messageSize, unit)
    const mode = isUnasked ? 'immediate' : 'deferred'
    const announcement = {
      ...key,
      fromAddress,
      subject: pdu.subject?.text.trim() || undefined,
      bytes: pdu.messageSize,
      receivedAtMs: push.receivedAtMs,
    }
    const line = lines.all().find(({ lane }) => lane === push.lane)
    const expiresAtMs = instantOf(pdu.expiry, nowMs)
    const canFetch = line !== undefined && line.sendsOnly === undefined
    const { now, tell }: IncomingStep = canFetch
      ? announced({ nowMs, expiresAtMs, bytes: pdu.messageSize, bytesMax, mode })
      : { now: beyondReach(line === undefined ? 'refused' : 'deferred', nowMs, expiresAtMs), tell: true }
    const record = await shelf.add(announcement, now, unit)
    const why =
      line?.sendsOnly === undefined ? reasonOf(now, line !== undefined, this.#options) : sendsOnly(line.sendsOnly)
    if (why !== undefined) await shelf.change(record.id, now.state, why, unit)
    if (tell) await this.#options.sink.picture(pictureNotice({ ...record, ...why }), unit)
  }

  /** Whether it is fetched without anybody asking for it. Without a size that is told it is taken to be small. */
  async #isUnasked(from: string | undefined, bytes: number | undefined, unit: UnitOfWork): Promise<boolean> {
    const { mode, strangersBytesMax, sink } = this.#options
    if (mode === 'deferred') return false
    if (strangersBytesMax > 0 && (bytes ?? 0) <= strangersBytesMax) return true
    return from?.startsWith('+') === true && (await sink.knows({ e164: from, aci: undefined, pni: undefined }, unit))
  }

  async #delivery(push: PushedOctets, pdu: DeliveryInd, unit: UnitOfWork): Promise<void> {
    const kind = deliveryClass(pdu.status)
    if (kind === 'pending') return
    const [to] = pdu.to
    if (to === undefined) return
    await this.#options.sink.receipt(
      {
        transport: 'mms',
        lane: push.lane,
        mmscMessageId: pdu.messageId,
        recipient: addressKey(to, this.#options.region),
        kind,
        status: pdu.status,
        atMs: push.receivedAtMs,
        detail: DELIVERY_WORDS[pdu.status] ?? `the carrier reports 0x${pdu.status.toString(16)}`,
      },
      unit,
    )
  }

  async #read(push: PushedOctets, pdu: ReadOrigInd, unit: UnitOfWork): Promise<void> {
    const reader = senderOf(pdu.from, this.#options.region)
    if (pdu.readStatus !== READ || reader === undefined) return
    await this.#options.sink.receipt(
      {
        transport: 'mms',
        lane: push.lane,
        mmscMessageId: pdu.messageId,
        recipient: reader,
        kind: 'read',
        status: pdu.readStatus,
        atMs: push.receivedAtMs,
        detail: 'their phone reports that it was read',
      },
      unit,
    )
  }

  /** The MMSC is told that it cannot be understood, where it gave a transaction to say that under. */
  async #unreadable(push: PushedOctets, error: MmsError, unit: UnitOfWork): Promise<void> {
    const { shelf, clock } = this.#options
    const { transactionId } = error
    await this.#quarantine(push, error.code, `${error.field} at octet ${error.offset}: ${error.message}`, unit)
    if (transactionId === undefined || transactionId.length > TRANSACTION_CHARS_MAX) return
    const key = { lane: push.lane, transactionId, location: '' }
    const nowMs = clock()
    const known = await shelf.find(key, unit)
    if (known !== undefined) await shelf.change(known.id, known.state, announcedAgain(known, nowMs), unit)
    else await shelf.add(nameless(key, push.receivedAtMs), unrecognised(nowMs), unit)
  }

  #quarantine(push: PushedOctets, code: string, detail: string, unit: UnitOfWork): Promise<void> {
    const { lane, octets, dedupeKey, receivedAtMs } = push
    return this.#options.sink.quarantine(
      { transport: 'mms', lane, raw: toHex(octets), code, detail, dedupeKey: `mms:${dedupeKey}`, receivedAtMs },
      unit,
    )
  }
}

/** What the notification of an MMSC, or a report, is made of; undefined for other pushes, and for what is none at all. */
function mmsBodyOf({ port, octets }: PushedOctets): Uint8Array | undefined {
  if (port !== PUSH_PORT) return undefined
  try {
    const { contentType, applicationId, body } = decodePush(octets)
    const isOurs = applicationId === undefined || applicationId === APPLICATION_MMS
    return contentType.media === MMS_MESSAGE && isOurs ? body : undefined
  } catch (error) {
    if (error instanceof MmsError) return undefined
    throw error
  }
}

const DELIVERY_WORDS: Readonly<Record<number, string>> = {
  128: 'it expired before they fetched it',
  129: 'their phone has fetched it',
  130: 'they have refused it',
  132: 'their phone cannot show it',
  134: 'it was forwarded to them',
  135: 'they cannot be reached',
}

function instantOf(time: MmsTime | undefined, nowMs: number): number | undefined {
  if (time === undefined) return undefined
  return time.kind === 'absolute' ? time.epoch * 1_000 : nowMs + time.seconds * 1_000
}

const UNKNOWN_EXPIRY_MS = 7 * 24 * 3_600_000
const AT_REST = { tries: 0, oddities: 0, dueAtMs: null, answer: null, answerDueAtMs: null, answerTries: 0 } as const

/** Nothing can fetch it, nor tell the MMSC so; when that has changed, the owner may ask for it. */
function beyondReach(
  state: 'refused' | 'deferred',
  nowMs: number,
  expiresAtMs: number | undefined,
): IncomingStep['now'] {
  return { ...AT_REST, state, expiresAtMs: expiresAtMs ?? nowMs + UNKNOWN_EXPIRY_MS }
}

function sendsOnly(reason: string): { code: string; reason: string } {
  return { code: SENDS_ONLY_CODE, reason }
}

function unrecognised(nowMs: number): IncomingStep['now'] {
  const expiresAtMs = nowMs + UNKNOWN_EXPIRY_MS
  return { ...AT_REST, state: 'refused', expiresAtMs, answer: 'unrecognised', answerDueAtMs: nowMs }
}

function nameless(key: { lane: string; transactionId: string; location: string }, receivedAtMs: number) {
  return { ...key, fromAddress: undefined, subject: undefined, bytes: undefined, receivedAtMs }
}

function reasonOf(
  { state }: IncomingStep['now'],
  isSetUp: boolean,
  { bytesMax, mode }: Pick<MmsPushesOptions, 'bytesMax' | 'mode'>,
): { code: string; reason: string; values?: ToldValues } | undefined {
  if (!isSetUp) {
    const reason = 'MMS is not set up for this modem (see mms in the configuration)'
    return { code: 'mms-not-set-up', reason }
  }
  if (state === 'expired') return { code: 'expired', reason: 'its time at the carrier was over when it was announced' }
  if (state === 'deferred') {
    const theirs = 'large ones of numbers that you have neither named nor written to are fetched when you ask'
    return { code: 'deferred', reason: mode === 'deferred' ? 'picture messages are fetched when you ask' : theirs }
  }
  if (state === 'too-large') {
    const reason = `it has more than the ${bytesMax} octets that are taken in (mms.bytes_max)`
    return { ...told('too-large', { bytes_max: bytesMax }), reason }
  }
  return undefined
}
