/** What people have told the queue to leave where it is: all of it, a transport, or a modem. Pure. */
import type { TransportName } from './transport.ts'

/** Both null: all of it. `lane`: a modem, whatever it carries. Never both. */
export interface PauseScope {
  transport: TransportName | null
  lane: string | null
}

export interface Pause extends PauseScope {
  /** ms since epoch. */
  sinceMs: number
}

/** The widest of the pauses that hold this lane up; undefined: none does. */
export function pauseOver(pauses: readonly Pause[], transport: TransportName, lane: string): Pause | undefined {
  return (
    pauses.find((pause) => pause.transport === null && pause.lane === null) ??
    pauses.find((pause) => pause.transport === transport) ??
    pauses.find((pause) => pause.lane === lane)
  )
}

const WORDS: Readonly<Record<TransportName, string>> = {
  sms: 'text messages are paused',
  mms: 'picture messages are paused',
  signal: 'messages over Signal are paused',
}

/** As a clause: `waits: the queue is paused`. */
export function pauseWords({ transport, lane }: PauseScope): string {
  if (lane !== null) return 'this modem is paused'
  return transport === null ? 'the queue is paused' : WORDS[transport]
}
