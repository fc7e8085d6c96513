/** The sender certificate that sealed messages carry: fetched, kept in memory, renewed before it expires. */
import { SenderCertificate } from '@signalapp/libsignal-client'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import { refusal, request } from './rest.ts'

const renewBeforeMs = 24 * 3600_000
/** Certificates of a server that issues very short ones are still used for this long. */
const keptAtLeastMs = 60_000
/** Without our number: whom we write to need not learn it. */
const path = '/v1/certificate/delivery?includeE164=false'

export class SenderCertificates {
  readonly #chat: Chat
  readonly #clock: Clock
  #current: { certificate: Promise<SenderCertificate>; renewAtMs: number } | undefined

  constructor(chat: Chat, clock: Clock) {
    this.#chat = chat
    this.#clock = clock
  }

  /** Throws CausewayError when the server cannot be asked. */
  async get(): Promise<SenderCertificate> {
    const now = this.#clock.now()
    if (this.#current !== undefined && now < this.#current.renewAtMs) return await this.#current.certificate
    const current = { certificate: this.#fetch(), renewAtMs: Number.POSITIVE_INFINITY }
    this.#current = current
    try {
      const certificate = await current.certificate
      current.renewAtMs = Math.max(certificate.expiration() - renewBeforeMs, now + keptAtLeastMs)
      return certificate
    } catch (error) {
      if (this.#current === current) this.#current = undefined
      throw error
    }
  }

  async #fetch(): Promise<SenderCertificate> {
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const { certificate } = answer.json as { certificate: string }
    return SenderCertificate.deserialize(new Uint8Array(Buffer.from(certificate, 'base64')))
  }
}
