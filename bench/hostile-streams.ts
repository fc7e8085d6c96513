/**
 * What a modem must never say, by seed, to the AT channel: fragments of answers, heads without their lines, prompts that
 * nobody asked for, boot lines, floods, noise, in any chunks and at any moment. Time is turned by hand, so that every wait
 * of the channel runs out at once. Shared by the benchmark and by the channel's test.
 */
import { AtChannel } from '../modem/at/channel.ts'
import { type AtCommand, plainQuery, query, setting } from '../modem/at/command.ts'
import type { ChannelEvents } from '../modem/at/events.ts'
import { registration, wakeRadio } from '../modem/at/general.ts'
import { LINE_BYTES_MAX } from '../modem/at/lexer.ts'
import { Priority } from '../modem/at/priority.ts'
import { AtError } from '../modem/at/result.ts'
import { listMessages, readMessage, selectMemories, submitMessage } from '../modem/at/sms.ts'
import type { Urc } from '../modem/at/urc.ts'
import { PduError } from '../modem/pdu/error.ts'
import { decodePdu } from '../modem/pdu/tpdu.ts'
import type { SerialTransport } from '../modem/serial/pipe.ts'
import type { Clock } from '../modem/serial/surroundings.ts'
import { DEFAULT_TIMINGS } from '../modem/timings.ts'
import { goodEntry } from './malformed-entries.ts'

/** What came of some streams. */
export interface HostileTally {
  streams: number
  octets: number
  /** Commands by how they ended: `done`, or the kind of their AtError. */
  commands: Map<string, number>
  urcs: number
  /** PDU lines that the codec took for messages. */
  decoded: number
  /** Channels that gave the modem up. */
  lost: number
  /** The most that waited for its time in one stream. */
  timersMax: number
}

export function emptyTally(): HostileTally {
  return { streams: 0, octets: 0, commands: new Map(), urcs: 0, decoded: 0, lost: 0, timersMax: 0 }
}

/** Turns of the hand until everything of one stream must have come to its end. */
const TURNS_MAX = 20_000
/** A channel has one timer of its own, one of each waiting head, and those of the search for step. */
const TIMERS_MAX = 32
const OCTETS_MAX = 60_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Time that stands still until the next timer is asked for. */
class HandClock implements Clock {
  #nowMs = 0
  readonly #timers = new Set<{ atMs: number; action: () => void }>()

  get pending(): number {
    return this.#timers.size
  }

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets the next timer ring; false when there is none. */
  turn(): boolean {
    let next: { atMs: number; action: () => void } | undefined
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer
    if (next === undefined) return false
    this.#timers.delete(next)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.action()
    return true
  }
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0
  }
}

const LINES: readonly string[] = [
  ...['OK', 'ERROR', 'OK OK', 'NA', 'CONNECT', 'CONNECT 115200', 'NO CARRIER', 'BUSY', 'RING', 'RDY', '^SYSSTART'],
  ...['+CMS ERROR: 38', '+CMS ERROR: ', '+CMS ERROR: -1', '+CME ERROR: SIM busy', '+CMS ERROR: 999999999999'],
  ...['+CMGS: 7', '+CMGS: ', '+CMGS: 256', '+CMGS: x', '+CMGL: 1,1,,20', '+CMGL: 1', '+CMGL: -1,,,', '+CMGL: 1,1,,-5'],
  ...['+CMGR: 0,,25', '+CMGR: ', '+CPMS: 1,20,1,20', '+CPMS: ,,,', '+CSQ: 20,99', '+CSQ: ', '+CREG: 2,1', '+CREG: 1'],
  ...['+CMTI: "SM",3', '+CMTI: ,-1', '+CMTI: "SM",99999999999', '+CMTI', '+CDSI: "SR",1', '+CMT: ,20', '+CMT: ,-1'],
  ...['+CMT: "a,b",25', '+CDS: 20', '+CDS: ', '+CBM: 88', '+CUSD: 1,"menu', '+CUSD: 1,"', '+CUSD: 2', '"', '",15'],
  ...['> ', '>', '>>>> ', '> +CMGS: 3', 'AT', 'AT+CMGL=4', 'AT+CSQ', 'AT+CMGS=4', '356938035643809', '+CFUN: 1'],
  ...[
    '+CPIN: READY',
    '+CPIN: NOT READY',
    '^RSSI:9',
    '^^^',
    '+',
    '+:',
    '*ATREADY: 1',
    '+QIND: SMS DONE',
    '((((',
    ')))),',
  ],
]
/** Of 25 octets behind its service centre, as some of the heads announce. */
const MESSAGE = goodEntry('hello!!!')
const ENDS: readonly string[] = ['\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '', '\0', '\xff\r\n']

/** One piece of a hostile stream. */
function piece(random: (below: number) => number): string {
  const end = ENDS[random(ENDS.length)] ?? ''
  switch (random(16)) {
    case 0:
      return hex(random, random(40)) + end
    case 1:
      return hex(random, random(200)) + hex(random, 1).slice(random(2)) + end
    case 3:
      return `${LINES[random(LINES.length)]}\r\n${MESSAGE.slice(0, random(4) === 0 ? random(MESSAGE.length) : MESSAGE.length)}${end}`
    case 2: {
      // A PDU line that has just the length which a head announced.
      const octets = 20 + 5 * random(2)
      return `00${hex(random, octets)}${end}`
    }
    case 6:
      return String.fromCharCode(...Array.from({ length: random(60) }, () => random(256))) + end
    case 4:
      return random(60) === 0 ? 'A'.repeat(random(3 * LINE_BYTES_MAX)) + end : end.repeat(random(8))
    case 5: {
      const line = LINES[random(LINES.length)] ?? ''
      const at = random(line.length + 1)
      return line.slice(0, at) + String.fromCharCode(random(256)) + line.slice(at + random(3)) + end
    }
    default:
      return (LINES[random(LINES.length)] ?? '') + end
  }
}

function hex(random: (below: number) => number, octets: number): string {
  let text = ''
  for (let at = 0; at < octets; at++) text += random(256).toString(16).padStart(2, '0').toUpperCase()
  return text
}

/** The modem: answers every write, and speaks in between, with pieces of its stream until that is used up. */
class HostilePipe implements SerialTransport {
  readonly port = 'here'
  readonly #random: (below: number) => number
  #listener: (octets: Uint8Array) => void = () => {}
  #closed: (reason: string) => void = () => {}
  #piecesLeft: number
  octets = 0

  constructor(random: (below: number) => number) {
    this.#random = random
    this.#piecesLeft = 1 + random(40)
  }

  async write(octets: Uint8Array): Promise<void> {
    if (this.#random(200) === 0) this.#closed('unplugged')
    else this.speak(this.#random(2) === 0 ? honestAnswer(Buffer.from(octets).toString('latin1')) : '')
  }

  /** Says `text` and some of what is left, in chunks; what is beyond the bound is never said. */
  speak(text = ''): void {
    for (let count = this.#random(6); count > 0 && this.#piecesLeft > 0; count--) {
      this.#piecesLeft--
      text += piece(this.#random)
    }
    const octets = Buffer.from(text, 'latin1').subarray(0, OCTETS_MAX)
    this.octets += octets.length
    const longest = 1 + this.#random(this.#random(2) === 0 ? 4 : 4_096)
    for (let at = 0; at < octets.length; at += longest) this.#listener(octets.subarray(at, at + longest))
  }

  onData(listener: (octets: Uint8Array) => void): void {
    this.#listener = listener
  }

  onClosed(listener: (reason: string) => void): void {
    this.#closed = listener
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Without some of these no stream would come to where the later answers are expected. */
function honestAnswer(written: string): string {
  if (written.endsWith('\x1a')) return '\r\n+CMGS: 9\r\n\r\nOK\r\n'
  if (written.startsWith('AT+CMGS=')) return '\r\n> '
  if (written.startsWith('AT+CGSN')) return '\r\n356938035643809\r\n\r\nOK\r\n'
  if (written.startsWith('AT+CSQ')) return '\r\n+CSQ: 20,99\r\n\r\nOK\r\n'
  if (written.startsWith('AT+CREG')) return '\r\n+CREG: 2,1\r\n\r\nOK\r\n'
  return written.startsWith('AT') ? '\r\nOK\r\n' : ''
}

const LIMITS = { promptTimeoutMs: 5_000, timeoutMs: 180_000, beforeBodyTimeoutMs: 5_000 }

function command(random: (below: number) => number): AtCommand<unknown> {
  const limitMs = 5_000
  switch (random(9)) {
    case 0:
      return listMessages(limitMs)
    case 1:
      return readMessage(3, limitMs)
    case 2:
      return query('AT+CSQ', '+CSQ:', limitMs, (text) => text)
    case 3:
      return registration('+CREG:', limitMs)
    case 4:
      return plainQuery('AT+CGMR', limitMs)
    case 5:
      return selectMemories(['SM'], limitMs)
    case 6:
      return setting('AT+CMEE=1', limitMs)
    case 7:
      return wakeRadio(limitMs)
    default: {
      const journal = random(8) === 0 ? () => Promise.reject(new Error('disk full')) : () => Promise.resolve()
      return submitMessage(Uint8Array.of(1, 0, 1, 2), LIMITS, random(2) === 0 ? journal : undefined)
    }
  }
}

/**
 * Plays one stream to one channel and adds to `tally`. Throws Error, with the seed, for anything but a typed end of every
 * command, within the bounds of lines and timers.
 */
export async function playHostileStream(seed: number, tally: HostileTally): Promise<void> {
  const random = seeded(seed)
  const clock = new HandClock()
  const pipe = new HostilePipe(random)
  const fail = (what: string, cause?: unknown) => new Error(`seed ${seed}: ${what}`, { cause })
  let losses = 0
  const problems: Error[] = []
  const events: ChannelEvents = {
    urc: (urc) => {
      tally.urcs += 1
      const problem = problemOf(urc, tally)
      if (problem !== undefined) problems.push(fail(problem))
    },
    rebooted: () => {},
    resyncing: () => {},
    timedOut: () => {},
    answered: () => {},
    echoed: () => {},
    lost: () => {
      losses += 1
    },
  }
  const channel = new AtChannel(pipe, events, { clock, log: silent, timings: DEFAULT_TIMINGS })
  if (random(4) === 0) channel.echoIsOff()
  pipe.speak()
  let running = 0
  const begin = (work: Promise<unknown>) => {
    running += 1
    const ended = (how: string) => {
      running -= 1
      tally.commands.set(how, (tally.commands.get(how) ?? 0) + 1)
    }
    work.then(
      () => ended('done'),
      (error: unknown) => {
        ended(error instanceof AtError ? error.kind : 'untyped')
        if (!(error instanceof AtError)) problems.push(fail('an error without a type', error))
      },
    )
  }
  if (random(4) === 0) begin(channel.handshake(Priority.poll))
  for (let count = 1 + random(3); count > 0; count--) {
    begin(channel.run(command(random), random(2) === 0 ? Priority.send : Priority.poll))
  }
  for (let turns = 0; running > 0 || clock.pending > 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (clock.pending > TIMERS_MAX) throw fail(`${clock.pending} timers at once`)
    tally.timersMax = Math.max(tally.timersMax, clock.pending)
    if (turns > TURNS_MAX) throw fail('it never comes to an end')
    if (random(3) === 0) pipe.speak()
    if (!clock.turn() && running > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      if (clock.pending === 0 && running > 0) throw fail('a command waits for nothing')
    }
  }
  await channel.close('the stream is over')
  if (losses > 1) problems.push(fail('the end of the channel was told twice'))
  if (problems[0] !== undefined) throw problems[0]
  tally.streams += 1
  tally.octets += pipe.octets
  tally.lost += losses
}

/** What is wrong with an indication, in words: more than a line, or a PDU line that the codec fails on without a type. */
function problemOf({ text, body }: Urc, tally: HostileTally): string | undefined {
  // A USSD text goes on over several lines, so many at most.
  if (text.length > 64 * (LINE_BYTES_MAX + 1)) return 'an indication beyond all bounds'
  if (body === undefined) return undefined
  if (body.length > LINE_BYTES_MAX) return 'a line beyond all bounds'
  try {
    decodePdu(body, 'mt')
    tally.decoded += 1
  } catch (error) {
    if (!(error instanceof PduError)) return 'the codec failed without a type'
  }
  return undefined
}
