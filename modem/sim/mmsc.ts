/**
 * A simulated MMSC on the simulated radio network: store and forward of picture messages, notifications by WAP push in
 * text messages of the network, again until they are answered, delivery and read reports, and a ledger of it all.
 *
 *   const mmsc = new SimulatedMmsc(network, { clock })
 *   const proxy = await mmsc.proxyFor('+4915550001')       that station's way to it: 127.0.0.1 and a port of its own
 *   const ben = mmsc.handset('+4915550002')                a person's phone: ben.send({ to, files }) · ben.inbox · ben.onMessage
 *   mmsc.fault({ kind: 'status', status: 503, on: 'retrieve' })              see mmsc-faults.ts for all of them
 *   mmsc.pushes = { copies: 2 }                            duplicates; 0: lost; location: a forged address
 *   mmsc.ledger.requests({ from, type }) · mmsc.ledger.pushes({ to }) · mmsc.messages()
 *
 * Who asks is known by the proxy port, as a carrier knows it by the bearer: there is no log-in and no header for it. A
 * message to a number with a proxy is notified; to a handset it is handed over at once while that is on; to anybody else
 * it fails. Nothing is persisted.
 */
import { encodePdu, type NewPdu } from '../mms/encode.ts'
import { MmsError } from '../mms/error.ts'
import { decodePdu } from '../mms/pdu.ts'
import type { MmsPdu, NotifyRespInd, ReadRecInd, SendReq } from '../mms/types.ts'
import { type SimClock, systemClock } from './clock.ts'
import {
  type Delivery,
  deliveryIndOf,
  expiryMs,
  isSettled,
  notificationOf,
  readOrigIndOf,
  retrieveConfOf,
  STATUS_DEFERRED,
  STATUS_EXPIRED,
  STATUS_REJECTED,
  STATUS_RETRIEVED,
  STATUS_UNREACHABLE,
  STATUS_UNRECOGNISED,
  type StoredMessage,
} from './mmsc-delivery.ts'
import { type MmscErrand, type MmscFault, MmscFaultStack, type PushFate, preventsWork } from './mmsc-faults.ts'
import { type HandsetDraft, sendRequestOf } from './mmsc-handset.ts'
import { MmscLedger, type MmscPush } from './mmsc-ledger.ts'
import { Handset } from './mmsc-phone.ts'
import { pushSegments } from './mmsc-push.ts'
import { type MmscHttpAnswer, type MmscHttpRequest, MmscServer } from './mmsc-server.ts'
import type { RadioNetwork } from './network.ts'
import type { Subscription } from './station.ts'

const RESPONSE_OK = 0x80
const RESPONSE_FORMAT_CORRUPT = 0xe2
const RESPONSE_CONTENT_NOT_ACCEPTED = 0xe5
const RETRIEVE_NOT_FOUND = 0xe2
const READ = 0x80

/** Messages kept; the oldest fall out. */
const MESSAGES_MAX = 10_000

export interface SimulatedMmscOptions {
  clock: SimClock
  /** The number that its pushes come from. */
  number: string
  /** Its host, in addresses of messages. */
  host: string
  /** A notification that nobody answers is sent again after this. */
  renotifyAfterMs: number
  /** How long it keeps anything. */
  validityMs: number
  /** Octets of an m-send-req. */
  maxMessageSize: number
  /** How it says that one is larger. */
  tooLarge: 'pdu' | 'status-413'
  /** The same transaction of the same station is the same message. */
  deduplicates: boolean
  /** How it says that a message has gone. */
  gone: 'status-404' | 'pdu'
  /** Addresses end in `message-id=`, which the client completes. */
  appendsTransactionId: boolean
}

const DEFAULTS: SimulatedMmscOptions = {
  clock: systemClock,
  number: '+4915550009',
  host: 'mmsc.sim',
  renotifyAfterMs: 300_000,
  validityMs: 7 * 86_400_000,
  maxMessageSize: 307_200,
  tooLarge: 'pdu',
  deduplicates: true,
  gone: 'status-404',
  appendsTransactionId: false,
}

export class SimulatedMmsc {
  readonly ledger = new MmscLedger()
  /** What becomes of pushes from now on. */
  pushes: PushFate = { copies: 1 }
  /** May be changed while it runs. */
  readonly settings: SimulatedMmscOptions
  private readonly faults = new MmscFaultStack()
  private readonly server = new MmscServer((from, request) => this.answer(from, request))
  private readonly subscription: Subscription
  private readonly stations = new Set<string>()
  private readonly handsets = new Map<string, Handset>()
  private readonly stored = new Map<string, StoredMessage>()
  /** Confirmations by station and transaction. */
  private readonly confirmed = new Map<string, NewPdu>()
  private nextId = 1
  private nextPush = 0
  private isStopped = false

  constructor(network: RadioNetwork, options: Partial<SimulatedMmscOptions> = {}) {
    this.settings = { ...DEFAULTS, ...options }
    this.subscription = network.attach(this.settings.number, { offer: () => Promise.resolve('taken') })
  }

  /** Where client PDUs are posted to. */
  get url(): string {
    return `http://${this.settings.host}/`
  }

  /** The way of this number's bearer to the MMSC. From now on its messages are notified by push. */
  async proxyFor(number: string): Promise<{ host: string; port: number }> {
    this.stations.add(number)
    return { host: '127.0.0.1', port: await this.server.portFor(number) }
  }

  /** The phone of somebody, made on first use. */
  handset(number: string): Handset {
    const known = this.handsets.get(number)
    if (known !== undefined) return known
    const handset = new Handset(number, {
      send: (draft) => this.sendFor(number, draft),
      switchedOn: () => this.handOver(number),
      read: (messageId) => this.readBy(number, messageId, READ),
    })
    this.handsets.set(number, handset)
    return handset
  }

  /** Arms a fault, on top of those that are armed. Throws RangeError when too many are. */
  fault(fault: MmscFault): void {
    this.faults.arm(fault)
  }

  clearFaults(): void {
    this.faults.clear()
  }

  /** Everything that was accepted, oldest first. */
  messages(): readonly StoredMessage[] {
    return [...this.stored.values()]
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.server.stop()
  }

  private sendFor(number: string, draft: HandsetDraft): string {
    const octets = encodePdu(sendRequestOf(draft, `h${this.nextId}`))
    const request = decodePdu(octets)
    if (request.type !== 'm-send-req') throw new Error('a phone sends m-send-req')
    return this.accept(number, request, octets.length).id
  }

  private answer(from: string, request: MmscHttpRequest): MmscHttpAnswer {
    const pdu = pduOf(request.body)
    const errand: MmscErrand = request.method === 'GET' ? 'retrieve' : pdu?.type === 'm-send-req' ? 'submit' : 'answer'
    const entry = this.ledger.open({
      atMs: this.settings.clock.nowMs(),
      from,
      method: request.method,
      url: request.url,
      headers: request.headers,
      bytes: request.body.length,
      type: pdu?.type,
      transactionId: pdu?.transactionId,
      status: pdu?.status,
    })
    const fault = this.faults.take(errand, from)
    entry.fault = fault?.kind
    if (fault?.kind === 'pdu-status') return { status: 200, pdu: encodePdu(statusPdu(errand, pdu, fault)), fault }
    if (fault !== undefined && preventsWork(fault)) return { status: 200, pdu: undefined, fault }
    const done = this.work(from, request, pdu)
    return { status: done.status, pdu: done.pdu === undefined ? undefined : encodePdu(done.pdu), fault }
  }

  private work(
    from: string,
    { method, url, body }: MmscHttpRequest,
    pdu: MmsPdu | undefined,
  ): { status: number; pdu?: NewPdu } {
    if (hostOf(url) !== this.settings.host) return { status: 502 }
    if (method === 'GET') return this.retrieve(from, url)
    if (method !== 'POST') return { status: 405 }
    switch (pdu?.type) {
      case 'm-send-req':
        return this.submit(from, pdu, body.length)
      case 'm-notifyresp-ind':
        this.answered(from, pdu)
        return { status: 200 }
      case 'm-acknowledge-ind':
        this.settle(this.deliveryOf(from, pdu.transactionId), STATUS_RETRIEVED, pdu.reportAllowed ?? true)
        return { status: 200 }
      case 'm-read-rec-ind':
        this.readBy(from, pdu.messageId, (pdu satisfies ReadRecInd).readStatus)
        return { status: 200 }
      default:
        return { status: 400 }
    }
  }

  private submit(from: string, request: SendReq, bytes: number): { status: number; pdu?: NewPdu } {
    const key = `${from} ${request.transactionId}`
    const known = this.settings.deduplicates ? this.confirmed.get(key) : undefined
    if (known !== undefined) return { status: 200, pdu: known }
    const head = { type: 'm-send-conf', transactionId: request.transactionId, version: '1.2' } as const
    if (bytes > this.settings.maxMessageSize) {
      return this.settings.tooLarge === 'status-413'
        ? { status: 413 }
        : {
            status: 200,
            pdu: {
              ...head,
              responseStatus: RESPONSE_CONTENT_NOT_ACCEPTED,
              responseText: { text: 'Message too large' },
            },
          }
    }
    const { id } = this.accept(from, request, bytes)
    const confirmation: NewPdu = { ...head, responseStatus: RESPONSE_OK, messageId: id }
    this.confirmed.set(key, confirmation)
    if (this.confirmed.size > MESSAGES_MAX) dropOldest(this.confirmed)
    return { status: 200, pdu: confirmation }
  }

  private accept(from: string, request: SendReq, bytes: number): StoredMessage {
    const nowMs = this.settings.clock.nowMs()
    const numbers = (list: SendReq['to']) => (list ?? []).map(({ address }) => address)
    const [to, cc, bcc] = [numbers(request.to), numbers(request.cc), numbers(request.bcc)]
    const number = this.nextId++
    const message: StoredMessage = {
      id: `m${number}@${this.settings.host}`,
      from,
      to,
      cc,
      request,
      bytes,
      atMs: nowMs,
      expiresAtMs: expiryMs(request.expiry, nowMs, this.settings.validityMs),
      deliveries: [...new Set([...to, ...cc, ...bcc])].map((recipient, index) => ({
        key: `${number}-${index}`,
        transactionId: `T${number}-${index}`,
        to: recipient,
        state: 'waiting',
        notifications: 0,
        retrievals: 0,
      })),
    }
    this.stored.set(message.id, message)
    if (this.stored.size > MESSAGES_MAX) dropOldest(this.stored)
    // After the confirmation has gone out.
    this.later(0, () => {
      for (const delivery of message.deliveries) this.begin(message, delivery)
    })
    this.later(message.expiresAtMs - nowMs, () => {
      for (const delivery of message.deliveries) this.settle({ message, delivery }, STATUS_EXPIRED, true)
    })
    return message
  }

  private begin(message: StoredMessage, delivery: Delivery): void {
    if (this.stations.has(delivery.to)) this.notify(message, delivery)
    else if (this.handsets.has(delivery.to)) this.handOver(delivery.to)
    else this.settle({ message, delivery }, STATUS_UNREACHABLE, true)
  }

  /** Until somebody answers it. */
  private notify(message: StoredMessage, delivery: Delivery): void {
    if (delivery.state !== 'waiting' || this.isStopped) return
    delivery.notifications++
    const location = this.pushes.location ?? this.locationOf(delivery)
    this.push(
      delivery.to,
      notificationOf(message, delivery, location, this.settings.clock.nowMs()),
      'm-notification-ind',
    )
    this.later(this.settings.renotifyAfterMs, () => this.notify(message, delivery))
  }

  private locationOf({ key }: Delivery): string {
    return this.settings.appendsTransactionId ? `${this.url}m/${key}?message-id=` : `${this.url}m/${key}`
  }

  private push(to: string, pdu: NewPdu, type: MmscPush['type']): void {
    for (let copy = 0; copy < this.pushes.copies; copy++) {
      const segments = pushSegments(pdu, to, this.nextPush++)
      for (const segment of segments) this.subscription.submit(segment)
      const atMs = this.settings.clock.nowMs()
      this.ledger.push({ atMs, to, type, transactionId: pdu.transactionId, segments: segments.length })
    }
  }

  private retrieve(from: string, url: string): { status: number; pdu?: NewPdu } {
    const [, key = '', appended] = /\/m\/([\d-]+)(?:\?message-id=(.*))?$/.exec(url) ?? []
    const found = this.find((delivery) => delivery.key === key && delivery.to === from)
    const completed = !this.settings.appendsTransactionId || appended === found?.delivery.transactionId
    if (found === undefined || !completed || isSettled(found.delivery)) {
      return this.settings.gone === 'status-404'
        ? { status: 404 }
        : {
            status: 200,
            pdu: { type: 'm-retrieve-conf', version: '1.2', retrieveStatus: RETRIEVE_NOT_FOUND, parts: [] },
          }
    }
    found.delivery.retrievals++
    return { status: 200, pdu: retrieveConfOf(found.message, found.delivery) }
  }

  private answered(from: string, { transactionId, status, reportAllowed }: NotifyRespInd): void {
    const found = this.deliveryOf(from, transactionId)
    if (found === undefined) return
    if (status === STATUS_DEFERRED && found.delivery.state === 'waiting') found.delivery.state = 'deferred'
    else if (status !== STATUS_DEFERRED) this.settle(found, status, reportAllowed ?? true)
  }

  /** Once; whatever comes after is only in the ledger. */
  private settle(found: Found | undefined, status: number, isReportAllowed: boolean): void {
    if (found === undefined || isSettled(found.delivery)) return
    found.delivery.state = stateOf(status)
    const { message, delivery } = found
    const wantsReport = message.request.deliveryReport === true && isReportAllowed
    if (!wantsReport) return
    const report = deliveryIndOf(message, delivery.to, status, this.settings.clock.nowMs())
    if (this.stations.has(message.from)) this.push(message.from, report, 'm-delivery-ind')
    else this.handsets.get(message.from)?.reported({ messageId: message.id, to: delivery.to, status })
  }

  /** What waits for this phone, while it is on. */
  private handOver(number: string): void {
    const handset = this.handsets.get(number)
    if (handset === undefined || this.isStopped) return
    for (const message of this.stored.values()) {
      for (const delivery of message.deliveries) {
        if (delivery.to !== number || isSettled(delivery) || !handset.isOn || this.stations.has(number)) continue
        delivery.retrievals++
        handset.take(message, this.settings.clock.nowMs())
        this.settle({ message, delivery }, STATUS_RETRIEVED, true)
      }
    }
  }

  private readBy(reader: string, messageId: string, readStatus: number): void {
    const message = this.stored.get(messageId)
    if (message?.request.readReport !== true) return
    const report = readOrigIndOf(message, reader, readStatus, this.settings.clock.nowMs())
    if (this.stations.has(message.from)) this.push(message.from, report, 'm-read-orig-ind')
    else this.handsets.get(message.from)?.readBy({ messageId, reader, readStatus })
  }

  private deliveryOf(number: string, transactionId: string): Found | undefined {
    return this.find((delivery) => delivery.transactionId === transactionId && delivery.to === number)
  }

  private find(fits: (delivery: Delivery) => boolean): Found | undefined {
    for (const message of this.stored.values()) {
      const delivery = message.deliveries.find(fits)
      if (delivery !== undefined) return { message, delivery }
    }
    return undefined
  }

  private later(delayMs: number, run: () => void): void {
    this.settings.clock.after(Math.max(0, delayMs), () => {
      if (!this.isStopped) run()
    })
  }
}

interface Found {
  message: StoredMessage
  delivery: Delivery
}

function pduOf(body: Uint8Array): MmsPdu | undefined {
  if (body.length === 0) return undefined
  try {
    return decodePdu(body)
  } catch (error) {
    if (error instanceof MmsError) return undefined
    throw error
  }
}

function statusPdu(errand: MmscErrand, pdu: MmsPdu | undefined, fault: { status: number; text?: string }): NewPdu {
  const text = fault.text === undefined ? undefined : { text: fault.text }
  return errand === 'retrieve'
    ? {
        type: 'm-retrieve-conf',
        version: '1.2',
        retrieveStatus: fault.status,
        ...(text === undefined ? {} : { retrieveText: text }),
        parts: [],
      }
    : {
        type: 'm-send-conf',
        version: '1.2',
        ...(pdu?.transactionId === undefined ? {} : { transactionId: pdu.transactionId }),
        responseStatus: fault.status || RESPONSE_FORMAT_CORRUPT,
        ...(text === undefined ? {} : { responseText: text }),
      }
}

function stateOf(status: number): Delivery['state'] {
  switch (status) {
    case STATUS_EXPIRED:
      return 'expired'
    case STATUS_REJECTED:
    case STATUS_UNRECOGNISED:
      return 'rejected'
    case STATUS_UNREACHABLE:
      return 'unreachable'
    default:
      return 'retrieved'
  }
}

function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase()
}

function dropOldest<T>(map: Map<string, T>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
