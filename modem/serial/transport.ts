/**
 * Opens the byte pipe to a modem: a serial device, held exclusively, `tcp://host:port`, or `rfc2217://host:port`. The only file that imports
 * serialport. Its readline parser is not used: it withholds the `> ` prompt (design, "The packages").
 */
import { access } from 'node:fs/promises'
import { SerialPort } from 'serialport'
import { ClosedOnce, type SerialTransport, TransportError, type TransportErrorCode } from './pipe.ts'
import { openRfc2217, parseRfc2217Port } from './rfc2217.ts'
import type { Clock } from './surroundings.ts'
import { openTcp, parseTcpPort } from './tcp.ts'
import { writeWithin } from './write.ts'

export interface OpenTransportOptions {
  /** Of a serial device; ignored by USB modems and TCP. */
  baudRate: number
  openTimeoutMs: number
  /** Longest wait for the system to let go of the device. */
  closeTimeoutMs: number
  /** How often to look whether a device is still there. */
  presenceEveryMs: number
  clock: Clock
}

/** Opens `port` (`/dev/…`, `tcp://host:port` or `rfc2217://host:port`). Rejects with TransportError `absent`, `busy`, `denied` or `failed`. */
export function openTransport(port: string, options: OpenTransportOptions): Promise<SerialTransport> {
  const address = parseTcpPort(port)
  if (address !== undefined) return openTcp(port, address, options.openTimeoutMs, options.clock)
  const remote = parseRfc2217Port(port)
  if (remote !== undefined) {
    const { baudRate, openTimeoutMs: timeoutMs, clock } = options
    return openRfc2217(port, remote, { baudRate, timeoutMs, clock })
  }
  if (port.startsWith('/')) return openDevice(port, options)
  return Promise.reject(
    new TransportError(
      'absent',
      `not a port: ${port} (expected /dev/…, tcp://host:port or rfc2217://host:port, for example tcp://box:4000)`,
    ),
  )
}

function openDevice(path: string, options: OpenTransportOptions): Promise<SerialTransport> {
  const device = new SerialPort({ path, baudRate: options.baudRate, autoOpen: false, lock: true })
  return new Promise((resolve, reject) => {
    let late = false
    const cancel = options.clock.after(options.openTimeoutMs, () => {
      late = true
      reject(new TransportError('failed', `opening ${path} took longer than ${options.openTimeoutMs} ms`))
    })
    device.open((error) => {
      cancel()
      if (error) {
        reject(new TransportError(openErrorCode(error.message), `cannot open ${path}: ${error.message}`, error))
      } else if (late) {
        device.close(() => {})
      } else {
        resolve(new DeviceTransport(path, device, options))
      }
    })
  })
}

function openErrorCode(message: string): TransportErrorCode {
  if (/cannot lock|busy|temporarily unavailable/i.test(message)) return 'busy'
  if (/permission denied|access denied/i.test(message)) return 'denied'
  if (/no such (file|device)|not found/i.test(message)) return 'absent'
  return 'failed'
}

class DeviceTransport implements SerialTransport {
  readonly port: string
  readonly #device: SerialPort
  readonly #options: OpenTransportOptions
  readonly #end = new ClosedOnce()
  #cancelWatch: () => void = () => {}

  constructor(port: string, device: SerialPort, options: OpenTransportOptions) {
    this.port = port
    this.#device = device
    this.#options = options
    device.on('close', (error?: Error | null) => this.#giveUp(error?.message ?? 'the device was closed'))
    device.on('error', (error: Error) => this.#giveUp(error.message))
    this.#watchPresence()
  }

  write(octets: Uint8Array, timeoutMs: number): Promise<void> {
    if (this.#end.closed) return Promise.reject(new TransportError('closed', 'the device has gone'))
    return writeWithin(this.#device, octets, timeoutMs, this.#options.clock)
  }

  onData(listener: (octets: Uint8Array) => void): void {
    this.#device.removeAllListeners('data')
    this.#device.on('data', listener)
  }

  onClosed(listener: (reason: string) => void): void {
    this.#end.listen(listener)
  }

  /**
   * A read that is under way during an unplug gets an end of file, which serialport 13 takes for "try again": it reads
   * for ever and tells nobody. The device's own name is gone by then.
   */
  #watchPresence(): void {
    this.#cancelWatch = this.#options.clock.after(this.#options.presenceEveryMs, async () => {
      const there = await access(this.port).then(
        () => true,
        () => false,
      )
      if (this.#end.closed) return
      if (there) this.#watchPresence()
      else this.#giveUp('the device has gone')
    })
  }

  #giveUp(reason: string): void {
    this.#cancelWatch()
    this.#end.close(reason)
    if (this.#device.isOpen) this.#device.close(() => {})
  }

  close(): Promise<void> {
    this.#cancelWatch()
    if (this.#end.closed) return Promise.resolve()
    this.#end.close('closed by us')
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#options.closeTimeoutMs, resolve)
      this.#device.close(() => {
        cancel()
        resolve()
      })
    })
  }
}
