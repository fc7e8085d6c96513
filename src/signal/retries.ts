/**
 * The two directions of "I could not read that": asking a peer to send again what we could not decrypt, and sending
 * again, out of the send log, what a peer could not. A half-open session heals by this within one round trip.
 */
import { ContentHint, DecryptionErrorMessage, PlaintextContent } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { type Clock, type OwnTimestamps, type Random, Throttle } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { shortly } from './errors.ts'
import { nobody, peerOf } from './ids.ts'
import { Ongoing } from './ongoing.ts'
import type { RetryCase } from './opening.ts'
import { findPeer } from './peers.ts'
import type { DataMessage } from './proto/data-message.ts'
import { type Content, contentCodec } from './proto/messages.ts'
import type { Sender } from './sender.ts'
import { isBlocked } from './standing.ts'

/** How long something that was sent can be asked for again. */
const sendLogKeptMs = 48 * 3600_000
const resendsMax = 3
const hourMs = 3600_000
const askedPerHour = 30
const nullMessagesPerHour = 1
const peersRemembered = 1_000
const nullPaddingOctets = 32

export class RetryDesk {
  readonly #db: Database
  readonly #sender: Sender
  readonly #credentials: Pick<Credentials, 'profileKey'>
  readonly #clock: Clock
  readonly #timestamps: OwnTimestamps
  readonly #random: Random
  readonly #log: Log
  readonly #asking: Throttle
  readonly #nulls: Throttle
  readonly #ongoing = new Ongoing()

  constructor(parts: {
    db: Database
    sender: Sender
    credentials: Pick<Credentials, 'profileKey'>
    clock: Clock
    timestamps: OwnTimestamps
    random: Random
    log: Log
  }) {
    this.#db = parts.db
    this.#sender = parts.sender
    this.#credentials = parts.credentials
    this.#clock = parts.clock
    this.#timestamps = parts.timestamps
    this.#random = parts.random
    this.#log = parts.log
    const window = { windowMs: hourMs, keysMax: peersRemembered }
    this.#asking = new Throttle(parts.clock, { ...window, perWindow: askedPerHour })
    this.#nulls = new Throttle(parts.clock, { ...window, perWindow: nullMessagesPerHour })
  }

  /** Asks and answers nobody more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    await this.#ongoing.end()
  }

  /** Asks the sender of something undecryptable to send it again. Never throws. */
  async ask(item: RetryCase): Promise<void> {
    await this.#ongoing.unlessEnded(() => this.#ask(item))
  }

  /** Sends again what the peer could not read, or at least something that sets up a session anew. Never throws. */
  async answer(aci: string, deviceId: number, timestampMs: number): Promise<void> {
    await this.#ongoing.unlessEnded(() => this.#answer(aci, deviceId, timestampMs))
  }

  async #ask(item: RetryCase): Promise<void> {
    if (!this.#asking.allows(`${item.aci}.${item.deviceId}`)) return
    try {
      // Whom the owner keeps out does not learn that we are here.
      if (await this.#db.transaction().execute((transaction) => isBlocked(transaction, peerOf(item.aci)))) return
      const { ciphertext, type, timestampMs, deviceId } = item
      const message = DecryptionErrorMessage.forOriginal(ciphertext, type, timestampMs, deviceId)
      await this.#sender.sendPlaintext(item.aci, PlaintextContent.from(message), this.#timestamps.next())
    } catch (error) {
      this.#log.warn({ cause: shortly(error) }, 'could not ask a peer to send a message again')
    }
  }

  async #answer(aci: string, deviceId: number, timestampMs: number): Promise<void> {
    try {
      if (await this.#resend(aci, timestampMs)) return
      if (!this.#nulls.allows(`${aci}.${deviceId}`)) return
      const padding = this.#random(nullPaddingOctets)
      await this.#sender.send({
        to: aci,
        content: { nullMessage: { padding } },
        timestampMs: this.#timestamps.next(),
        urgent: false,
        hint: ContentHint.Default,
        log: false,
      })
    } catch (error) {
      this.#log.warn({ cause: shortly(error) }, 'could not send a message again that a peer could not read')
    }
  }

  /** Forgets what is too old to be asked for. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('signal_send_log')
      .where('sent_at_ms', '<', this.#clock.now() - sendLogKeptMs)
      .execute()
  }

  /** To all devices of the account, with its first timestamp: those that have it already drop it. */
  async #resend(aci: string, timestampMs: number): Promise<boolean> {
    const peer = await findPeer(this.#db, peerOf(aci))
    // Since they asked the owner may have shut them out.
    if (await this.#db.transaction().execute((tx) => isBlocked(tx, { ...nobody, ...peer, aci }))) return true
    const names = peer?.pni === undefined ? [aci] : [aci, `PNI:${peer.pni}`]
    const entry = await this.#db
      .selectFrom('signal_send_log')
      .selectAll()
      .where('recipient', 'in', names)
      .where('timestamp_ms', '=', timestampMs)
      .executeTakeFirst()
    if (entry === undefined) return false
    if (entry.resends >= resendsMax) return true
    await this.#db
      .updateTable('signal_send_log')
      .set({ resends: entry.resends + 1 })
      .where('recipient', '=', entry.recipient)
      .where('timestamp_ms', '=', timestampMs)
      .execute()
    await this.#sender.send({
      to: aci,
      content: this.#asOfNow(contentCodec.decode(entry.content), peer?.accepted === true),
      timestampMs,
      urgent: entry.urgent === 1,
      hint: ContentHint.Resendable,
      log: false,
    })
    return true
  }

  /**
   * With the profile key that is ours by now: the one of then opens nothing any more. Whom the owner shut out since, and has
   * not let in again, gets none, except in a group, whose members see it there.
   */
  #asOfNow(content: Content, isLetIn: boolean): Content {
    const renewed = ({ profileKey: former, ...message }: DataMessage): DataMessage =>
      former === undefined || (!isLetIn && message.groupV2 === undefined)
        ? message
        : { ...message, profileKey: this.#credentials.profileKey.serialize() }
    const { dataMessage, editMessage } = content
    return {
      ...content,
      ...(dataMessage === undefined ? {} : { dataMessage: renewed(dataMessage) }),
      ...(editMessage?.dataMessage === undefined
        ? {}
        : { editMessage: { ...editMessage, dataMessage: renewed(editMessage.dataMessage) } }),
    }
  }
}
