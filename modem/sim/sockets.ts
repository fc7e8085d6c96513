/**
 * The TCP sockets inside of a simulated modem, on a simulated carrier's network: one host is there, which is 127.0.0.1 of
 * this machine under whatever port, and two names of it. Nothing else can be reached.
 */
import { connect, type Socket } from 'node:net'

/** What the carrier's network calls 127.0.0.1. */
export const CARRIER_ADDRESS = '10.64.64.10'
const CARRIER_NAMES: readonly string[] = ['mmsc.sim', 'proxy.mms.sim']
/** What has come and was not asked for; a real one closes its window, this one forgets. */
const RECEIVED_BYTES_MAX = 16 * 2 ** 20

export type SimSocketState = 'opening' | 'connected' | 'closing'

interface SimSocket {
  readonly socket: Socket
  readonly address: string
  readonly port: number
  state: SimSocketState
  received: Buffer
}

export class SimSockets {
  /** The data connection stands. */
  isActive = false
  /** As the TE set them: the access point of each context. */
  readonly apns = new Map<string, string>()
  private readonly sockets = new Map<number, SimSocket>()

  /** Resolves with whether it is connected. */
  open(id: number, address: string, port: number): Promise<boolean> {
    const host = resolveSimulated(address)
    if (!this.isActive || host === undefined || this.sockets.has(id)) return Promise.resolve(false)
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.unref()
      const own: SimSocket = { socket, address: host, port, state: 'opening', received: Buffer.alloc(0) }
      this.sockets.set(id, own)
      socket.on('connect', () => {
        own.state = 'connected'
        resolve(true)
      })
      socket.on('data', (chunk) => {
        if (own.received.length + chunk.length <= RECEIVED_BYTES_MAX)
          own.received = Buffer.concat([own.received, chunk])
      })
      socket.on('end', () => {
        own.state = 'closing'
      })
      socket.on('error', () => {
        if (own.state === 'opening') this.sockets.delete(id)
        own.state = 'closing'
        resolve(false)
      })
    })
  }

  state(id: number): SimSocketState | undefined {
    return this.sockets.get(id)?.state
  }

  place(id: number): { address: string; port: number } | undefined {
    return this.sockets.get(id)
  }

  /** Resolves with whether it could be sent. */
  send(id: number, octets: Uint8Array): Promise<boolean> {
    const own = this.sockets.get(id)
    if (own?.state !== 'connected') return Promise.resolve(false)
    return new Promise((resolve) => {
      own.socket.write(octets, (error) => resolve(error === undefined || error === null))
    })
  }

  waiting(id: number): number {
    return this.sockets.get(id)?.received.length ?? 0
  }

  take(id: number, bytesMax: number): Buffer {
    const own = this.sockets.get(id)
    if (own === undefined) return Buffer.alloc(0)
    const taken = own.received.subarray(0, bytesMax)
    own.received = own.received.subarray(taken.length)
    return taken
  }

  /** False when there is none of that number. */
  close(id: number): boolean {
    this.sockets.get(id)?.socket.destroy()
    return this.sockets.delete(id)
  }

  closeAll(): void {
    for (const id of [...this.sockets.keys()]) this.close(id)
    this.isActive = false
  }
}

/** The carrier's address of a name or an address; undefined for what its network has not. */
export function resolveSimulated(host: string): string | undefined {
  return host === CARRIER_ADDRESS || CARRIER_NAMES.includes(host) ? CARRIER_ADDRESS : undefined
}
