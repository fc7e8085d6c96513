/** What a phone network brings beside people's messages: calls, broadcasts, what waits elsewhere, data for programs. */

import type { IncomingState } from './mms-incoming.ts'
import type { ToldValues } from './told.ts'

/** Somebody called, and nobody answered. */
export interface InboundCall {
  lane: string
  /** The caller's number; undefined: not told, or withheld. */
  fromAddress: string | undefined
  withheld: boolean
  /** We have refused it. */
  hungUp: boolean
  startedAtMs: number
  receivedAtMs: number
  dedupeKey: string
  /** Of a call over Signal: whose account it came from. `request`: of a stranger whom the owner has not let in. */
  signal?: { aci: string; pni: string | undefined; video: boolean; request: boolean } | undefined
}

/** Sent to everybody in the cell. Repeated by the network; the same content is the same message for a day. */
export interface InboundBroadcast {
  lane: string
  /** Message identifier, 3GPP TS 23.041 §9.4.1.2.2. */
  channel: number
  serial: number
  /** `information` for what is no warning. */
  severity: string
  text: string
  /** ISO 639, where it was said. */
  language: string | undefined
  receivedAtMs: number
}

/** What can wait for a subscriber elsewhere. */
export type WaitingType = 'voicemail' | 'fax' | 'email' | 'other'

/** A network says that something waits for us, or that nothing does any more. */
export interface WaitingNotice {
  lane: string
  /** Who says so: the voicemail service. */
  fromAddress: string
  type: WaitingType
  /** 0: nothing any more; undefined: something, its number was not told. */
  count: number | undefined
  receivedAtMs: number
}

/** A message for a program: addressed to a port, binary, or for the SIM or the device. Whole. */
export interface InboundData {
  lane: string
  fromAddress: string
  ports: { destination: number; source: number } | undefined
  /** TP-PID and TP-DCS. */
  pid: number
  dcs: number
  content: { kind: 'octets'; hex: string } | { kind: 'text'; text: string }
  sentAtMs: number
  receivedAtMs: number
  dedupeKey: string
}

/** A picture message that is not here: it waits to be asked for, or could not be fetched. One line for each, kept up to date. */
export interface PictureNotice {
  lane: string
  /** undefined: the MMSC does not tell who sent it. */
  fromAddress: string | undefined
  /** Of the notification. */
  key: string
  /** For the owner. */
  text: string
  /** What is in the text: where the fetching stands, its subject, until when the carrier keeps it (RFC 3339). */
  values: ToldValues & { state: IncomingState; subject: string; until: string }
  /** Why it is not here. `fetched`: it is, now, which is said only where something was said before. */
  code: string
  receivedAtMs: number
}
