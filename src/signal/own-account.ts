/**
 * Our own account at the service, beside messages: its devices and its profile. What belongs to the account as a whole
 * is the primary's to change; a linked device reads.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, OwnTimestamps, Random } from './clock.ts'
import type { LinkedDevice } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { listDevices, removeDevice } from './devices.ts'
import { type OwnProfile, publishProfile } from './profile.ts'
import { refusal, request } from './rest.ts'
import type { Sender } from './sender.ts'

/** SyncMessage.FetchLatest types. */
const fetchProfile = 1

interface Parts {
  db: Database
  chat: Chat
  sender: Sender
  credentials: Credentials
  profile: OwnProfile
  clock: Clock
  random: Random
  timestamps: OwnTimestamps
  log: Log
}

export class OwnAccount {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** See `SignalAccount.devices`. */
  async devices(): Promise<LinkedDevice[]> {
    const { chat, credentials } = this.#parts
    return await listDevices(chat.authenticated(), credentials)
  }

  /** See `SignalAccount.removeDevice`. */
  async removeDevice(id: number): Promise<void> {
    const { chat, credentials } = this.#parts
    await removeDevice(chat.authenticated(), credentials, id)
  }

  /** Asks the server who we are to it: its clock comes with the answer, and a number that moved shows. */
  async checkSelf(): Promise<void> {
    const { chat, credentials, log } = this.#parts
    const path = '/v1/accounts/whoami'
    const answer = await request(chat.authenticated(), 'GET', path)
    if (answer.serverTimeMs !== undefined) chat.watchClock(answer.serverTimeMs)
    if (answer.status !== 200) throw refusal(path, answer)
    const { pni } = (answer.json ?? {}) as { pni?: unknown }
    if (typeof pni === 'string' && pni.replace(/^PNI:/i, '').toLowerCase() !== credentials.pni) {
      log.warn({}, 'the account has another number than when this device was made: link or register again')
    }
  }

  /** Publishes the profile where it is ours and has changed, and tells our other devices. */
  async publishProfile(otherDevices: boolean): Promise<void> {
    const { credentials } = this.#parts
    if (credentials.deviceId !== 1) return
    if ((await publishProfile(this.#parts)) && otherDevices) await this.#tellDevices(fetchProfile)
  }

  async #tellDevices(type: number): Promise<void> {
    const { sender, credentials, timestamps } = this.#parts
    await sender.send({
      to: credentials.aci,
      content: { syncMessage: { fetchLatest: { type } } },
      timestampMs: timestamps.next(),
      urgent: false,
      hint: ContentHint.Implicit,
      log: false,
    })
  }
}
