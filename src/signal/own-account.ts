/**
 * Our own account at the service, beside messages: its devices, its profile, its username. What belongs to the account as a whole
 * is the primary's to change; a linked device reads.
 */
import { ContentHint } from '@signalapp/libsignal-client'
import type { Portraits } from '../domain/media.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, OwnTimestamps, Random } from './clock.ts'
import type { ContentServer } from './content-server.ts'
import type { LinkedDevice } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { demandPrimary, listDevices, removeDevice, renameDevice } from './devices.ts'
import { Discoverability } from './discoverability.ts'
import { shortly } from './errors.ts'
import type { PeerIds } from './facts.ts'
import { serviceIdOctets } from './ids.ts'
import { AccountLock } from './lock.ts'
import { Ongoing } from './ongoing.ts'
import { OwnLock } from './own-lock.ts'
import { OwnProfileDesk } from './own-profile.ts'
import { findPeer } from './peers.ts'
import type { PinVault } from './pin-vault.ts'
import type { OwnProfile } from './profile.ts'
import { ProfileKeyDesk } from './profile-key.ts'
import type { Content, SyncMessage } from './proto/messages.ts'
import { refusal, request } from './rest.ts'
import type { Sender } from './sender.ts'
import { identityOf } from './trust.ts'
import { UsernameDesk } from './usernames.ts'

const ownPath = '/v1/accounts/me'
/** SyncMessage.FetchLatest types. */
const fetchProfile = 1
/** Verified.State, and what keeps its length from telling. */
const defaultState = 0
const verifiedState = 1
const nullOctets = 140

interface Parts {
  db: Database
  chat: Chat
  server: ContentServer
  portraits: Portraits
  sender: Sender
  credentials: Credentials
  profile: OwnProfile
  clock: Clock
  random: Random
  vault: PinVault
  timestamps: OwnTimestamps
  log: Log
  /** What the status shows of it is other now. */
  changed: () => void
  /** There is something to write to the storage service. */
  store: () => void
  renamed: (transaction: DatabaseTransaction) => Promise<() => void>
  otherDevices: () => boolean
  /** See `ProfileKeyDesk`. */
  toGroups: (signal: AbortSignal) => Promise<number | undefined>
}

export class OwnAccount {
  readonly usernames: UsernameDesk
  readonly profile: OwnProfileDesk
  readonly lock: OwnLock
  readonly discoverability: Discoverability
  readonly profileKey: ProfileKeyDesk
  readonly #parts: Parts
  readonly #ongoing = new Ongoing()

  constructor(parts: Parts) {
    this.#parts = parts
    this.usernames = new UsernameDesk(parts)
    const settings = new AccountLock()
    this.lock = new OwnLock({ ...parts, settings })
    this.discoverability = new Discoverability({ ...parts, settings })
    this.profile = new OwnProfileDesk({
      ...parts,
      tell: async () => {
        if (parts.otherDevices()) await this.#send({ fetchLatest: { type: fetchProfile } })
      },
    })
    const { profile } = this
    const publish = () => profile.publish()
    this.profileKey = new ProfileKeyDesk({ ...parts, settings, publish, announce: () => profile.announce() })
  }

  async stop(): Promise<void> {
    const desks = [this.profileKey, this.profile, this.lock]
    await Promise.all(desks.map((desk) => desk.stop()))
    await this.#ongoing.end()
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

  /** See `SignalAccount.renameDevice`. */
  async renameDevice(id: number, name: string): Promise<void> {
    const { chat, credentials, timestamps, log } = this.#parts
    await renameDevice(chat.authenticated(), credentials, id, name)
    const change = { deviceNameChange: { deviceId: id } }
    await this.tellDevices(change, timestamps.next()).catch((error: unknown) => {
      log.info({ cause: shortly(error) }, 'the other devices will see the new name when they look')
    })
  }

  /** See `SignalAccount.deleteAccount`; at the service alone. */
  async delete(): Promise<void> {
    const { chat, credentials, log } = this.#parts
    demandPrimary(credentials, 'The account is deleted on the phone: Signal, Settings, Account.')
    const eraseKey = await this.lock.leaving()
    const answer = await request(chat.authenticated(), 'DELETE', ownPath)
    if (answer.status < 200 || answer.status > 299) throw refusal(ownPath, answer)
    log.info({}, 'the Signal account was deleted')
    await eraseKey().catch((error: unknown) => {
      log.warn({ cause: shortly(error) }, 'what the PIN protected could not be taken out of the PIN service')
    })
  }

  /** What the storage service says of the account may be other now, or somebody was shut out. */
  async stored(): Promise<void> {
    await this.usernames.load()
    void this.profileKey.run()
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

  /** The phone has told of the account: what is shown of it is looked at again. Never throws. */
  async told(hasOtherPicture: boolean): Promise<void> {
    try {
      await this.#ongoing.unlessEnded(async () => {
        await this.usernames.load()
        if (hasOtherPicture) await this.profile.learn()
      })
    } catch (error) {
      this.#parts.log.warn({ cause: shortly(error) }, 'what the phone says of the account is not shown yet')
    }
  }

  /** Tells our other devices, where there are any. Errors: CausewayError as sending. */
  async tellDevices(syncMessage: SyncMessage, timestampMs: number): Promise<void> {
    if (this.#parts.credentials.deviceId === 1 && (await this.devices()).length < 2) return
    await this.#send(syncMessage, timestampMs)
  }

  async #send(syncMessage: SyncMessage, timestampMs = this.#parts.timestamps.next()): Promise<void> {
    const { sender, credentials } = this.#parts
    await sender.send({
      to: credentials.aci,
      content: { syncMessage },
      timestampMs,
      urgent: false,
      hint: ContentHint.Resendable,
      log: true,
    })
  }
}

/** Whether the present safety number of this peer counts as compared; undefined while we have no key of theirs. */
export async function verifiedContent(
  db: Database,
  ids: PeerIds,
  verified: boolean,
  random: Random,
): Promise<Content | undefined> {
  const aci = ids.aci ?? (await findPeer(db, ids))?.aci
  const identityKey = aci === undefined ? undefined : await identityOf(db, aci)
  if (aci === undefined || identityKey === undefined) return undefined
  return {
    syncMessage: {
      verified: {
        identityKey,
        state: verified ? verifiedState : defaultState,
        nullMessage: random(nullOctets),
        destinationAciBinary: serviceIdOctets(aci),
      },
    },
  }
}
