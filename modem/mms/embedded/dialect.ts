/**
 * What the MMS commands of each family have in common: steps before, one command that sends and says what came of it, and
 * steps behind. Written after public descriptions and tried against the simulated modem only; firmware differs much here.
 */
import type { AtCommand } from '../../at/command.ts'
import { type ApnSettings, order } from '../bearer/at-dialect.ts'
import type { MmsProxy } from '../carrier.ts'
import type { EmbeddedLimits, EmbeddedMessage } from './message.ts'

export interface EmbeddedSettings {
  readonly apn: ApnSettings
  readonly mmsc: string
  readonly proxy: MmsProxy | null
}

export interface EmbeddedStep {
  readonly command: AtCommand<void>
  /** A refusal does no harm (it is open already, there is nothing to delete). */
  readonly mayFail: boolean
}

export interface EmbeddedDialect {
  readonly limits: EmbeddedLimits
  /** Refused where this firmware has no such commands. */
  probe(): AtCommand<void>
  /** Throws RangeError for a setting that no command can hold. */
  prepare(settings: EmbeddedSettings): readonly EmbeddedStep[]
  compose(message: EmbeddedMessage): readonly EmbeddedStep[]
  /** Resolves with the HTTP status that the module tells; undefined where it tells success only. */
  send(): AtCommand<number | undefined>
  /** Empties the module’s memory of the message and ends the data connection. */
  clear(): readonly EmbeddedStep[]
}

/** What goes to the network and back. */
export const SENDING_TIMEOUT_MS = 180_000
const STEP_TIMEOUT_MS = 10_000
export const OPENING_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 10_000
/** A line of 115200 baud takes 11 octets a millisecond; half of that is enough. */
const UPLOAD_OCTETS_PER_MS = 5

/** A step that has to succeed. */
export function must(text: string, timeoutMs = STEP_TIMEOUT_MS): EmbeddedStep {
  return { command: order(text, timeoutMs), mayFail: false }
}

/** A step whose refusal does no harm. */
export function may(text: string, timeoutMs = STEP_TIMEOUT_MS): EmbeddedStep {
  return { command: order(text, timeoutMs), mayFail: true }
}

/** How long the module waits for octets that it was told of, ms. */
export function uploadMs(octets: number): number {
  return CONNECT_TIMEOUT_MS + Math.ceil(octets / UPLOAD_OCTETS_PER_MS)
}

/** A command that says CONNECT and then takes so many octets. */
export function upload(text: string, octets: Uint8Array): EmbeddedStep {
  const command: AtCommand<void> = {
    ...order(text, uploadMs(octets.length) + STEP_TIMEOUT_MS),
    prompt: {
      text: Buffer.from(octets).toString('latin1'),
      isCounted: true,
      isConnect: true,
      promptTimeoutMs: CONNECT_TIMEOUT_MS,
      beforeBodyTimeoutMs: CONNECT_TIMEOUT_MS,
    },
  }
  return { command, mayFail: false }
}
