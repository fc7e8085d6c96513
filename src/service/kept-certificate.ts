/**
 * The certificate of the API while the gateway runs: read at the start, which fails without a good one, and again when its
 * files have changed, so that a renewal wants no restart. A renewal that cannot be used leaves the one before in use.
 */
import { statSync } from 'node:fs'
import { type Certificate, type CertificateFiles, readCertificate } from '../config/certificate.ts'
import type { Log } from '../log.ts'

/** Looked at rather than watched: certbot exchanges links, which tell a watcher nothing. */
const LOOK_EVERY_MS = 60_000

export class KeptCertificate {
  readonly #files: CertificateFiles
  readonly #clock: () => number
  readonly #log: Log
  #current: Certificate
  /** Of the files that were read last, good or not. */
  #seen: string
  #listener: (current: Certificate) => void = () => {}
  #timer: NodeJS.Timeout | undefined

  /** Throws CausewayError `config-tls`. */
  constructor(files: CertificateFiles, clock: () => number, log: Log) {
    this.#files = files
    this.#clock = clock
    this.#log = log
    this.#seen = stampOf(files)
    this.#current = readCertificate(files, clock())
  }

  get current(): Certificate {
    return this.#current
  }

  /** One listener: whoever serves with it. */
  onRenewed(listener: (current: Certificate) => void): void {
    this.#listener = listener
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes a renewed one up. Files that are just being exchanged are looked at again when they are. */
  look(): void {
    const stamp = stampOf(this.#files)
    if (stamp === this.#seen) return
    this.#seen = stamp
    try {
      const renewed = readCertificate(this.#files, this.#clock())
      this.#listener(renewed)
      this.#current = renewed
      this.#log.info({ until: new Date(renewed.notAfterMs).toISOString() }, 'a renewed certificate is in use')
    } catch (error) {
      this.#log.warn({ err: error }, 'the renewed certificate cannot be used; the one before stays in use')
    }
  }
}

function stampOf({ cert, key }: CertificateFiles): string {
  return [cert, key].map(stampOfOne).join(', ')
}

/** What cannot be looked at, whatever is in the way, is for `readCertificate` to tell. */
function stampOfOne(path: string): string {
  try {
    const stat = statSync(path)
    return `${stat.ino} ${stat.size} ${stat.mtimeMs}`
  } catch {
    return 'none'
  }
}
