/**
 * How fast the MMS codec is on one core: notifications and whole messages with a picture from octets to fields and back,
 * and mutated PDUs, where the slowest single one counts as well. `MMS_MUTATED=1000000 npm run bench -- mms-hostile` is the
 * long run of a release.
 */
import { performance } from 'node:perf_hooks'
import { encodePdu, type NewPdu } from '../modem/mms/encode.ts'
import { MmsError } from '../modem/mms/error.ts'
import { MEDIA_MMS, MEDIA_RELATED } from '../modem/mms/media.ts'
import { decodePdu } from '../modem/mms/pdu.ts'
import { presentationOf } from '../modem/mms/presentation.ts'
import { APPLICATION_MMS, decodePush, encodePush } from '../modem/mms/push.ts'
import { buildSmil } from '../modem/mms/smil.ts'
import type { Benchmark } from './benchmark.ts'

const MUTATED = Number(process.env['MMS_MUTATED'] ?? 200_000)
const NOTIFICATIONS = 100_000
const MESSAGES = 2_000
const WARM_UP_SHARE = 10
/** A picture as carriers of 300 KB let it through. */
const PICTURE_OCTETS = 280 * 1024

const utf8 = (text: string) => new TextEncoder().encode(text)

const notification: NewPdu = {
  type: 'm-notification-ind',
  transactionId: '0123456789ABCDEF@mmsc',
  version: '1.2',
  from: { address: '+447700900123', addressType: 'PLMN' },
  subject: { text: 'Grüße aus Köln ✓', charset: 106 },
  messageClass: 'personal',
  messageSize: 29_501,
  expiry: { kind: 'relative', seconds: 259_200 },
  contentLocation: 'http://mmsc.example.net/m/AbC123',
}

function message(pictureOctets: number): NewPdu {
  const slides = [{ media: [{ kind: 'img', src: 'cid:img1' } as const, { kind: 'text', src: 'txt1.txt' } as const] }]
  const named = (name: string, charset?: number) =>
    new Map<string, string | number>([
      ['name', name],
      ...(charset === undefined ? [] : [['charset', charset] as const]),
    ])
  const picture = Uint8Array.from({ length: pictureOctets }, (_, index) => (index * 2_654_435_761) >>> 24)
  return {
    type: 'm-retrieve-conf',
    transactionId: 'R1',
    version: '1.2',
    messageId: 'mid-1@mmsc.example.net',
    date: 1_700_000_000,
    from: { address: '+447700900123', addressType: 'PLMN' },
    to: [{ address: '+447700900456', addressType: 'PLMN' }],
    contentType: {
      media: MEDIA_RELATED,
      params: new Map([
        ['type', 'application/smil'],
        ['start', '<smil>'],
      ]),
    },
    parts: [
      {
        media: 'application/smil',
        params: named('smil.xml', 106),
        contentId: '<smil>',
        headers: [],
        data: utf8(buildSmil(slides)),
      },
      { media: 'image/jpeg', params: named('img1.jpg'), contentId: '<img1>', headers: [], data: picture },
      {
        media: 'text/plain',
        params: named('txt1.txt', 106),
        contentLocation: 'txt1.txt',
        headers: [],
        data: utf8('Hello from MMS 👋'),
      },
    ],
  }
}

function pushOf(pdu: NewPdu): Uint8Array {
  const contentType = { media: MEDIA_MMS, params: new Map() }
  return encodePush({ transactionId: 6, contentType, applicationId: APPLICATION_MMS, body: encodePdu(pdu) })
}

/** Calls a second, after a warm-up. */
function rate(times: number, once: () => void): number {
  for (let i = 0; i < times / WARM_UP_SHARE; i++) once()
  const startMs = performance.now()
  for (let i = 0; i < times; i++) once()
  return Math.round(times / ((performance.now() - startMs) / 1000))
}

async function decode() {
  const push = pushOf(notification)
  const whole = encodePdu(message(PICTURE_OCTETS))
  return {
    pushesPerSecond: rate(NOTIFICATIONS, () => void decodePdu(decodePush(push).body)),
    messagesPerSecond: rate(MESSAGES, () => void presentationOf(decodePdu(whole).parts ?? [])),
    messageOctets: whole.length,
  }
}

async function encode() {
  const picture = message(PICTURE_OCTETS)
  return {
    pushesPerSecond: rate(NOTIFICATIONS, () => void pushOf(notification)),
    messagesPerSecond: rate(MESSAGES, () => void encodePdu(picture)),
  }
}

async function hostile() {
  const pdus = [encodePdu(notification), encodePdu(message(300))]
  let state = 1
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const decodeOnce = (octets: Uint8Array) => {
    const startMs = performance.now()
    let isRefused = false
    try {
      for (const part of presentationOf(decodePdu(octets).parts ?? [])) if (part.data.length > octets.length) throw part
    } catch (error) {
      if (!(error instanceof MmsError)) throw error
      isRefused = true
    }
    return { tookMs: performance.now() - startMs, isRefused }
  }
  let slowestMs = 0
  let refused = 0
  const startMs = performance.now()
  for (let round = 0; round < MUTATED; round++) {
    const octets = Uint8Array.from(pdus[random(pdus.length)] ?? [])
    for (let change = random(4); change >= 0; change--) octets[random(octets.length)] = random(256)
    const cut = random(4) === 0 ? octets.subarray(0, random(octets.length)) : octets
    const { tookMs, isRefused } = decodeOnce(cut)
    if (isRefused) refused += 1
    // Asked again before it is believed: another process or the collector may have had the core meanwhile.
    if (tookMs > slowestMs) {
      const againMs = Array.from({ length: 5 }, () => decodeOnce(cut).tookMs)
      slowestMs = Math.max(slowestMs, Math.min(tookMs, ...againMs))
    }
  }
  const perSecond = Math.round(MUTATED / ((performance.now() - startMs) / 1000))
  return { mutated: MUTATED, mutatedPerSecond: perSecond, slowestMs: Math.round(slowestMs * 1000) / 1000, refused }
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'mms-decode', ideal: { pushesPerSecond: 200_000, messagesPerSecond: 10_000 }, run: decode },
  { name: 'mms-encode', ideal: { pushesPerSecond: 200_000, messagesPerSecond: 10_000 }, run: encode },
  { name: 'mms-hostile', ideal: { mutatedPerSecond: 100_000, slowestMs: 5 }, run: hostile },
]
