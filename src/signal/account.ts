/**
 * The Signal account as the rest of the house sees it: none, one being registered or linked, or one at work. Holds
 * together registration, linking and the live account, and says in one status where things stand.
 */
import type { Net } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { MediaTarget, Portraits, StoredBlob } from '../domain/media.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { stateOf } from './account-state.ts'
import { openNet } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import { parametersOf, type ServiceParameters } from './constants.ts'
import type {
  Author,
  EnrollmentCodes,
  LinkedDevice,
  OutgoingAction,
  OutgoingText,
  OwnRemoval,
  PeerDecision,
  SignalAccount,
  SignalGroups,
  SignalStatus,
} from './contract.ts'
import { type Credentials, loadCredentials } from './credentials.ts'
import { Departure } from './departure.ts'
import { Enrollment, withoutScheme } from './enroll.ts'
import { signalError } from './errors.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { forgetMessages, forgetPeer } from './forgetting.ts'
import { Habits } from './habits.ts'
import { Linking } from './link.ts'
import { LiveAccount } from './live.ts'
import type { SignalDiscoverability, SignalLock, SignalProfile, SignalUsernames } from './own-contract.ts'
import { openVault, type PinVault } from './pin-vault.ts'
import type { OwnProfile } from './profile.ts'
import { removalSync } from './removals.ts'
import type { SignalServer } from './server.ts'
import { noteDecision } from './standing.ts'
import { noteVerdict } from './verdicts.ts'
import { type SignalWarning, warningsOf } from './warnings.ts'

export interface AccountParts {
  db: Database
  server: SignalServer
  log: Log
  clock: Clock
  random: Random
  sink: SignalSink
  codes: EnrollmentCodes
  /** Authors are told when their messages were read, and that an answer is being written. */
  readReceipts: boolean
  typing: boolean
  /** What contacts see of us; a linked device leaves that to the phone. */
  profile: OwnProfile
  portraits: Portraits
  /** Opens what a PIN protects; Signal's own when left out. */
  vault?: PinVault
}

export class Account implements SignalAccount {
  readonly #parts: AccountParts
  readonly #net: Net.Net
  readonly #parameters: ServiceParameters
  readonly #vault: PinVault
  readonly #enrollment: Enrollment
  readonly #linking: Linking
  readonly #departure: Departure
  readonly #habits: Habits
  readonly #listeners = new Set<(status: SignalStatus) => void>()
  #live: LiveAccount | undefined
  #credentials: Credentials | undefined
  #last: SignalStatus
  #stopped = false
  #loaded = false
  /** Never rejects. */
  #reloading: Promise<void> | undefined

  constructor(parts: AccountParts) {
    this.#parts = parts
    this.#habits = new Habits(parts)
    this.#net = openNet(parts.server)
    this.#parameters = parametersOf(parts.server)
    this.#vault = parts.vault ?? openVault(this.#net)
    this.#enrollment = new Enrollment({
      ...parts,
      net: this.#net,
      parameters: this.#parameters,
      vault: this.#vault,
      changed: () => this.#changed(),
      registered: () => this.#load(),
    })
    this.#linking = new Linking({
      ...parts,
      net: this.#net,
      changed: () => this.#changed(),
      linked: () => this.#load(),
    })
    this.#departure = new Departure({
      ...parts,
      net: this.#net,
      changed: () => this.#changed(),
      halt: async () => await this.#live?.stop(),
      reload: () => this.#load(),
    })
    this.#last = this.#compose()
  }

  status(): SignalStatus {
    const discovery = this.#live?.notices.discovery
    return { ...this.#last, reason: this.#state().reason, warnings: this.#warnings(), discovery }
  }

  onStatus(listener: (status: SignalStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  envelopes(): Readonly<Record<string, number>> {
    return this.#live?.envelopes ?? {}
  }

  async start(): Promise<void> {
    await this.#load()
    await this.#enrollment.resume()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#linking.cancel()
    await this.#enrollment.stop()
    await this.#departure.stop()
    await this.#reloading
    await this.#live?.stop()
  }

  async register(request: { e164: string; captcha: string | undefined; transport: 'sms' | 'voice' }): Promise<void> {
    if (this.#departure.reason !== undefined) throw this.#present()
    await this.#linking.cancel()
    await this.#enrollment.begin(request)
  }

  async link({ deviceName }: { deviceName: string }): Promise<void> {
    const isAtWork = this.#live !== undefined && this.#live.state.state !== 'signed-out'
    if (isAtWork || this.#departure.reason !== undefined) throw this.#present()
    await this.#enrollment.abandon()
    await this.#linking.begin(deviceName)
  }

  async submitCaptcha(token: string): Promise<void> {
    if (this.#enrollment.step()?.step === 'captcha') await this.#enrollment.submitCaptcha(token)
    else if (this.#live?.challenge !== undefined) await this.#live.solveChallenge(withoutScheme(token))
    else {
      throw new CausewayError({
        code: 'signal-no-captcha-wanted',
        message: 'Signal asks for no captcha at present.',
        retry: 'never',
      })
    }
  }

  async submitCode(code: string): Promise<void> {
    await this.#enrollment.submitCode(code)
  }

  async submitPin(pin: string): Promise<void> {
    await this.#enrollment.submitPin(pin)
  }

  async skipTransfer(): Promise<void> {
    await this.#enrollment.skipTransfer()
  }

  async devices(): Promise<readonly LinkedDevice[]> {
    return await this.#working().own.devices()
  }

  async removeDevice(id: number): Promise<void> {
    await this.#working().own.removeDevice(id)
  }

  async renameDevice(id: number, name: string): Promise<void> {
    await this.#working().own.renameDevice(id, name)
  }

  async deleteAccount(): Promise<void> {
    await this.#working().own.delete()
    await this.#departure.forget()
  }

  async unlink(): Promise<void> {
    await this.#departure.leave(this.#credentials, this.#state().state)
  }

  discoverability(): SignalDiscoverability {
    return this.#working().own.discoverability
  }

  async sendText(message: OutgoingText): Promise<{ sealed: boolean; to: PeerIds }> {
    return await this.#working().sendText(message)
  }

  groups(): SignalGroups {
    // One that is being loaded is in its groups all the same.
    const isLoading = this.#live === undefined && this.#state().state === 'disconnected'
    if (isLoading && this.#departure.reason === undefined) throw signalError('signal-unreachable')
    return this.#working().groupCommands
  }

  usernames(): SignalUsernames {
    return this.#working().own.usernames
  }

  profile(): SignalProfile {
    return this.#working().own.profile
  }

  lock(): SignalLock {
    return this.#working().own.lock
  }

  async forget(
    messages: { with: PeerIds; ours: boolean; timestampsMs: readonly number[] },
    transaction: DatabaseTransaction,
  ): Promise<void> {
    await forgetMessages(transaction, messages)
  }

  async owe(change: OutgoingAction, transaction: DatabaseTransaction): Promise<() => void> {
    return await this.#working().owe(change, transaction)
  }

  async fetchAttachment(pointer: Uint8Array, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob> {
    return await this.#working().fetchAttachment(pointer, target, signal)
  }

  async lookUp(e164s: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PeerIds>> {
    return await this.#working().lookUp(e164s, signal)
  }

  async markRead(
    author: Author,
    timestampsMs: readonly number[],
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const live = this.#live
    if (live === undefined || author.aci === undefined) return () => {}
    await live.telling.oweReadReceipts(transaction, author, timestampsMs)
    return () => live.telling.flushReceipts()
  }

  async markViewed(
    author: Author,
    timestampMs: number,
    once: boolean,
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const live = this.#live
    if (live === undefined || author.aci === undefined) return () => {}
    await live.telling.oweViewed(transaction, author, timestampMs, once)
    return () => live.telling.flushReceipts()
  }

  async decide(
    peer: PeerIds & { groupId?: string | undefined },
    decision: PeerDecision,
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const known = await noteDecision(transaction, peer, decision, this.#parts.clock.now())
    const flush = await this.#live?.telling.oweDecision(transaction, known, decision)
    return () => {
      flush?.()
      // Whose picture was withheld may have been let in, and a group from which our profile was.
      void this.#live?.avatars.fetch()
      void this.#live?.own.profileKey.run()
    }
  }

  async tellRemoved(
    peer: PeerIds & { groupId?: string | undefined },
    removal: OwnRemoval,
    transaction: DatabaseTransaction,
  ): Promise<() => void> {
    const live = this.#live
    const sync = live && (await removalSync(transaction, live.credentials.aci, peer, removal))
    return (sync && (await live.telling.oweSync(transaction, [sync]))) ?? (() => {})
  }

  async forgetPerson(peer: PeerIds, needed: boolean, transaction: DatabaseTransaction): Promise<() => void> {
    const isPrimary = this.#live?.credentials.deviceId === 1
    await forgetPeer(transaction, peer, { needed, recordSinceMs: isPrimary ? this.#parts.clock.now() : undefined })
    return await this.tellNamed(transaction)
  }

  async typing(to: PeerIds & { groupId?: string | undefined }, started: boolean): Promise<void> {
    await this.#live?.typing(to, started)
  }

  async approveIdentity(peer: PeerIds): Promise<void> {
    await this.#working().approveIdentity(peer)
  }

  async safetyNumber(peer: PeerIds): Promise<string | undefined> {
    return await this.#working().safetyNumber(peer)
  }

  async safetyCode(peer: PeerIds): Promise<Uint8Array | undefined> {
    return await this.#working().safetyCode(peer)
  }

  async compareSafetyCode(peer: PeerIds, scanned: Uint8Array): Promise<boolean> {
    return await this.#working().compareSafetyCode(peer, scanned)
  }

  async tellVerified(peer: PeerIds, verified: boolean, transaction: DatabaseTransaction): Promise<() => void> {
    await noteVerdict(transaction, peer, verified)
    const told = await this.#live?.telling.tellVerified(peer, verified, transaction)
    const stored = await this.#store(transaction)
    return () => {
      told?.()
      stored()
    }
  }

  async tellNamed(transaction: DatabaseTransaction): Promise<() => void> {
    return await this.#store(transaction)
  }

  /** A primary has something new to keep at the storage service. */
  async #store(transaction: DatabaseTransaction): Promise<() => void> {
    const live = this.#live
    return live?.credentials.deviceId === 1
      ? await live.telling.oweNames(transaction, this.#parts.clock.now())
      : () => undefined
  }

  /** Takes the account from the database, in the place of the one that was at work. */
  async #load(): Promise<void> {
    this.#loaded = false
    await this.#live?.stop()
    this.#live = undefined
    this.#credentials = await loadCredentials(this.#parts.db)
    this.#loaded = true
    const account = this.#credentials
    const isOver = account === undefined || this.#stopped || (await this.#departure.resume(account))
    if (!isOver && account.signedOutAtMs === undefined) {
      const { db, server, log, clock, random, sink, profile, portraits } = this.#parts
      const live = new LiveAccount({
        db,
        net: this.#net,
        server,
        parameters: this.#parameters,
        log,
        clock,
        random,
        sink,
        credentials: account,
        profile,
        portraits,
        vault: this.#vault,
        changed: () => this.#changed(),
        moved: () => {
          this.#reloading = this.#reload()
        },
        habits: this.#habits,
      })
      this.#live = live
      live.start()
    }
    this.#changed()
  }

  async #reload(): Promise<void> {
    await this.#load().catch((error) => this.#parts.log.error({ err: error }, 'the account could not be loaded anew'))
  }

  #present(): CausewayError {
    return new CausewayError({
      code: 'signal-account-present',
      message: `There is a Signal account already (${this.#credentials?.e164 ?? ''}). ${leaving(this.#credentials)}`,
      retry: 'after-human',
    })
  }

  #working(): LiveAccount {
    if (this.#live === undefined) throw signalError('signal-no-account')
    return this.#live
  }

  #changed(): void {
    const status = this.#compose()
    if (JSON.stringify({ ...status, sinceMs: 0 }) === JSON.stringify({ ...this.#last, sinceMs: 0 })) return
    this.#last = status
    for (const listener of this.#listeners) listener(status)
  }

  #compose(): SignalStatus {
    const registration = this.#enrollment.step()
    const challenge = this.#live?.challenge
    const { state, reason } = this.#state()
    const account = this.#credentials
    return {
      state,
      reason,
      e164: account?.e164 ?? registration?.e164,
      aci: account?.aci,
      pni: account?.pni,
      deviceId: account?.deviceId,
      username: this.#live?.own.usernames.present,
      discovery: undefined,
      sinceMs: this.#last?.state === state ? this.#last.sinceMs : this.#parts.clock.now(),
      registration,
      link: this.#linking.step(),
      warnings: this.#warnings(),
      challenge:
        challenge === undefined ? undefined : { ...challenge, pageUrl: this.#parameters.captchaUrls.challenge },
    }
  }

  #warnings(): readonly SignalWarning[] {
    if (this.#credentials === undefined) return []
    const notices = this.#live?.notices ?? { skewMs: undefined, alerts: [], preKeysLeft: undefined }
    const isOfficial = this.#parts.server.kind !== 'custom'
    return warningsOf({ ...notices, account: this.#credentials, isOfficial, nowMs: this.#parts.clock.now() })
  }

  #state() {
    return stateOf({
      loaded: this.#loaded,
      registration: this.#enrollment.step(),
      link: this.#linking.step(),
      account: this.#credentials,
      chat: this.#live?.state,
      challenged: this.#live?.challenge !== undefined,
      departure: this.#departure.reason,
      nowMs: this.#parts.clock.now(),
    })
  }
}

/** What to do before another account can take the place of this one. */
function leaving(credentials: Credentials | undefined): string {
  return credentials !== undefined && credentials.deviceId !== 1
    ? 'Unlink this device (causeway signal unlink, or on the phone: Settings, Linked devices), then link again.'
    : 'It was registered here; another one needs a data directory of its own.'
}
