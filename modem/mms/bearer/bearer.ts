/**
 * What carries MMS to the carrier, as its client sees it: something that is opened when there is something to carry, and
 * gives connections that leave by it and by nothing else.
 */
import type { Duplex } from 'node:stream'

/** Names of bearers as configuration has them. */
export type BearerKind = 'interface' | 'modem-socket' | 'ppp'

/** Thrown by everything of a bearer. `step` says to the owner what it was. */
export class BearerError extends Error {
  readonly step: 'bearer' | 'dns' | 'connect'

  constructor(step: BearerError['step'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BearerError'
    this.step = step
  }
}

/** An open bearer, in somebody's hands until they close it. */
export interface BearerLease {
  /** Where it leads out, for people: `wwan0, 10.1.2.3`. */
  readonly label: string
  /** Networks of this machine that are not the bearer's, in CIDR notation: never to be reached on a stranger's word. */
  readonly ownNetworks: readonly string[]
  /** Literal addresses of a name by the carrier's resolver, asked over this bearer. Throws BearerError `dns`. */
  resolve(name: string, signal: AbortSignal): Promise<readonly string[]>
  /** A TCP connection to a literal address that leaves by this bearer. Throws BearerError `connect` or `bearer`. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Duplex>
  /** Gives it back. Its connections have ended before. Never rejects. */
  close(): Promise<void>
}

export interface Bearer {
  readonly kind: BearerKind
  /** How long opening it may take, where that is longer than usual (OPENING_MAX_MS). */
  readonly openingMaxMs?: number
  /** Opens it, or joins those who have it open. Throws BearerError `bearer`. */
  open(signal: AbortSignal): Promise<BearerLease>
}
