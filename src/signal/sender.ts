/**
 * Sends one content to all devices of one recipient: sealed where the access key is known, unsealed otherwise, and
 * puts the device list right when the server says that it is wrong.
 *
 * The turned ratchets are committed before the network call: a ratchet that is turned again from an older state after a
 * crash would use a message key twice. A repeated send encrypts anew, with the same timestamp, and the recipient's
 * devices drop the second one.
 */
import {
  CiphertextMessage,
  type ContentHint,
  ErrorCode,
  LibSignalErrorBase,
  type PlaintextContent,
  type ProtocolAddress,
  type SenderCertificate,
  ServiceId,
  sealedSenderEncrypt,
  UnidentifiedSenderMessageContent,
} from '@signalapp/libsignal-client'
import { GroupSendFullToken, ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { SenderCertificates } from './certificates.ts'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { type Encrypted, Encrypting } from './encrypting.ts'
import { asCauseway, isCode, signalError } from './errors.ts'
import { isPni, octets } from './ids.ts'
import type { AccountLock } from './lock.ts'
import { peerAt, setTraits } from './peers.ts'
import { type Content, contentCodec } from './proto/messages.ts'
import { rememberSent } from './send-log.ts'
import type { SessionKeeper } from './sessions.ts'
import type { ProtocolStores } from './stores.ts'

/** One try and three healed ones; then the server and we disagree about something else. */
const triesMax = 4
/** How long an answer may take before the message counts as not sent. */
export const sendTimeoutMs = 30_000

export interface Outgoing {
  /** Service id of the recipient; our own ACI for a transcript to our other devices. */
  to: string
  content: Content
  timestampMs: number
  urgent: boolean
  hint: ContentHint
  /** Keep it for 24 h and more, for a recipient that asks for it again. */
  log: boolean
  /** For those devices alone that are connected now. */
  onlineOnly?: boolean
  /** The group that it belongs to, and its licence to send to this member sealed. */
  group?: { idOctets: Uint8Array<ArrayBuffer>; token: GroupSendFullToken | undefined }
}

/** What a sealed message is let in by. */
type Licence = GroupSendFullToken | Uint8Array<ArrayBuffer>

/** Not every device has a session that can encrypt now. */
class SessionsMissing extends Error {}

export class Sender {
  readonly #db: Database
  readonly #chat: Chat
  readonly #log: Log
  readonly #credentials: Credentials
  readonly #sessions: SessionKeeper
  readonly #certificates: SenderCertificates
  readonly #encrypting: Encrypting

  constructor(parts: {
    db: Database
    chat: Chat
    lock: AccountLock
    clock: Clock
    log: Log
    credentials: Credentials
    sessions: SessionKeeper
    certificates: SenderCertificates
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#encrypting = new Encrypting(parts)
    this.#log = parts.log
    this.#credentials = parts.credentials
    this.#sessions = parts.sessions
    this.#certificates = parts.certificates
  }

  /** Resolves when the server has accepted it for every device. Errors: as `SignalAccount.sendText`. */
  async send(outgoing: Outgoing): Promise<{ sealed: boolean }> {
    const content = contentCodec.encode(outgoing.content)
    const accessKey = await this.#accessKey(outgoing.to)
    for (const licence of [outgoing.group?.token, accessKey]) {
      if (licence === undefined) continue
      try {
        await this.#healing(outgoing.to, (isSure) => this.#sendSealed(outgoing, content, licence, isSure))
        return { sealed: true }
      } catch (error) {
        if (!isCode(error, ErrorCode.RequestUnauthorized)) throw await this.#failure(outgoing.to, error)
      }
    }
    try {
      await this.#healing(outgoing.to, (isSure) => this.#sendUnsealed(outgoing, content, isSure))
      // An account that has gone refuses sealed messages as well; only this one is there and does not want them.
      if (accessKey !== undefined) await setTraits(this.#db, outgoing.to, { sealedRefused: true })
      return { sealed: false }
    } catch (error) {
      throw await this.#failure(outgoing.to, error)
    }
  }

  /** Sends what is not encrypted (a decryption error is the only such thing) to all devices of `to`. Errors as `send`. */
  async sendPlaintext(to: string, plaintext: PlaintextContent, timestampMs: number): Promise<void> {
    try {
      await this.#healing(to, async () => {
        await this.#sessions.ensure(to)
        const contents: Encrypted<CiphertextMessage>[] = []
        for (const { deviceId, registrationId } of await this.#sessions.devices(to)) {
          contents.push({ deviceId, registrationId, contents: CiphertextMessage.from(plaintext) })
        }
        await this.#post(to, { timestamp: timestampMs, contents, urgent: false })
      })
    } catch (error) {
      throw await this.#failure(to, error)
    }
  }

  /**
   * Tries until the server agrees about the recipient's devices. `attempt` throws `SessionsMissing` where it is not told
   * to be sure that every device has a session; then it is made so, which costs a look at all of them.
   */
  async #healing(to: string, attempt: (isSure: boolean) => Promise<void>): Promise<void> {
    let isSure = false
    for (let tries = 1; ; ) {
      try {
        return await attempt(isSure)
      } catch (error) {
        if (error instanceof SessionsMissing) {
          await this.#sessions.ensure(to)
          isSure = true
          continue
        }
        if (tries >= triesMax || !(await this.#healed(to, error))) throw error
        tries += 1
        isSure = false
      }
    }
  }

  /** The sealed-sender access key: for accounts whose profile key we know and who have not refused it. */
  async #accessKey(to: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (isPni(to) || to === this.#credentials.aci) return undefined
    const peer = await peerAt(this.#db, to)
    if (peer.profileKey === undefined || peer.sealedRefused) return undefined
    return new ProfileKey(octets(peer.profileKey)).deriveAccessKey()
  }

  async #sendUnsealed(outgoing: Outgoing, content: Uint8Array, isSure: boolean): Promise<void> {
    this.#chat.authenticated()
    const contents = await this.#encrypt(outgoing, content, isSure, async (ciphertext) => ciphertext)
    const { to, timestampMs: timestamp, urgent, onlineOnly = false } = outgoing
    await this.#post(to, { timestamp, contents, urgent, onlineOnly })
  }

  async #post(
    to: string,
    {
      onlineOnly = false,
      ...message
    }: { timestamp: number; contents: Encrypted<CiphertextMessage>[]; urgent: boolean; onlineOnly?: boolean },
  ): Promise<void> {
    if (message.contents.length === 0) throw noDevices()
    const connection = this.#chat.authenticated()
    const options = { abortSignal: AbortSignal.timeout(sendTimeoutMs) }
    if (to === this.#credentials.aci) {
      await connection.sendSyncMessage(message, options)
      return
    }
    const destination = ServiceId.parseFromServiceIdString(to)
    await connection.sendMessage({ ...message, destination, onlineOnly }, options)
  }

  async #sendSealed(outgoing: Outgoing, content: Uint8Array, licence: Licence, isSure: boolean): Promise<void> {
    const certificate = await this.#certificates.get()
    const connection = await this.#chat.anonymous()
    const contents = await this.#encrypt(outgoing, content, isSure, (ciphertext, address, stores) =>
      seal(ciphertext, address, stores, certificate, outgoing),
    )
    await connection.sendMessage(
      {
        destination: ServiceId.parseFromServiceIdString(outgoing.to),
        timestamp: outgoing.timestampMs,
        contents,
        auth: licence instanceof GroupSendFullToken ? licence : { accessKey: licence },
        onlineOnly: outgoing.onlineOnly ?? false,
        urgent: outgoing.urgent,
      },
      { abortSignal: AbortSignal.timeout(sendTimeoutMs) },
    )
  }

  /** Encrypts for every device, and keeps what that changed (and the send log) before it returns. */
  async #encrypt<T>(
    outgoing: Outgoing,
    content: Uint8Array,
    isSure: boolean,
    finish: (ciphertext: CiphertextMessage, address: ProtocolAddress, stores: ProtocolStores) => Promise<T>,
  ): Promise<Encrypted<T>[]> {
    return await this.#encrypting.encrypt({
      to: outgoing.to,
      content,
      finish,
      demand: (devices) => {
        if (!isSure && !(devices.length > 0 && devices.every(({ usable }) => usable))) throw new SessionsMissing()
        if (!devices.some(({ usable }) => usable)) throw noDevices()
      },
      remember: async (transaction, nowMs) => {
        if (outgoing.log) await rememberSent(transaction, outgoing, content, nowMs)
      },
    })
  }

  /** True when the error was about the recipient's devices and our list is right now. */
  async #healed(to: string, error: unknown): Promise<boolean> {
    if (!LibSignalErrorBase.is(error, ErrorCode.MismatchedDevices)) return false
    for (const entry of error.entries) {
      this.#log.debug(
        { missing: entry.missingDevices, extra: entry.extraDevices, stale: entry.staleDevices },
        'recipient’s devices have changed',
      )
      await this.#sessions.heal(to, entry)
    }
    return true
  }

  async #failure(to: string, error: unknown): Promise<unknown> {
    if (isCode(error, ErrorCode.ServiceIdNotFound)) await this.#sessions.forget(to)
    return asCauseway(error)
  }
}

/** libsignal panics when it is to send to no device at all. */
function noDevices(): CausewayError {
  return signalError('signal-failed', { detail: 'no session with any device' })
}

async function seal(
  ciphertext: CiphertextMessage,
  address: ProtocolAddress,
  stores: ProtocolStores,
  certificate: SenderCertificate,
  { hint, group }: Outgoing,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = UnidentifiedSenderMessageContent.new(ciphertext, certificate, hint, group?.idOctets ?? null)
  return await sealedSenderEncrypt(content, address, stores.identities)
}
