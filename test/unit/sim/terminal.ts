/** A bare terminal for the tests of the simulator: writes commands, waits for what it wants to see. No driver of ours. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Unsolicited results about messages are put aside as they come. */
const MESSAGE_URC = /\r\n(\+CMTI: [^\r]*|\+CDSI: [^\r]*|\+CDS: \d+\r\n[0-9A-F]*|\+CMT: [^\r]*\r\n[0-9A-F]*)\r\n/
const FINAL = /(?:^|\r\n)(?:OK|ERROR|\+CM[ES] ERROR: [^\r]*)\r\n/

export class Terminal {
  readonly stream: Duplex
  /** Everything received and not yet claimed. */
  pending = ''
  /** Lines of the unsolicited results about messages that nobody has claimed. */
  readonly urcs: string[][] = []
  isClosed = false
  /** Sizes of the chunks as they came. */
  readonly chunkSizes: number[] = []
  private wake: (() => void) | undefined

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('data', (chunk: Buffer) => {
      this.chunkSizes.push(chunk.length)
      this.pending += chunk.toString('latin1')
      for (let urc = MESSAGE_URC.exec(this.pending); urc !== null; urc = MESSAGE_URC.exec(this.pending)) {
        this.urcs.push(linesOf(urc[0]))
        this.pending = this.pending.slice(0, urc.index) + this.pending.slice(urc.index + urc[0].length)
      }
      this.wake?.()
    })
    const closed = () => {
      this.isClosed = true
      this.wake?.()
    }
    stream.on('error', closed)
    stream.on('close', closed)
    stream.on('end', closed)
  }

  static async overTcp(port: number): Promise<Terminal> {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Terminal(socket)
  }

  /** Claims and returns everything up to the end of the first match. Rejects when the wire is cut before. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.pending)
      if (match !== null) {
        const end = match.index + match[0].length
        const claimed = this.pending.slice(0, end)
        this.pending = this.pending.slice(end)
        return claimed
      }
      if (this.isClosed) throw new Error(`the wire was cut; pending: ${JSON.stringify(this.pending)}`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  /** Claims the next unsolicited result about a message. */
  async urc(): Promise<string[]> {
    for (;;) {
      const urc = this.urcs.shift()
      if (urc !== undefined) return urc
      if (this.isClosed) throw new Error('the wire was cut')
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  write(text: string): void {
    this.stream.write(Buffer.from(text, 'latin1'))
  }

  /** Sends a line and returns the answer's lines without blank ones, the final result last. */
  async command(line: string): Promise<string[]> {
    this.write(`${line}\r`)
    return linesOf(await this.until(FINAL))
  }

  /** +CMGS of a PDU with SCA; returns the answer's lines. */
  async submit(pduHex: string): Promise<string[]> {
    const smscOctets = Number.parseInt(pduHex.slice(0, 2), 16)
    this.write(`AT+CMGS=${pduHex.length / 2 - 1 - smscOctets}\r`)
    await this.until(/\r\n> /)
    this.write(`${pduHex}\x1a`)
    return linesOf(await this.until(FINAL))
  }

  async closed(): Promise<void> {
    while (!this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  close(): void {
    this.stream.destroy()
  }
}

export function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/).filter((line) => line !== '')
}
