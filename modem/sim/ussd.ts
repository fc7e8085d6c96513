/**
 * The network's side of USSD (27.007 §7.15): menus that wait for a reply, answers that end, and the ways in which modems
 * write the strings. One session at a time.
 */
import { septetsOfText, textOfSeptets, ucs2OfText } from '../pdu/alphabet.ts'
import { toHex } from '../pdu/octets.ts'
import { packSeptets, unpackSeptets } from '../pdu/septets.ts'
import type { SimClock } from './clock.ts'

/** A last word, or a menu that waits for one of its replies. */
export type UssdAnswer = string | { text: string; replies: Readonly<Record<string, UssdAnswer>> }

/** The network ends a session that nobody replies to. */
const REPLY_MS_MAX = 30_000
const DCS_GSM = 15
const DCS_UCS2 = 72
const CR = 0x0d

export interface UssdOptions {
  clock: SimClock
  answers: Readonly<Record<string, UssdAnswer>>
  coding: () => 'plain' | 'packed'
  delayMs: () => number
  notify: (line: string) => void
}

export class UssdService {
  private readonly options: UssdOptions
  /** Replies that the open session understands. */
  private replies: Readonly<Record<string, UssdAnswer>> | undefined
  private cancelTimer: () => void = () => {}

  constructor(options: UssdOptions) {
    this.options = options
  }

  /** A request, or a reply where a session is open; the answer comes as +CUSD. */
  request(written: string): void {
    const { clock, answers, coding, delayMs } = this.options
    const text = coding() === 'packed' ? unpacked(written) : written
    const known = this.replies ?? answers
    const isReply = this.replies !== undefined
    this.end()
    this.cancelTimer = clock.after(delayMs(), () => {
      const answer = Object.hasOwn(known, text) ? known[text] : undefined
      if (answer === undefined) this.options.notify(isReply ? '+CUSD: 2' : '+CUSD: 4')
      else if (typeof answer === 'string') this.say(0, answer)
      else this.ask(answer.text, answer.replies)
    })
  }

  /** The network speaks first. With replies it waits for one of them. */
  push(text: string, replies?: Readonly<Record<string, UssdAnswer>>): void {
    this.end()
    if (replies === undefined) this.say(0, text)
    else this.ask(text, replies)
  }

  /** AT+CUSD=2, or the modem restarts. */
  end(): void {
    this.cancelTimer()
    this.replies = undefined
  }

  private ask(text: string, replies: Readonly<Record<string, UssdAnswer>>): void {
    this.replies = replies
    this.say(1, text)
    this.cancelTimer = this.options.clock.after(REPLY_MS_MAX, () => {
      this.replies = undefined
      this.options.notify('+CUSD: 5')
    })
  }

  private say(m: 0 | 1, text: string): void {
    const septets = septetsOfText(text)
    if (septets === undefined) this.options.notify(`+CUSD: ${m},"${toHex(ucs2OfText(text))}",${DCS_UCS2}`)
    else if (this.options.coding() === 'packed') this.options.notify(`+CUSD: ${m},"${packed(septets)}",${DCS_GSM}`)
    else this.options.notify(`+CUSD: ${m},"${text}",${DCS_GSM}`)
  }
}

/** Seven spare bits would read as one more septet, so they hold a CR (23.038 §6.1.2.3.1). */
function packed(septets: Uint8Array): string {
  return toHex(packSeptets(septets.length % 8 === 7 ? Uint8Array.of(...septets, CR) : septets))
}

function unpacked(hex: string): string {
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(hex)) return hex
  const octets = Buffer.from(hex, 'hex')
  return textOfSeptets(unpackSeptets(octets, Math.floor((octets.length * 8) / 7))).replace(/[\r@]$/, '')
}
