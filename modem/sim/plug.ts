/**
 * The plug of a simulated modem: the wire to its terminal over TCP or in-process, pulled out and put in again. What the
 * modem does without power is the modem's business.
 */
import { type Duplex, duplexPair } from 'node:stream'
import type { SimClock } from './clock.ts'
import type { FaultStack } from './faults.ts'
import { TcpPort } from './tcpport.ts'
import { TeLink, type TeLinkEvents } from './telink.ts'

const HOSTILE_LINES = '\r\n+CMTI: "SM",99999\r\nOK\r\n\x00\xff^NOISE: "> \r\n'

export class Plug {
  private readonly clock: SimClock
  private readonly link: TeLink
  private readonly port: TcpPort
  private isIn = true
  private cancelReturn: () => void = () => {}

  constructor(clock: SimClock, faults: FaultStack, events: TeLinkEvents) {
    this.clock = clock
    this.link = new TeLink(clock, faults, events)
    this.port = new TcpPort((socket) => this.link.attach(socket))
  }

  get isPlugged(): boolean {
    return this.isIn
  }

  get isAttached(): boolean {
    return this.link.isAttached
  }

  /** AT over TCP on 127.0.0.1. Resolves with the port, rejects when it is taken. */
  listen(port: number): Promise<number> {
    return this.port.listen(port)
  }

  /** The TE's end of an in-process wire. Throws Error when unplugged or when somebody else is attached. */
  connect(): Duplex {
    const [ours, theirs] = duplexPair()
    if (!this.isIn) throw new Error('the modem is unplugged')
    if (!this.link.attach(ours)) throw new Error('somebody else is attached to the modem')
    // A pair does not hand on its end by itself, a cut wire does.
    ours.once('close', () => setImmediate(() => theirs.destroy()))
    return theirs
  }

  /** Latin-1 text to the TE; lost when nobody is attached. */
  write(text: string): void {
    this.link.write(text)
  }

  /** Hostile lines, or an endless one, until so many bytes are out. */
  flood(bytes: number, lineEnds: boolean): void {
    const piece = lineEnds ? HOSTILE_LINES : 'A'.repeat(64)
    for (let sent = 0; sent < bytes; sent += piece.length) this.link.write(piece)
  }

  /** Cuts the wire; connections are refused until it is put in. `back` is called after `forMs`, where given. */
  pull(forMs: number | undefined, back: () => void): void {
    this.isIn = false
    void this.end()
    if (forMs !== undefined) this.cancelReturn = this.clock.after(forMs, back)
  }

  /** False when it is in already; a return that was planned is called off. Listens again only by `reopen`. */
  putIn(): boolean {
    this.cancelReturn()
    if (this.isIn) return false
    this.isIn = true
    return true
  }

  /** On the same TCP port as before. Resolves once it listens. */
  reopen(): Promise<void> {
    return this.port.reopen()
  }

  /** Cuts the wire and stays as it is. */
  end(): Promise<void> {
    this.cancelReturn()
    this.link.detach()
    return this.port.close()
  }
}
