/**
 * A modem behind a TCP connection (ser2net and the like, or the simulated modem): the same pipe as a serial device.
 */
import { createConnection, type Socket } from 'node:net'
import { ClosedOnce, type SerialTransport, TransportError } from './pipe.ts'
import type { Clock } from './surroundings.ts'
import { writeWithin } from './write.ts'

const KEEP_ALIVE_AFTER_MS = 15_000

export interface TcpAddress {
  host: string
  port: number
}

/** `tcp://host:port` → address; undefined when `port` is not of that form. IPv6 hosts stand in brackets. */
export function parseTcpPort(port: string): TcpAddress | undefined {
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):(\d{1,5})\/?$/.exec(port)
  const host = match?.[1] ?? match?.[2]
  const number = Number(match?.[3])
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number }
}

/** Connects; rejects with TransportError `absent` when refused or unreachable within `timeoutMs`. */
export function openTcp(port: string, address: TcpAddress, timeoutMs: number, clock: Clock): Promise<SerialTransport> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: address.host, port: address.port })
    const fail = (reason: string, cause?: unknown) => {
      cancel()
      socket.destroy()
      reject(new TransportError('absent', `no connection to ${port}: ${reason}`, cause))
    }
    const cancel = clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`))
    const refused = (error: Error) => fail(error.message, error)
    socket.once('error', refused)
    socket.once('connect', () => {
      cancel()
      socket.off('error', refused)
      socket.setNoDelay(true)
      socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS)
      resolve(new TcpTransport(port, socket, clock))
    })
  })
}

class TcpTransport implements SerialTransport {
  readonly port: string
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #end = new ClosedOnce()

  constructor(port: string, socket: Socket, clock: Clock) {
    this.port = port
    this.#socket = socket
    this.#clock = clock
    let reason = 'the connection was closed by the other side'
    socket.on('error', (error) => {
      reason = error.message
    })
    socket.on('end', () => socket.destroy())
    socket.on('close', () => this.#end.close(reason))
  }

  write(octets: Uint8Array, timeoutMs: number): Promise<void> {
    if (this.#end.closed) return Promise.reject(new TransportError('closed', 'the connection has ended'))
    return writeWithin(this.#socket, octets, timeoutMs, this.#clock)
  }

  onData(listener: (octets: Uint8Array) => void): void {
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', listener)
  }

  onClosed(listener: (reason: string) => void): void {
    this.#end.listen(listener)
  }

  close(): Promise<void> {
    if (this.#end.closed) return Promise.resolve()
    this.#end.close('closed by us')
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
      this.#socket.destroy()
    })
  }
}
