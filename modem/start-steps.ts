/**
 * What every part of the start sequence works with: commands that stop as soon as the sequence is called off, so that an
 * abandoned sequence never types into a new one.
 */
import type { AtChannel } from './at/channel.ts'
import type { AtCommand } from './at/command.ts'
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import { type Clock, pause } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'

export class StartSteps {
  readonly timings: ModemTimings
  readonly #channel: AtChannel
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(channel: AtChannel, clock: Clock, timings: ModemTimings, signal: AbortSignal) {
    this.#channel = channel
    this.#clock = clock
    this.timings = timings
    this.#signal = signal
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  async run<T>(command: AtCommand<T>): Promise<T> {
    this.#stopIfCalledOff()
    return this.#channel.run(command, Priority.inbound)
  }

  async handshake(): Promise<void> {
    this.#stopIfCalledOff()
    return this.#channel.handshake(Priority.inbound)
  }

  async pause(delayMs: number): Promise<void> {
    await pause(this.#clock, delayMs, this.#signal)
    this.#stopIfCalledOff()
  }

  #stopIfCalledOff(): void {
    if (this.#signal.aborted) throw new AtError('aborted', 'queued', 'the start sequence was called off')
  }
}
