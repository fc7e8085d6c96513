/**
 * A channel on one end of a real TCP connection and the test on the other: hear what was written, say what shall be read.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { AtChannel, type ChannelTimings } from '../../../modem/at/channel.ts'
import type { ChannelEvents } from '../../../modem/at/events.ts'
import type { Urc } from '../../../modem/at/urc.ts'
import type { SerialTransport } from '../../../modem/serial/pipe.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'
import { openTransport } from '../../../modem/serial/transport.ts'

export const CHANNEL_TIMINGS: ChannelTimings = {
  writeTimeoutMs: 1_000,
  settleAfterErrorMs: 40,
  staleOkMs: 80,
  staleOkAfterBodyMs: 150,
  urcBodyTimeoutMs: 300,
  resyncQuietMs: 30,
  resyncQuietMaxMs: 300,
  resyncProbeTimeoutMs: 300,
  resyncTriesMax: 3,
  handshakeQuietMs: 20,
  handshakeTriesMax: 10,
  handshakeTimeoutMs: 100,
  escapeGuardMs: 20,
  bootGraceMs: 500,
  ageingMs: 10_000,
}

const QUIET_LOG = { debug() {}, info() {}, warn() {}, error() {} }

/** Writes down everything that a channel tells. */
export class Recorder implements ChannelEvents {
  readonly urcs: Urc[] = []
  readonly reboots: string[] = []
  readonly timeouts: string[] = []
  readonly losses: string[] = []
  readonly resyncs: boolean[] = []
  echoes = 0
  answers = 0

  urc(urc: Urc): void {
    this.urcs.push(urc)
  }
  rebooted(line: string): void {
    this.reboots.push(line)
  }
  resyncing(active: boolean): void {
    this.resyncs.push(active)
  }
  timedOut(command: string): void {
    this.timeouts.push(command)
  }
  answered(): void {
    this.answers += 1
  }
  echoed(): void {
    this.echoes += 1
  }
  lost(cause: string, reason: string): void {
    this.losses.push(`${cause}: ${reason}`)
  }
}

export class Wire {
  readonly told = new Recorder()
  readonly #server: Server
  readonly #socket: Socket
  readonly channel: AtChannel
  #heard = ''
  #cursor = 0
  #wake: () => void = () => {}

  private constructor(server: Server, socket: Socket, pipe: SerialTransport, timings: Partial<ChannelTimings>) {
    this.#server = server
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#heard += chunk.toString('latin1')
      this.#wake()
    })
    this.channel = new AtChannel(pipe, this.told, {
      clock: systemClock,
      log: QUIET_LOG,
      timings: { ...CHANNEL_TIMINGS, ...timings },
    })
  }

  static async open(timings: Partial<ChannelTimings> = {}): Promise<Wire> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const pipe = await openTransport(`tcp://127.0.0.1:${address.port}`, {
      baudRate: 115_200,
      openTimeoutMs: 2_000,
      closeTimeoutMs: 500,
      presenceEveryMs: 1_000,
      clock: systemClock,
    })
    const socket = await accepted
    socket.setNoDelay(true)
    return new Wire(server, socket, pipe, timings)
  }

  /** Everything written by the channel so far. */
  get heard(): string {
    return this.#heard
  }

  /** Resolves once `text` was written by the channel, after what was waited for before. */
  async hears(text: string): Promise<void> {
    for (;;) {
      const at = this.#heard.indexOf(text, this.#cursor)
      if (at >= 0) {
        this.#cursor = at + text.length
        return
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  say(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'))
  }

  /** Resolves once everything said before has been read and dealt with: a line of its own comes out as a URC. */
  async settled(): Promise<void> {
    const mark = `^MARK${Math.random()}`
    this.say(`\r\n${mark}\r\n`)
    await until(() => this.told.urcs.some((urc) => urc.text === mark))
    const at = this.told.urcs.findIndex((urc) => urc.text === mark)
    this.told.urcs.splice(at, 1)
  }

  /** The usual answers to the resynchronisation's first question. */
  async answerProbe(): Promise<void> {
    await this.hears('AT+CGSN\r')
    this.say('\r\n356938035643809\r\n\r\nOK\r\n')
  }

  unplug(): void {
    this.#socket.destroy()
  }

  async close(): Promise<void> {
    await this.channel.close('the test is over')
    this.#socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
