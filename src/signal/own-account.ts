/**
 * Our own account at the service, beside messages: its devices and its profile. What belongs to the account as a whole
 * is the primary's to change; a linked device reads.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, OwnTimestamps, Random } from './clock.ts'
import type { LinkedDevice, PeerIds } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { listDevices, removeDevice } from './devices.ts'
import { serviceIdOctets } from './ids.ts'
import { findPeer } from './peers.ts'
import { type OwnProfile, publishProfile } from './profile.ts'
import type { SyncMessage } from './proto/messages.ts'
import { refusal, request } from './rest.ts'
import type { Sender } from './sender.ts'
import { identityOf } from './trust.ts'

/** SyncMessage.FetchLatest types. */
const fetchProfile = 1
/** Verified.State, and what keeps its length from telling. */
const defaultState = 0
const verifiedState = 1
const nullOctets = 140

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
    if ((await publishProfile(this.#parts)) && otherDevices) await this.#send({ fetchLatest: { type: fetchProfile } })
  }

  /** Tells our other devices whether the present safety number of this peer counts as compared. */
  async tellVerified(ids: PeerIds, verified: boolean): Promise<void> {
    const { db, random } = this.#parts
    const aci = ids.aci ?? (await findPeer(db, ids))?.aci
    const identityKey = aci === undefined ? undefined : await identityOf(db, aci)
    if (aci === undefined || identityKey === undefined) return
    await this.#send({
      verified: {
        identityKey,
        state: verified ? verifiedState : defaultState,
        nullMessage: random(nullOctets),
        destinationAciBinary: serviceIdOctets(aci),
      },
    })
  }

  async #send(syncMessage: SyncMessage): Promise<void> {
    const { sender, credentials, timestamps } = this.#parts
    await sender.send({
      to: credentials.aci,
      content: { syncMessage },
      timestampMs: timestamps.next(),
      urgent: false,
      hint: ContentHint.Implicit,
      log: false,
    })
  }
}
