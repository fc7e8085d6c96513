/**
 * The narrow byte pipe between a modem and everything above it.
 *
 *   device or socket ──bytes──▶ onData        write ──bytes──▶ device or socket
 *                    ──gone───▶ onClosed
 *
 * A serial device, a TCP connection and the trace decorator are the same kind of thing. No framing, no retries here.
 */

/** Why a transport could not do what was asked. */
export type TransportErrorCode =
  | 'absent' // no such device, nobody listens there
  | 'busy' // another process holds the device
  | 'denied' // no permission for the device
  | 'failed' // the system's own error, see the message
  | 'write-timeout' // the system never took the octets (an unplugged device, H8)
  | 'closed'

export class TransportError extends Error {
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TransportError'
    this.code = code
  }
}

export interface SerialTransport {
  /** As configured: `/dev/…` or `tcp://host:port`. */
  readonly port: string
  /**
   * Hands octets to the system. Resolves once it has taken them; rejects with TransportError `closed`, `failed`, or
   * `write-timeout` after `timeoutMs`. After a rejection some of the octets may have left.
   */
  write(octets: Uint8Array, timeoutMs: number): Promise<void>
  /** The one consumer of what arrives. What came before it was set is kept and given to it. */
  onData(listener: (octets: Uint8Array) => void): void
  /** Called exactly once, with the reason in words, when the pipe has ended for whatever reason, also by `close()`. */
  onClosed(listener: (reason: string) => void): void
  /** Ends the pipe; resolves when the device is free for others. Never rejects. */
  close(): Promise<void>
}

/** Remembers the one end of a pipe and tells it to a listener that comes before or after. */
export class ClosedOnce {
  #reason: string | undefined
  #listener: ((reason: string) => void) | undefined

  get closed(): boolean {
    return this.#reason !== undefined
  }

  listen(listener: (reason: string) => void): void {
    this.#listener = listener
    if (this.#reason !== undefined) listener(this.#reason)
  }

  close(reason: string): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#listener?.(reason)
  }
}
