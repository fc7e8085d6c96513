/** What the simulated MMSC holds: a message, and for each of its recipients how far it has come. */
import type { NewPdu } from '../mms/encode.ts'
import type { MmsTime, SendReq } from '../mms/types.ts'
import { plmn } from './mmsc-handset.ts'

/** Statuses of m-delivery-ind and m-notifyresp-ind, OMA-TS-MMS_ENC §7.3.54. */
export const STATUS_EXPIRED = 0x80
export const STATUS_RETRIEVED = 0x81
export const STATUS_REJECTED = 0x82
export const STATUS_DEFERRED = 0x83
export const STATUS_UNRECOGNISED = 0x84
export const STATUS_UNREACHABLE = 0x87

export type DeliveryState =
  /** Nobody has answered the notification. */
  | 'waiting'
  | 'deferred'
  | 'retrieved'
  | 'rejected'
  | 'expired'
  /** Nobody has that number. */
  | 'unreachable'

export interface StoredMessage {
  readonly id: string
  readonly from: string
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly request: SendReq
  /** Octets of the m-send-req. */
  readonly bytes: number
  readonly atMs: number
  readonly expiresAtMs: number
  readonly deliveries: readonly Delivery[]
}

export interface Delivery {
  /** Unguessable to nobody: it is a simulation. Part of the address. */
  readonly key: string
  readonly transactionId: string
  readonly to: string
  state: DeliveryState
  /** Pushes that were sent, copies not counted. */
  notifications: number
  /** Whole messages that were handed out. */
  retrievals: number
}

export function isSettled({ state }: Delivery): boolean {
  return state !== 'waiting' && state !== 'deferred'
}

/** Everybody but those of Bcc is seen by all (RFC 2822 of MMS); the sender is filled in. */
export function retrieveConfOf(message: StoredMessage, { transactionId }: Delivery): NewPdu {
  const { request } = message
  return {
    type: 'm-retrieve-conf',
    transactionId,
    version: '1.2',
    messageId: message.id,
    date: Math.floor(message.atMs / 1000),
    from: plmn(message.from),
    to: [...(request.to ?? [])],
    ...(request.cc === undefined ? {} : { cc: [...request.cc] }),
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    messageClass: request.messageClass ?? 'personal',
    priority: request.priority ?? 'normal',
    deliveryReport: request.deliveryReport ?? false,
    readReport: request.readReport ?? false,
    contentType: request.contentType,
    parts: request.parts,
  }
}

export function notificationOf(message: StoredMessage, delivery: Delivery, location: string, nowMs: number): NewPdu {
  const { request } = message
  return {
    type: 'm-notification-ind',
    transactionId: delivery.transactionId,
    version: '1.2',
    from: plmn(message.from),
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    deliveryReport: request.deliveryReport ?? false,
    messageClass: 'personal',
    messageSize: message.bytes,
    expiry: { kind: 'relative', seconds: Math.max(1, Math.round((message.expiresAtMs - nowMs) / 1000)) },
    contentLocation: location,
  }
}

export function deliveryIndOf(message: StoredMessage, to: string, status: number, nowMs: number): NewPdu {
  return {
    type: 'm-delivery-ind',
    version: '1.2',
    messageId: message.id,
    to: [plmn(to)],
    date: Math.floor(nowMs / 1000),
    status,
  }
}

export function readOrigIndOf(message: StoredMessage, reader: string, readStatus: number, nowMs: number): NewPdu {
  return {
    type: 'm-read-orig-ind',
    version: '1.2',
    messageId: message.id,
    to: [plmn(message.from)],
    from: plmn(reader),
    date: Math.floor(nowMs / 1000),
    readStatus,
  }
}

/** When a message ends, by the wish of its sender and at most as long as the MMSC keeps anything. */
export function expiryMs(wish: MmsTime | undefined, nowMs: number, longestMs: number): number {
  const end =
    wish === undefined
      ? Number.POSITIVE_INFINITY
      : wish.kind === 'absolute'
        ? wish.epoch * 1000
        : nowMs + wish.seconds * 1000
  return Math.min(end, nowMs + longestMs)
}
