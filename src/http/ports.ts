/**
 * What the API needs of rooms that it may not import (Signal, the service itself; of modems in `modem-port.ts`), as
 * interfaces of its own; `service.ts` fulfils them.
 */
import type { Finding } from '../domain/finding.ts'
import type { IdSource } from '../domain/ids.ts'
import type { FileToFit, Fitted } from '../domain/mms-fitting.ts'
import type { Log } from '../log.ts'
import type { MediaDesk } from '../routing/media.ts'
import type { PlayableDesk } from '../routing/playable.ts'
import type { Router } from '../routing/router.ts'
import type { Database } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import type { BackupRunRow, RestorationRow } from '../store/tables/backup.ts'
import type { MmsTestView, ModemPort } from './modem-port.ts'
import type { Passwords } from './passwords.ts'
import type { PushWorker } from './push/worker.ts'

/** What the sandbox's world is told; rejects never. */
export interface WorldPort {
  perform(
    action: string,
    given: Readonly<Record<string, unknown>>,
  ): Promise<{ status: number; result: unknown; message: string | undefined }>
}

/** Where a Signal account and its registration stand. */
export interface SignalView {
  state: string
  reason: string | undefined
  e164: string | undefined
  aci: string | undefined
  pni: string | undefined
  deviceId: number | undefined
  username: { username: string; link: string | undefined } | undefined
  /** What contact discovery was asked; undefined where nothing is rationed. */
  discovery: { newToday: number; remembered: number; notBeforeMs: number | undefined } | undefined
  sinceMs: number
  registration:
    | { step: 'captcha'; e164: string; pageUrl: string }
    | {
        step: 'code'
        e164: string
        transport: 'sms' | 'voice'
        requestedAtMs: number
        nextSmsAtMs: number | undefined
        nextCallAtMs: number | undefined
      }
    | { step: 'pin'; e164: string; lockedUntilMs: number; isPinOfUse: boolean; triesLeft: number | undefined }
    | { step: 'transfer'; e164: string }
    | { step: 'registering'; e164: string }
    | { step: 'failed'; e164: string; code: string; reason: string; retryAtMs: number | undefined }
    | undefined
  link:
    | { step: 'scan'; uri: string; expiresAtMs: number }
    | { step: 'linking' }
    | { step: 'failed'; code: string; reason: string }
    | undefined
  warnings: readonly {
    code: string
    severity: 'warning' | 'error'
    values: Readonly<Record<string, string | number>>
    what: string
    fix: string
  }[]
  challenge: { token: string; pageUrl: string; retryAtMs: number | undefined } | undefined
}

/** A person as the account knows people; at least one is there. */
export interface PersonIds {
  aci: string | undefined
  pni: string | undefined
  e164: string | undefined
}

/**
 * Commands to Signal groups; `id` is Signal's own name of one. What they did is in the mailbox when they resolve. Errors:
 * CausewayError `group-…`, `unknown-group`, `signal-…`, `not-on-signal`.
 */
export interface GroupsPort {
  create(request: {
    title: string
    description: string
    people: readonly PersonIds[]
    timerSeconds: number
    announcementsOnly: boolean
    avatar: Uint8Array | undefined
  }): Promise<string>
  configure(id: string, wanted: GroupSettings): Promise<void>
  setAvatar(id: string, avatar: Uint8Array | undefined): Promise<void>
  /** Undefined when it has none. */
  avatar(id: string): Promise<Uint8Array | undefined>
  add(id: string, people: readonly PersonIds[]): Promise<void>
  /** `who`: an account id, or `PNI:` and a phone-number identity. */
  remove(id: string, who: string): Promise<void>
  ban(id: string, who: string): Promise<void>
  unban(id: string, who: string): Promise<void>
  setRole(id: string, aci: string, admin: boolean): Promise<void>
  approve(id: string, aci: string): Promise<void>
  accept(id: string): Promise<void>
  leave(id: string): Promise<void>
  block(id: string): Promise<void>
  unblock(id: string): Promise<void>
  join(link: string): Promise<string>
}

/** What is left out stays. */
export interface GroupSettings {
  title?: string
  description?: string
  timerSeconds?: number
  announcementsOnly?: boolean
  whoEdits?: 'members' | 'admins'
  whoAdds?: 'members' | 'admins'
  link?: 'off' | 'join' | 'request'
  resetLink?: boolean
}

/** A device of our own account. */
export interface SignalDeviceView {
  id: number
  name: string | undefined
  isThis: boolean
  isPrimary: boolean
  lastSeenAtMs: number | undefined
  linkedAtMs: number | undefined
}

/** Errors: CausewayError `username-…`, `signal-…`. */
export interface UsernamesPort {
  /** Whose username (`name.01`), or link of one, this is now. */
  find(words: string): Promise<{ aci: string; username: string }>
  claim(wanted: { nickname: string; discriminator: string | undefined }): Promise<void>
  release(): Promise<void>
  renewLink(): Promise<void>
}

/** The PIN that protects the number. Errors of what changes it: CausewayError `signal-not-primary`, `signal-pin-…`. */
export interface LockPort {
  /** `locked` is undefined where only the phone knows. */
  read(): Promise<{ locked: boolean | undefined; editable: boolean }>
  set(pin: string): Promise<void>
  remove(): Promise<void>
}

/** Who finds the account by its number. Errors of what changes it: CausewayError `signal-not-primary`, `signal-…`. */
export interface DiscoverabilityPort {
  /** `discoverable` is undefined where only the phone knows. */
  read(): Promise<{ discoverable: boolean | undefined; editable: boolean }>
  set(discoverable: boolean): Promise<void>
}

/** Errors of what changes it: CausewayError `signal-not-primary`, `profile-too-long`, `picture-…`. */
export interface ProfilePort {
  /** Empty where there is none; `picture` tells one from another. */
  read(): Promise<{
    name: string
    about: string
    emoji: string
    picture: string | undefined
    editable: boolean
    published: boolean
  }>
  /** What is left out stays; null: as configured. */
  change(change: { name?: string | null; about?: string | null; emoji?: string | null }): Promise<void>
  /** Undefined takes it away. */
  setPicture(octets: Uint8Array | undefined): Promise<void>
  picture(): Promise<Uint8Array | undefined>
}

/** Errors of all of them: CausewayError `signal-…`. */
export interface SignalPort {
  status(): SignalView
  register(request: { e164: string; captcha: string | undefined; transport: 'sms' | 'voice' }): Promise<void>
  link(request: { deviceName: string }): Promise<void>
  devices(): Promise<readonly SignalDeviceView[]>
  removeDevice(id: number): Promise<void>
  renameDevice(id: number, name: string): Promise<void>
  /** For ever, at the service; here with all that belongs to it alone. */
  deleteAccount(): Promise<void>
  /** A linked device removes itself; resolves when that is done, or goes on by itself. Errors: also `signal-not-linked`. */
  unlink(): Promise<void>
  submitCaptcha(token: string): Promise<void>
  submitCode(code: string): Promise<void>
  submitPin(pin: string): Promise<void>
  skipTransfer(): Promise<void>
  /** 60 digits, or undefined while there is no key of theirs. */
  safetyNumber(peer: PersonIds): Promise<string | undefined>
  /** The same as octets of a QR code. */
  safetyCode(peer: PersonIds): Promise<Uint8Array | undefined>
  /** Whether a code scanned at the other side fits ours. */
  compareSafetyCode(peer: PersonIds, scanned: Uint8Array): Promise<boolean>
  /** Throws `signal-no-account`. */
  groups(): GroupsPort
  usernames(): UsernamesPort
  profile(): ProfilePort
  lock(): LockPort
  discoverability(): DiscoverabilityPort
}

export interface ComponentHealth {
  component: string
  status: 'pass' | 'warn' | 'fail'
  /** In words; present when the status is not `pass`. */
  detail: string | undefined
}

export interface HealthPort {
  /** True from the end of the start until the beginning of the stop. */
  ready(): boolean
  components(): Promise<readonly ComponentHealth[]>
  /** Why nothing that is queued leaves; undefined where it does. */
  queueProblem(): string | undefined
  doctor(): Promise<readonly Finding[]>
}

/** The last lines of the log; what may be shown of them. */
export interface LogLinesPort {
  since(
    after: number,
    level: 'info' | 'warn' | 'error',
  ): readonly {
    n: number
    atMs: number
    level: 'info' | 'warn' | 'error'
    message: string
    fields: Readonly<Record<string, string | number | boolean | null>>
  }[]
}

/** Encrypted backups. */
export interface BackupPort {
  settings: { directory: string; everyMs: number; keep: number }
  status(): Promise<{
    keyMadeAtMs: number | undefined
    running: { id: string; doneBytes: number; totalBytes: number | undefined } | undefined
    runs: readonly BackupRunRow[]
    good: BackupRunRow | undefined
    nextAtMs: number | undefined
    restored: RestorationRow | undefined
  }>
  list(): Promise<readonly { name: string; bytes: number; takenAtMs: number }[]>
  /** Errors: CausewayError `unknown-backup`. */
  demand(name: string): Promise<{ path: string; bytes: number }>
  /** Errors: CausewayError `backup-key-exists`. */
  makeKey(options: { replace: boolean }): Promise<string>
  /** Errors: CausewayError `backup-no-key`, `backup-running`. */
  begin(cause: 'person'): Promise<BackupRunRow>
  acknowledge(): Promise<void>
}

/** What Prometheus is told. */
export interface MetricsPort {
  contentType: string
  text(): Promise<string>
}

/** What a message would be as a text: its parts, and the alphabet that they need. */
export interface SegmentsView {
  count: number
  encoding: 'gsm7' | 'ucs2'
}

export interface ApiPorts {
  db: Database
  countSegments(text: string): SegmentsView
  router: Pick<
    Router,
    | 'submit'
    | 'approve'
    | 'cancel'
    | 'retry'
    | 'change'
    | 'accept'
    | 'block'
    | 'removeMessage'
    | 'removeFile'
    | 'removeConversation'
    | 'typing'
    | 'setTimer'
    | 'updateContact'
    | 'people'
    | 'approveIdentity'
    | 'markRead'
    | 'viewed'
    | 'refreshCapabilities'
    | 'sendAsText'
    | 'settings'
    | 'pauses'
    | 'changeSettings'
  >
  /** Announced picture messages. Errors: CausewayError `unknown-picture`, `wrong-state`, `mms-not-set-up`, `mms-sends-only`. */
  pictures: { fetchAgain(id: string): Promise<unknown> }
  /** What files become in a picture message. Errors: CausewayError `mms-unreachable`. */
  mmsPreview(files: FileToFit[], textBytes: number): Promise<Fitted>
  /** Errors of `start`: CausewayError `mms-not-set-up`, `mms-unreachable`, `mms-own-number`, `mms-test-running`. */
  mmsTests: { start(modem: string): MmsTestView; of(modem: string): MmsTestView | undefined }
  playable: Pick<PlayableDesk, 'of'>
  media: Pick<MediaDesk, 'add' | 'addAll' | 'demand' | 'fetch' | 'wipe' | 'transferred' | 'blobs'>
  modems: ModemPort
  signal: SignalPort
  health: HealthPort
  /** Something may be due for a webhook. */
  webhooks: { poke(): void }
  metrics: MetricsPort
  backups: BackupPort
  events: Pick<EventLog, 'since' | 'goesOn' | 'latest' | 'onAppended' | 'append' | 'poke'>
  ids: IdSource
  passwords: Pick<Passwords, 'hash' | 'verify'>
  logLines: LogLinesPort
  /** What a bug report wants, without anything of anybody, as a `.tar.gz`. */
  support(ports: ApiPorts): Promise<Uint8Array>
  push: Pick<PushWorker, 'publicKey' | 'parseEndpoint' | 'wakeSession'>
  /** The key of the database, as a path on this machine. */
  keyFile: string
  /** Of the built web inbox; it need not be there. */
  inboxDirectory: string
  /** Nothing leaves this machine. */
  sandbox: boolean
  /** The simulated world around a sandbox; undefined everywhere else. */
  world: WorldPort | undefined
  /** Where browsers reach us, when that is not what they ask for (`http.public_url`). */
  publicUrl: string | undefined
  /** Of one token. */
  requestsPerMinute: number
  /** New groups of phone numbers get a text for each in place of MMS (`mms.groups`). */
  textsApart?: boolean
  /** Parts that a text may take before it goes as a picture message (`mms.long_text_parts`); undefined: any number. */
  longTextParts?: number | undefined
  /** ISO 3166 country for numbers in national form. */
  region: string | undefined
  /** ms since epoch. */
  clock: () => number
  randomOctets: (count: number) => Uint8Array
  log: Log
  version: string
  /** As SPDX names it. */
  licence: string
  /** Where the source of what runs here can be had, if that is known. */
  sourceUrl: string | undefined
}
