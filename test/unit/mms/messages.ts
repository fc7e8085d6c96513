/** Seeded MMS PDUs of every type that we write, in the form of `decodePdu`, for properties and for decoders not ours. */
import type { Address } from '../../../modem/mms/address.ts'
import type { NewPdu } from '../../../modem/mms/encode.ts'
import { MEDIA_MIXED, MEDIA_RELATED } from '../../../modem/mms/media.ts'
import { multipartData } from '../../../modem/mms/multipart.ts'
import { buildSmil, type MediaKind } from '../../../modem/mms/smil.ts'
import type { MmsTime, Part } from '../../../modem/mms/types.ts'
import { Random } from '../at/random.ts'

export interface Choices {
  /** Only what every decoder can compare: ASCII, no empty parts, numbers of 32 bits. */
  plain: boolean
}

const WORDS = ['Holiday', 'photo', 'see', 'you', 'at', 'eight', '12:30', 'ok?', "it's", 'a+b', '100%', '(new)']
const WIDE_WORDS = ['Grüße', '写真です', '🎂', 'ж', '\u007f', ' ', '"quoted"', 'a\nb', 'é', '\u2028', ';', '/TYPE=']

export const KINDS = [
  'm-send-req',
  'm-retrieve-conf',
  'm-notification-ind',
  'm-send-conf',
  'm-notifyresp-ind',
  'm-acknowledge-ind',
  'm-delivery-ind',
  'm-read-rec-ind',
  'm-read-orig-ind',
  'm-forward-req',
  'm-forward-conf',
  'm-cancel-req',
  'm-cancel-conf',
] as const satisfies readonly NewPdu['type'][]

/** The PDU of a seed: the same one for the same seed. */
export function seededPdu(seed: number, choices: Choices, kinds: readonly NewPdu['type'][] = KINDS): NewPdu {
  const make = new Maker(new Random(seed), choices)
  const type = kinds[seed % kinds.length] ?? 'm-send-req'
  const head = { transactionId: make.token(), version: make.random.pick(['1.0', '1.1', '1.2', '1.3']) }
  const from = make.maybe({ insertAddress: true as const }) ?? make.address()
  const reply = { from: make.address(), to: [make.address()], messageId: make.token() }
  switch (type) {
    case 'm-send-req':
      return { type, ...head, from, to: make.addresses(), ...make.options(), ...make.body() }
    case 'm-retrieve-conf':
      return { type, ...head, from, ...make.options(), ...make.body(), messageId: make.token(), to: make.addresses() }
    case 'm-notification-ind':
      return {
        type,
        ...head,
        ...make.optional('from', make.address()),
        ...make.optional('subject', make.encoded()),
        messageClass: make.random.pick(['personal', 'advertisement', 'informational', 'auto', 'x-news']),
        messageSize: make.number(),
        expiry: make.time(),
        ...make.optional('contentClass', 0x80 + make.random.below(8)),
        ...make.optional('distributionIndicator', make.flag()),
        contentLocation: `http://mmsc.example.net/${make.token()}`,
      }
    case 'm-send-conf':
    case 'm-forward-conf':
      return {
        type,
        ...head,
        responseStatus: make.random.pick([0x80, 0x81, 0x86, 0xc0, 0xc4, 0xe0, 0xeb]),
        ...make.optional('responseText', make.encoded()),
        ...make.optional('messageId', make.token()),
      }
    case 'm-notifyresp-ind':
      return { type, ...head, status: 0x80 + make.random.below(5), ...make.optional('reportAllowed', make.flag()) }
    case 'm-acknowledge-ind':
      return { type, ...head, ...make.optional('reportAllowed', make.flag()) }
    case 'm-delivery-ind':
      return { type, version: head.version, ...reply, date: make.number(), status: 0x80 + make.random.below(8) }
    case 'm-read-rec-ind':
      return { type, version: head.version, ...reply, from, readStatus: 0x80 + make.random.below(2) }
    case 'm-read-orig-ind':
      return { type, version: head.version, ...reply, date: make.number(), readStatus: 0x80 + make.random.below(2) }
    case 'm-forward-req':
      return { type, ...head, from, to: make.addresses(), contentLocation: `http://mmsc.example.net/${make.token()}` }
    case 'm-cancel-req':
      return { type, ...head, cancelId: make.token() }
    case 'm-cancel-conf':
      return { type, ...head, cancelStatus: 0x80 + make.random.below(2) }
  }
}

class Maker {
  readonly random: Random
  private readonly plain: boolean

  constructor(random: Random, { plain }: Choices) {
    this.random = random
    this.plain = plain
  }

  flag(): boolean {
    return this.random.below(2) === 1
  }

  maybe<T>(value: T): T | undefined {
    return this.flag() ? value : undefined
  }

  /** An object with this key, or an empty one. */
  optional<Name extends string, T>(name: Name, value: T): { [key in Name]?: T } {
    const made: { [key in Name]?: T } = {}
    if (this.flag()) made[name] = value
    return made
  }

  token(): string {
    return Array.from({ length: 1 + this.random.below(40) }, () => this.random.pick([...'ABCxyz0189-_.@'])).join('')
  }

  text(): string {
    const words = this.plain ? WORDS : [...WORDS, ...WIDE_WORDS]
    return Array.from({ length: 1 + this.random.below(12) }, () => this.random.pick(words)).join(' ')
  }

  encoded() {
    const text = this.text()
    return this.plain && this.flag() ? { text } : { text, charset: 106 }
  }

  number(): number {
    return this.plain || this.flag()
      ? this.random.below(2 ** 31)
      : this.random.pick([0, 127, 128, 2 ** 32, 2 ** 53 - 1])
  }

  time(): MmsTime {
    return this.flag() ? { kind: 'absolute', epoch: this.number() } : { kind: 'relative', seconds: this.number() }
  }

  address(): Address {
    const digits = `+4477009${10_000 + this.random.below(80_000)}`
    return this.random.pick<Address>([
      { address: digits, addressType: 'PLMN' },
      { address: digits, addressType: 'PLMN' },
      { address: 'ann.other@example.org' },
      { address: '10.1.2.3', addressType: 'IPv4' },
      { address: '60606' },
    ])
  }

  addresses(): Address[] {
    return Array.from({ length: 1 + this.random.below(4) }, () => this.address())
  }

  options() {
    return {
      date: this.number(),
      ...this.optional('cc', this.addresses()),
      ...this.optional('subject', this.encoded()),
      ...this.optional('messageClass', 'personal'),
      ...this.optional('priority', this.random.pick(['low', 'normal', 'high'] as const)),
      ...this.optional('deliveryReport', this.flag()),
      ...this.optional('readReport', this.flag()),
    }
  }

  body() {
    const parts = Array.from({ length: this.random.below(5) + (this.plain ? 1 : 0) }, (_, index) => this.part(index, 1))
    if (this.flag()) return { contentType: { media: MEDIA_MIXED, params: new Map() }, parts }
    const media = parts.map((part): { kind: MediaKind; src: string } => ({
      kind: part.media.startsWith('text/') ? 'text' : 'img',
      src: part.contentLocation ?? `cid:${part.contentId?.slice(1, -1)}`,
    }))
    const smil: Part = {
      media: 'application/smil',
      params: new Map<string, string | number>([
        ['charset', 106],
        ['name', 'smil.xml'],
      ]),
      contentId: '<smil>',
      headers: [],
      data: new TextEncoder().encode(buildSmil(media.map((reference) => ({ media: [reference] })))),
    }
    const params = new Map([
      ['type', 'application/smil'],
      ['start', '<smil>'],
    ])
    return { contentType: { media: MEDIA_RELATED, params }, parts: [smil, ...parts] }
  }

  part(index: number, depth: number): Part {
    const name = this.plain ? `part${index}.bin` : `${this.text().replaceAll('\n', ' ')}.bin`
    const params = new Map<string, string | number>(this.flag() ? [['name', name]] : [])
    if (!this.plain && depth < 4 && this.random.below(6) === 0) {
      const parts = Array.from({ length: this.random.below(3) }, (_, inner) => this.part(inner, depth + 1))
      const media = 'application/vnd.wap.multipart.alternative'
      const data = multipartData(parts)
      return { media, params, headers: [], data, parts }
    }
    const isText = this.flag()
    const media = isText ? 'text/plain' : this.random.pick(['image/jpeg', 'image/gif', 'video/3gpp', 'audio/amr'])
    if (isText) params.set('charset', 106)
    if (!this.plain && this.flag()) params.set('x-odd', this.random.pick([0, 200, 2 ** 40, '', 'a b', '"', 'x']))
    const length = this.plain ? 1 + this.random.below(60) : this.random.below(300)
    const octets = Uint8Array.from({ length }, () => this.random.below(256))
    return {
      media,
      params,
      contentId: `<part${index}>`,
      ...this.optional('contentLocation', `part${index}.bin`),
      ...(this.plain
        ? {}
        : this.optional('disposition', { type: 'attachment', params: new Map([['filename', name]]) })),
      headers: !this.plain && this.flag() ? [{ name: 'X-Part', value: this.text() }] : [],
      data: isText ? new TextEncoder().encode(this.text()) : octets,
    }
  }
}
