/**
 * A connection inside of a modem as a stream: writes piece by piece, asks for what has come. One command at a time, so
 * that text messages get their turn between any two.
 */
import { Duplex } from 'node:stream'
import type { AtCommand } from '../../at/command.ts'
import type { Clock } from '../../serial/surroundings.ts'
import type { SocketDialect } from './at-dialect.ts'

export type RunCommand = <T>(command: AtCommand<T>) => Promise<T>

/** Between two questions while nothing comes. */
const POLL_EVERY_MS = 250

export class ModemSocket extends Duplex {
  readonly #run: RunCommand
  readonly #dialect: SocketDialect
  readonly #clock: Clock
  #isReading = false
  #cancelPoll: () => void = () => {}

  constructor(run: RunCommand, dialect: SocketDialect, clock: Clock) {
    super({ allowHalfOpen: true })
    this.#run = run
    this.#dialect = dialect
    this.#clock = clock
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done)
  }

  override _read(): void {
    if (this.#isReading) return
    this.#isReading = true
    void this.#receive()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#cancelPoll()
    this.#run(this.#dialect.close()).then(
      () => done(error),
      // It is closed already, or the modem has gone: closed it is.
      () => done(error),
    )
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.destroyed; at += this.#dialect.sendBytesMax) {
      await this.#run(this.#dialect.send(chunk.subarray(at, at + this.#dialect.sendBytesMax)))
    }
  }

  async #receive(): Promise<void> {
    try {
      const octets = await this.#next()
      if (this.destroyed) return
      this.#isReading = false
      this.push(octets)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error('the modem gave no data'))
    }
  }

  /** What has come; null at the end. */
  async #next(): Promise<Uint8Array | null> {
    while (!this.destroyed) {
      // Asked in this order: what came before the end is still read behind it.
      const state = await this.#run(this.#dialect.state())
      const octets = await this.#take()
      if (octets.length > 0) return octets
      if (state !== 'connected') return null
      await new Promise<void>((resolve) => {
        this.#cancelPoll = this.#clock.after(POLL_EVERY_MS, resolve)
      })
    }
    return null
  }

  async #take(): Promise<Uint8Array> {
    const waiting = this.#dialect.waiting()
    if (waiting !== undefined && (await this.#run(waiting)) === 0) return new Uint8Array()
    return this.#run(this.#dialect.receive())
  }
}
