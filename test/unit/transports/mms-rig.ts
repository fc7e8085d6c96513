/**
 * Picture messages from the octets of a text message to the database and back out, over the router's test world: the real
 * receiving and sending side, with an MMSC that does as the test has scripted.
 */
import { expect } from 'vitest'
import type { IncomingPdu } from '../../../modem/contract.ts'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import type { MmscAnswer, MmsExchange } from '../../../modem/mms/exchange.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { APPLICATION_MMS, encodePush } from '../../../modem/mms/push.ts'
import type { MmsPdu, Part } from '../../../modem/mms/types.ts'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeDeliver, pduHex } from '../../../modem/pdu/encode.ts'
import { timestampOf } from '../../../modem/pdu/timestamp.ts'
import { concatElement, type InformationElement, portsElement } from '../../../modem/pdu/udh.ts'
import { createIds } from '../../../src/domain/ids.ts'
import type { Fitted, MmsFitting } from '../../../src/domain/mms-fitting.ts'
import { InboundPdus } from '../../../src/store/inbound-pdus.ts'
import { MmsCarriers } from '../../../src/store/mms-carriers.ts'
import { MmsNotifications } from '../../../src/store/mms-notifications.ts'
import { MmsReadReports } from '../../../src/store/mms-read-reports.ts'
import { MmsTransport } from '../../../src/transports/mms.ts'
import { MmsDesk } from '../../../src/transports/mms-desk.ts'
import type { MmsLine, MmsLines } from '../../../src/transports/mms-lines.ts'
import { MmsPushes } from '../../../src/transports/mms-pushes.ts'
import { MmsReading } from '../../../src/transports/mms-reading.ts'
import { SmsInbound } from '../../../src/transports/sms-inbound.ts'
import { type Crash, START_MS, World } from '../routing/world.ts'

const MODEM = 'mdm_1'
export const OWN = '+15550000001'
export const BEN = '+15550000102'
export const CAM = '+15550000103'
const BYTES_MAX = 1_000_000

/** An MMSC that answers from a script, and remembers what it was asked. */
export class ScriptedMmsc implements MmsExchange {
  readonly asked: string[] = []
  readonly heard: MmsPdu[] = []
  /** What a GET brings, by URL; the last of a list stands. */
  readonly stored = new Map<string, MmscAnswer[]>()
  /** What the next POSTs bring; then `accepted`, or an m-send-conf that says Ok. */
  readonly replies: (MmscAnswer | ((pdu: MmsPdu) => MmscAnswer | Promise<MmscAnswer>))[] = []
  /** Called before anything is answered; throw or return the end of the process. */
  at: (step: 'retrieve' | 'submit' | 'submitted') => void | Promise<void> = () => {}
  #counter = 0

  async retrieve({ url }: { url: string }): Promise<MmscAnswer> {
    await this.at('retrieve')
    this.asked.push(url)
    const script = this.stored.get(url) ?? [{ kind: 'status', status: 404 }]
    const [first] = script
    if (script.length > 1) script.shift()
    return first ?? { kind: 'status', status: 500 }
  }

  async submit({ pdu: octets }: { pdu: Uint8Array }): Promise<MmscAnswer> {
    await this.at('submit')
    const pdu = decodePdu(octets)
    this.heard.push(pdu)
    await this.at('submitted')
    const reply = this.replies.shift()
    if (typeof reply === 'function') return await reply(pdu)
    if (reply !== undefined) return reply
    return pdu.type === 'm-send-req' ? conf(0x80, { messageId: `M${++this.#counter}` }) : { kind: 'accepted' }
  }

  /** Kinds and statuses of what it was told, as `m-notifyresp-ind 81`. */
  told(): string[] {
    return this.heard.map(({ type, status }) => `${type}${status === undefined ? '' : ` ${status.toString(16)}`}`)
  }
}

export function conf(responseStatus: number, more: { messageId?: string; responseText?: { text: string } } = {}) {
  return pduAnswer({ type: 'm-send-conf', version: '1.2', transactionId: 'x', responseStatus, ...more })
}

export function pduAnswer(pdu: NewPdu): MmscAnswer {
  return { kind: 'pdu', octets: encodePdu(pdu) }
}

export function part(media: string, data: string | Uint8Array, name: string): Part {
  const octets = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const params = new Map<string, string | number>([['name', name]])
  if (media.startsWith('text/')) params.set('charset', 106)
  return { media, params, contentId: `<${name}>`, contentLocation: name, headers: [], data: octets }
}

export const JPEG = new Uint8Array(Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'))

/** A message as an MMSC gives it. */
export function picture(more: Partial<Extract<NewPdu, { type: 'm-retrieve-conf' }>> = {}): MmscAnswer {
  return pduAnswer({
    type: 'm-retrieve-conf',
    version: '1.2',
    date: START_MS / 1000,
    from: { address: BEN, addressType: 'PLMN' },
    to: [{ address: OWN, addressType: 'PLMN' }],
    contentType: { media: 'application/vnd.wap.multipart.mixed', params: new Map() },
    parts: [part('text/plain', 'look', 'text.txt'), part('image/jpeg', JPEG, 'cat.jpg')],
    ...more,
  })
}

export interface RigOptions {
  mode?: 'immediate' | 'deferred'
  strangersBytesMax?: number
  sendReadReports?: boolean
  line?: Partial<MmsLine> | 'none'
}

export class MmsRig {
  world!: World
  inbound!: SmsInbound
  desk!: MmsDesk
  reading!: MmsReading
  mms!: MmsTransport
  readonly mmsc = new ScriptedMmsc()
  readonly fits: { bytesMax: number; step: number }[] = []
  /** What becomes of files; as they are unless the test says otherwise. */
  fitting: MmsFitting['fit'] = asTheyAre
  readonly line: MmsLine = {
    lane: MODEM,
    exchange: this.mmsc,
    carrier: { id: 'test', bytesMax: undefined, recipientsMax: 10, subjectCharsMax: 40, answersAtLocation: false },
    problem: undefined,
    ownNumber: OWN,
    roaming: false,
    rules: undefined,
  }
  /** What the desk logged as broken. */
  readonly errors: unknown[] = []
  readonly #options: RigOptions
  #slot = 0

  private constructor(options: RigOptions) {
    this.#options = options
    if (options.line !== 'none') Object.assign(this.line, options.line)
  }

  static async open(options: RigOptions = {}): Promise<MmsRig> {
    const rig = new MmsRig(options)
    rig.world = await World.open({}, (world) => rig.#build(world))
    return rig
  }

  #build(world: World): readonly [MmsTransport] {
    this.world = world
    const ids = createIds(world.clock, (count) =>
      Uint8Array.from({ length: count }, () => Math.floor(world.random() * 256)),
    )
    const { clock, db } = world
    const { sink } = world.router
    const lines: MmsLines = {
      all: () => (this.#options.line === 'none' ? [] : [this.line]),
      onChange: () => () => {},
    }
    const shelf = new MmsNotifications(db, ids, clock)
    const carriers = new MmsCarriers(db)
    const quiet = () => {}
    const common = { shelf, sink, lines, bytesMax: BYTES_MAX, region: 'US', clock }
    const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: unknown) => this.errors.push(fields) }
    const allowed = this.#options.sendReadReports === true
    this.reading = new MmsReading({ shelf: new MmsReadReports(db), lines, allowed, clock, log })
    this.desk = new MmsDesk({ ...common, carriers, reading: this.reading, reportsAllowed: false, log })
    const { mode = 'immediate', strangersBytesMax = BYTES_MAX } = this.#options
    const pushes = new MmsPushes({ ...common, mode, strangersBytesMax, wake: () => this.desk.poke() })
    this.inbound = new SmsInbound(sink, new InboundPdus(db, ids, clock), pushes)
    this.mms = new MmsTransport({
      lines,
      notifications: shelf,
      carriers,
      fitting: {
        fit: (request) => {
          this.fits.push({ bytesMax: request.bytesMax, step: request.step })
          return this.fitting(request)
        },
      },
      sink,
      reading: this.reading,
      settings: { bytesMax: undefined, deliveryReports: true, readReports: false },
      clock,
    })
    return [this.mms]
  }

  /** The process dies here: nothing more reaches the database. Throw the result. */
  crash(): Promise<Crash> {
    return this.world.crash()
  }

  async reboot(): Promise<void> {
    // Whatever broke did so because the process had died.
    this.errors.length = 0
    await this.world.reboot()
  }

  async close(): Promise<void> {
    await this.world.close()
    expect(this.errors).toEqual([])
  }

  /** The carrier announces a message; resolves once the modem may forget the text that said so. */
  async announce(
    location = 'http://mmsc/1',
    more: Partial<Extract<NewPdu, { type: 'm-notification-ind' }>> = {},
  ): Promise<IncomingPdu> {
    return await this.push({
      type: 'm-notification-ind',
      version: '1.2',
      transactionId: 'T1',
      from: { address: BEN, addressType: 'PLMN' },
      messageClass: 'personal',
      messageSize: 29_501,
      expiry: { kind: 'relative', seconds: 86_400 },
      contentLocation: location,
      ...more,
    })
  }

  async push(pdu: NewPdu): Promise<IncomingPdu> {
    return await this.pushOctets(encodePdu(pdu))
  }

  /** As one text, or as many as it takes. */
  async pushOctets(body: Uint8Array, segmentBytes = 1_000): Promise<IncomingPdu> {
    const contentType = { media: 'application/vnd.wap.mms-message', params: new Map() }
    const octets = encodePush({ transactionId: 6, contentType, applicationId: APPLICATION_MMS, body })
    const total = Math.ceil(octets.length / segmentBytes)
    const ports = portsElement({ dst: 2948, src: 9200, bits: 16 })
    let last: IncomingPdu | undefined
    for (let seq = 1; seq <= total; seq++) {
      const concat = total === 1 ? [] : [concatElement({ ref: 66, total, seq, refBits: 8 })]
      last = await this.#deliver([ports, ...concat], octets.subarray((seq - 1) * segmentBytes, seq * segmentBytes))
    }
    if (last === undefined) throw new Error('an empty push')
    return last
  }

  async #deliver(udh: readonly InformationElement[], data: Uint8Array): Promise<IncomingPdu> {
    const tpdu = encodeDeliver({
      address: addressOf('+15550009999'),
      pid: 0,
      dcs: 4,
      udh,
      data,
      scts: timestampOf(START_MS, 0),
    })
    const slot = { memory: 'SM', index: ++this.#slot }
    const receivedAtMs = this.world.nowMs
    const pdu = { modemId: MODEM, source: 'stored', kind: 'deliver', slot, pduHex: pduHex(tpdu), receivedAtMs } as const
    await this.inbound.incoming(pdu)
    return pdu
  }

  /** The desk does what is due, and files are taken out of what came. */
  async look(): Promise<void> {
    await this.desk.look()
    await this.world.settle()
  }

  async pass(ms: number): Promise<void> {
    await this.world.pass(ms)
    await this.look()
  }

  async notifications() {
    return await this.world.db.selectFrom('mms_notifications').selectAll().orderBy('id').execute()
  }

  async notification() {
    const [row, ...others] = await this.notifications()
    if (row === undefined || others.length > 0) throw new Error(`${others.length + 1} notifications in place of one`)
    return row
  }

  /** Messages as `in mms: text`, notes as `note code: text`. */
  async shown(): Promise<string[]> {
    return (await this.world.all()).map(({ direction, transport, text, notice, code }) =>
      notice === null ? `${direction} ${transport}: ${text}` : `note ${code}: ${text}`,
    )
  }

  /** A file that somebody hands in, for a message. */
  async upload(octets: Uint8Array = JPEG): Promise<string> {
    const facts = {
      contentType: 'image/jpeg',
      fileName: 'cat.jpg',
      voice: false,
      borderless: false,
      gif: false,
      caption: undefined,
      blurhash: undefined,
    }
    const chunks = (async function* () {
      yield octets
    })()
    return (await this.world.router.media.add(chunks, facts, octets.length)).row.id
  }
}

async function asTheyAre({ files }: Parameters<MmsFitting['fit']>[0]): Promise<Fitted> {
  const parts = []
  for (const [index, { contentType, fileName, read }] of files.entries()) {
    parts.push({ contentType, name: fileName ?? 'file', contentId: `part${index}`, octets: await read() })
  }
  return { parts, notes: [], leftOut: [] }
}
