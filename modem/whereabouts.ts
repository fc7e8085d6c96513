/**
 * Where the module of one entry is: opens the configured port, or looks for the module on all the others, and judges
 * whether what answers there is the module that the entry is for (H10). Holds the port against the scout and the module
 * against the other entries of the process.
 */
import { UnusableModule } from './bringup.ts'
import type { PortScout } from './discovery.ts'
import type { ImeiClaimant, ImeiClaims } from './identity.ts'
import type { SerialTransport } from './serial/pipe.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import { openTransport } from './serial/transport.ts'
import type { StatusBoard } from './status.ts'
import type { ModemTimings } from './timings.ts'

export interface WhereaboutsOptions {
  /** As configured: a device, `tcp://host:port`, `rfc2217://host:port`, or `auto`. */
  port: string
  /** The module that this entry is for, where it names one. */
  imei: string | undefined
  scout: PortScout | undefined
  claims: ImeiClaims
  /** Whether the port is open now. */
  present(): boolean
  board: StatusBoard
  clock: Clock
  log: Log
  timings: ModemTimings
}

export class Whereabouts {
  readonly #options: WhereaboutsOptions
  readonly #claimant: ImeiClaimant
  /** Where the module was found; the configured port until then. */
  #port: string
  /** Another module answered at the configured port: look elsewhere first. */
  #misplaced = false
  /** A person asked for a reset, so another module at this port is no accident. */
  #mayChangeModule = false
  #release: () => void = () => {}
  #usbId: string | undefined

  constructor(options: WhereaboutsOptions) {
    this.#options = options
    this.#port = options.port
    const portNow = () => this.#port
    const namelessId = options.board.status.id
    this.#claimant = {
      get port() {
        return portNow()
      },
      present: () => options.present(),
      forget: () => options.board.update({ imei: undefined, id: namelessId }),
    }
  }

  get port(): string {
    return this.#port
  }

  /** `vendor:product` of what was opened last, where it is a USB device. */
  get usbId(): string | undefined {
    return this.#usbId
  }

  /** The next module that answers at this port is accepted, whichever it is. */
  acceptAnother(): void {
    this.#mayChangeModule = true
  }

  /** Opens the configured port, or the one where the module is by now. Rejects with what stood against it. */
  async open(): Promise<SerialTransport> {
    try {
      const pipe = await this.#openPort()
      this.#usbId = await this.#options.scout?.usbIdOf(this.#port)
      return pipe
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Others may open the port again. */
  release(): void {
    this.takeHold()()
  }

  /** Hands over the hold on the port: it lasts until the returned function is called. */
  takeHold(): () => void {
    const release = this.#release
    this.#release = () => {}
    return release
  }

  /** Throws UnusableModule when this module is not ours to drive. Before the SIM is touched, because of the PIN (H10). */
  admit(imei: string | undefined): void {
    if (imei === undefined) return
    const { board, claims, imei: wanted } = this.#options
    if (wanted !== undefined && wanted !== imei) {
      this.#misplaced = true
      throw new UnusableModule(`another module answers at ${this.#port} than the one that imei names`)
    }
    const known = board.status.imei
    if (known !== undefined && known !== imei && !this.#mayChangeModule) {
      this.#misplaced = true
      throw new UnusableModule(
        `another module answers at ${this.#port}: reset this modem to accept it, or name ports by /dev/serial/by-id`,
      )
    }
    const otherPort = claims.claim(imei, this.#claimant)
    if (otherPort !== undefined) {
      throw new UnusableModule(`this module is driven through ${otherPort} already: remove one of the two entries`)
    }
    this.#mayChangeModule = false
    board.update({ id: `mdm_${imei}` })
  }

  async #openPort(): Promise<SerialTransport> {
    const { port, scout, timings, clock } = this.#options
    const open = (name: string) => openTransport(name, { ...timings, clock })
    if (port !== 'auto' && !this.#misplaced) {
      try {
        const pipe = await open(port)
        this.#hold(port, scout?.hold(port))
        return pipe
      } catch (error) {
        const found = await this.#search()
        if (found === undefined) throw error
        return open(found)
      }
    }
    this.#misplaced = false
    const found = await this.#search()
    if (found === undefined && port === 'auto') throw new Error(this.#nowhere())
    if (found === undefined) this.#hold(port, scout?.hold(port))
    return open(found ?? port)
  }

  /** Looks for the module of this entry on all ports; what is found is held. */
  async #search(): Promise<string | undefined> {
    const { port, scout, claims } = this.#options
    const imei = this.#wantedImei()
    if (scout === undefined || /^(?:tcp|rfc2217):/.test(port) || (imei === undefined && port !== 'auto'))
      return undefined
    const found = await scout.find({ imei, taken: (other) => claims.isTaken(other, this.#claimant) })
    if (found === undefined) return undefined
    this.#hold(found.port, found.release)
    return found.port
  }

  #hold(port: string, release: (() => void) | undefined): void {
    const { board, log } = this.#options
    this.release()
    if (port !== this.#port && this.#port !== 'auto') {
      log.info({ modemId: board.status.id, port }, 'the modem is at another port now')
    }
    this.#port = port
    this.#release = release ?? (() => {})
    board.update({ port })
  }

  #wantedImei(): string | undefined {
    return this.#options.imei ?? (this.#mayChangeModule ? undefined : this.#options.board.status.imei)
  }

  #nowhere(): string {
    const what = this.#wantedImei() === undefined ? 'no modem that is free answers' : 'this modem does not answer'
    return `${what} at any USB port: see causeway modem probe`
  }
}
