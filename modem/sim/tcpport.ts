/**
 * AT over TCP on the loopback: listens, lets one client at a time onto the wire, and can vanish and come back on the same
 * port. A client that comes while another one is still attached waits a moment for it to leave, then is sent away.
 */
import { createServer, type Server, type Socket } from 'node:net'

const HOST = '127.0.0.1'
/** A killed client's end may be seen after the connection of its successor. */
const HANDOVER_MS = 250
const HANDOVER_STEP_MS = 10
/** Tries to get the port back, which another socket may still be leaving. */
const REOPEN_TRIES_MAX = 50
const REOPEN_STEP_MS = 20

export class TcpPort {
  private readonly attach: (socket: Socket) => boolean
  private server: Server | undefined
  private port = 0

  constructor(attach: (socket: Socket) => boolean) {
    this.attach = attach
  }

  /** Resolves with the port number (0 asks for any). */
  async listen(port: number): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      // A reset is the client's way to go; `close` follows.
      socket.on('error', () => {})
      this.admit(socket, HANDOVER_MS)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, HOST, resolve)
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the port has no number')
    this.server = server
    this.port = address.port
    return address.port
  }

  /** Stops listening; connections are refused. The attached client is the wire's business. */
  close(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (server === undefined) return Promise.resolve()
    return new Promise((resolve) => server.close(() => resolve()))
  }

  /** Listens on the same port as before, if it ever did. */
  async reopen(): Promise<void> {
    if (this.port === 0 || this.server !== undefined) return
    for (let attempt = 1; ; attempt++) {
      try {
        await this.listen(this.port)
        return
      } catch (error) {
        if (attempt >= REOPEN_TRIES_MAX) throw error
        await new Promise((resolve) => setTimeout(resolve, REOPEN_STEP_MS))
      }
    }
  }

  private admit(socket: Socket, patienceMs: number): void {
    if (this.server === undefined || socket.destroyed) socket.destroy()
    else if (this.attach(socket)) return
    else if (patienceMs <= 0) socket.destroy()
    else setTimeout(() => this.admit(socket, patienceMs - HANDOVER_STEP_MS), HANDOVER_STEP_MS)
  }
}
