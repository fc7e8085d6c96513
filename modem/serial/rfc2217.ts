/**
 * A modem at a serial port of another machine whose server lets us set the line (RFC 2217: ser2net, terminal servers): the
 * same pipe as a TCP port, with speed and control lines agreed before the first octet.
 *
 *   TCP ─▶ TelnetReader ─┬─ data ─▶ onData
 *                        └─ verbs, COM-PORT ─▶ agreed? held?
 */
import type { SerialTransport } from './pipe.ts'
import { TransportError } from './pipe.ts'
import { type Clock, pause } from './surroundings.ts'
import { openTcp, parseTcpPort, type TcpAddress } from './tcp.ts'
import { TelnetReader, type TelnetToken, type TelnetVerb, telnetData, telnetSub, telnetVerb } from './telnet.ts'

const SCHEME = 'rfc2217://'

/** Telnet options: RFC 856, RFC 858, RFC 2217. */
const BINARY = 0
const SUPPRESS_GO_AHEAD = 3
const COM_PORT = 44
const OURS: ReadonlySet<number> = new Set([BINARY, SUPPRESS_GO_AHEAD, COM_PORT])

/** RFC 2217 §2, client to server; the server's answer has 100 more. */
const SET_BAUD_RATE = 1
const SET_DATA_SIZE = 2
const SET_PARITY = 3
const SET_STOP_SIZE = 4
const SET_CONTROL = 5
const SET_LINE_STATE_MASK = 10
const SET_MODEM_STATE_MASK = 11
const ANSWER = 100
const SUSPEND = 108
const RESUME = 109
/** Values of SET-CONTROL. */
const NO_FLOW_CONTROL = 1
const DTR_ON = 8
const RTS_ON = 11

/** What arrives before anybody listens is kept up to this. */
const EARLY_OCTETS_MAX = 64 * 1024
const NEGOTIATION_WRITE_MS = 5_000
/** How often to look whether a server that holds us up goes on. */
const HELD_LOOK_MS = 10

/** `rfc2217://host:port` → address; undefined when `port` is not of that form. */
export function parseRfc2217Port(port: string): TcpAddress | undefined {
  return port.startsWith(SCHEME) ? parseTcpPort(`tcp://${port.slice(SCHEME.length)}`) : undefined
}

/**
 * Connects and sets 8N1 at `baudRate` without flow control, DTR and RTS on. Rejects with TransportError: `absent` when
 * nobody is there, `failed` when who is there will not have its line set so within `timeoutMs`.
 */
export async function openRfc2217(
  port: string,
  address: TcpAddress,
  options: { baudRate: number; timeoutMs: number; clock: Clock },
): Promise<SerialTransport> {
  const pipe = await openTcp(port, address, options.timeoutMs, options.clock)
  const line = new RemoteLine(pipe, options.clock)
  try {
    await line.agree(options.baudRate, options.timeoutMs)
    return line
  } catch (error) {
    await pipe.close()
    throw error
  }
}

class RemoteLine implements SerialTransport {
  readonly port: string
  readonly #pipe: SerialTransport
  readonly #clock: Clock
  readonly #reader = new TelnetReader()
  /** What was said about options: each is answered once, or two ends would answer one another for ever. */
  readonly #answered = new Set<string>()
  #listener: ((octets: Uint8Array) => void) | undefined
  #early: Uint8Array[] = []
  #earlyOctets = 0
  #isHeld = false
  #isClosed = false
  #onClosed: (reason: string) => void = () => {}
  #closedBecause: string | undefined
  #decide: { agreed(): void; refused(why: string): void } | undefined
  #baudRate = 0

  constructor(pipe: SerialTransport, clock: Clock) {
    this.port = pipe.port
    this.#pipe = pipe
    this.#clock = clock
    pipe.onData((octets) => {
      for (const token of this.#reader.push(octets)) this.#take(token)
    })
    pipe.onClosed((reason) => {
      this.#isClosed = true
      this.#closedBecause = reason
      this.#decide?.refused(reason)
      this.#onClosed(reason)
    })
  }

  /** Resolves once the server has set the line. Rejects with TransportError `failed`. */
  agree(baudRate: number, timeoutMs: number): Promise<void> {
    this.#baudRate = baudRate
    return new Promise((resolve, reject) => {
      const conclude = (end: () => void) => {
        cancel()
        this.#decide = undefined
        end()
      }
      const refuse = (why: string) =>
        conclude(() => reject(new TransportError('failed', `${this.port}: ${why}; without RFC 2217 it is tcp://`)))
      const cancel = this.#clock.after(timeoutMs, () => refuse(`no agreement about the line within ${timeoutMs} ms`))
      this.#decide = { agreed: () => conclude(resolve), refused: refuse }
      this.#send(
        telnetVerb('will', COM_PORT),
        telnetVerb('will', BINARY),
        telnetVerb('do', BINARY),
        telnetVerb('do', SUPPRESS_GO_AHEAD),
        telnetVerb('will', SUPPRESS_GO_AHEAD),
      )
    })
  }

  async write(octets: Uint8Array, timeoutMs: number): Promise<void> {
    const deadlineMs = this.#clock.nowMs() + timeoutMs
    while (this.#isHeld && !this.#isClosed) {
      if (this.#clock.nowMs() >= deadlineMs) {
        throw new TransportError('write-timeout', 'the other end of the serial line takes nothing')
      }
      await pause(this.#clock, HELD_LOOK_MS)
    }
    await this.#pipe.write(telnetData(octets), timeoutMs)
  }

  onData(listener: (octets: Uint8Array) => void): void {
    this.#listener = listener
    for (const octets of this.#early.splice(0)) listener(octets)
  }

  onClosed(listener: (reason: string) => void): void {
    this.#onClosed = listener
    if (this.#closedBecause !== undefined) listener(this.#closedBecause)
  }

  close(): Promise<void> {
    return this.#pipe.close()
  }

  #take(token: TelnetToken): void {
    if (token.kind === 'data') this.#deliver(token.octets)
    else if (token.kind === 'verb') this.#negotiate(token.verb, token.option)
    else if (token.option === COM_PORT) this.#comPort(token.octets)
  }

  #deliver(octets: Uint8Array): void {
    if (this.#listener !== undefined) this.#listener(octets)
    else if (this.#earlyOctets + octets.length <= EARLY_OCTETS_MAX) {
      this.#earlyOctets += octets.length
      this.#early.push(octets)
    }
  }

  #negotiate(verb: TelnetVerb, option: number): void {
    const key = `${verb} ${option}`
    if (this.#answered.has(key)) return
    this.#answered.add(key)
    if (option === COM_PORT && verb === 'do') this.#setLine()
    else if (verb === 'dont' && option === COM_PORT) this.#decide?.refused('the server does not let its line be set')
    else if (verb === 'dont' && option === BINARY) this.#decide?.refused('the server does not take octets as they are')
    else if (OURS.has(option)) return
    else if (verb === 'do') this.#send(telnetVerb('wont', option))
    else if (verb === 'will') this.#send(telnetVerb('dont', option))
  }

  #setLine(): void {
    const rate = this.#baudRate
    const commands: readonly (readonly number[])[] = [
      [SET_LINE_STATE_MASK, 0],
      [SET_MODEM_STATE_MASK, 0],
      [SET_DATA_SIZE, 8],
      [SET_PARITY, 1],
      [SET_STOP_SIZE, 1],
      [SET_CONTROL, NO_FLOW_CONTROL],
      [SET_CONTROL, DTR_ON],
      [SET_CONTROL, RTS_ON],
      // The last: its answer says that all is set.
      [SET_BAUD_RATE, (rate >>> 24) & 255, (rate >>> 16) & 255, (rate >>> 8) & 255, rate & 255],
    ]
    this.#send(...commands.map((command) => telnetSub(COM_PORT, command)))
  }

  #comPort(octets: Uint8Array): void {
    const [command] = octets
    if (command === SUSPEND) this.#isHeld = true
    else if (command === RESUME) this.#isHeld = false
    else if (command === SET_BAUD_RATE + ANSWER && octets.length === 5) {
      const rate = Buffer.from(octets).readUInt32BE(1)
      if (rate === this.#baudRate) this.#decide?.agreed()
      else this.#decide?.refused(`the server set ${rate} baud and not ${this.#baudRate}`)
    }
  }

  /** A write that fails ends the pipe, and whoever waits learns it from there. */
  #send(...messages: readonly Uint8Array[]): void {
    void this.#pipe.write(Buffer.concat(messages), NEGOTIATION_WRITE_MS).catch(() => this.#pipe.close())
  }
}
