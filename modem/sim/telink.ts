/**
 * The wire between modem and terminal (TE): at most one stream at a time, bytes both ways, output in pieces where a fault
 * wants that. Knows nothing of commands. What is written while nobody is attached is lost, as on a USB port nobody opened.
 */
import type { Duplex } from 'node:stream'
import type { SimClock } from './clock.ts'
import type { FaultStack } from './faults.ts'

/** Pieces waiting to go out; beyond this the TE does not read, and output is lost as on a full UART. */
const PIECES_MAX = 100_000

export interface TeLinkEvents {
  bytes(chunk: Buffer): void
  detached(): void
}

export class TeLink {
  private readonly clock: SimClock
  private readonly faults: FaultStack
  private readonly events: TeLinkEvents
  private stream: Duplex | undefined
  private readonly pieces: Buffer[] = []

  constructor(clock: SimClock, faults: FaultStack, events: TeLinkEvents) {
    this.clock = clock
    this.faults = faults
    this.events = events
  }

  get isAttached(): boolean {
    return this.stream !== undefined
  }

  /** Takes a stream as the TE's end of the wire; false (and untouched) while another one is attached. */
  attach(stream: Duplex): boolean {
    if (this.stream !== undefined) return false
    this.stream = stream
    const leave = () => {
      if (this.stream === stream) this.detach()
    }
    stream.on('data', (chunk: Buffer) => {
      if (this.stream === stream) this.events.bytes(chunk)
    })
    stream.on('end', leave)
    stream.on('close', leave)
    stream.on('error', leave)
    return true
  }

  /** Cuts the wire; the TE sees its stream closed. */
  detach(): void {
    const stream = this.stream
    if (stream === undefined) return
    this.stream = undefined
    this.pieces.length = 0
    // What was written before still arrives; then the stream is gone for both sides.
    stream.once('finish', () => stream.destroy())
    stream.end()
    stream.resume()
    this.events.detached()
  }

  /** Latin-1 text to the TE; lost when nobody is attached. */
  write(text: string): void {
    if (this.stream === undefined) return
    const bytes = Buffer.from(text, 'latin1')
    const chunks = this.faults.take('chunks', '*')
    if (chunks === undefined && this.pieces.length === 0) {
      this.stream.write(bytes)
      return
    }
    const size = Math.max(1, chunks?.bytes ?? bytes.length)
    const isIdle = this.pieces.length === 0
    for (let at = 0; at < bytes.length && this.pieces.length < PIECES_MAX; at += size) {
      this.pieces.push(bytes.subarray(at, at + size))
    }
    if (isIdle) this.nextPiece()
  }

  private nextPiece(): void {
    const piece = this.pieces[0]
    if (piece === undefined || this.stream === undefined) return
    this.stream.write(piece)
    this.clock.after(0, () => {
      this.pieces.shift()
      this.nextPiece()
    })
  }
}
