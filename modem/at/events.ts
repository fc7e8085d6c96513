/** What an AT channel tells whoever holds it. Facts that need no answer: nothing in the channel waits for a listener. */
import type { Urc } from './urc.ts'

export interface ChannelEvents {
  urc(urc: Urc): void
  /** A line that only a modem says which has just started: all settings are gone. Everything waiting has failed. */
  rebooted(line: string): void
  resyncing(active: boolean): void
  timedOut(commandText: string): void
  /** A command got its final result: the modem works. */
  answered(): void
  /** The modem echoes what we write, and nobody said that it must not (`echoIsOff`). */
  echoed(): void
  /**
   * The channel is of no further use: the port has ended (`port`), or the modem did not answer any more (`step`).
   * Called once, unless `close` was called before.
   */
  lost(cause: LossCause, reason: string): void
}

export type LossCause = 'port' | 'step'
