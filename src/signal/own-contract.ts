/** What the rest of the house sees of our own account at the service, beside messages. `account.ts` fulfils it. */

/**
 * Usernames: other people's, by which they are written to without a number, and our own, which is the primary's. Errors of
 * all: CausewayError `username-invalid`, `signal-rate-limited`, `signal-unreachable`, `signal-failed`.
 */
export interface SignalUsernames {
  /** Whose `name.01`, or link of one, this is now. Errors: also `username-unknown`. */
  find(words: string): Promise<{ aci: string; username: string }>
  /**
   * Takes a username, in the place of the one that we have; without `discriminator` (its digits) the server's first free one
   * of some. Errors: also `username-taken`, `signal-not-primary`.
   */
  claim(wanted: { nickname: string; discriminator: string | undefined }): Promise<void>
  /** Gives ours up, with its link. Errors: also `signal-not-primary`. */
  release(): Promise<void>
  /** The link that people have leads nowhere from now on; there is another one. Errors: also `username-none`. */
  renewLink(): Promise<void>
}

/** Our own username, and the link that leads to it (undefined while there is none). */
export interface OwnUsername {
  username: string
  link: string | undefined
}

/**
 * What contact discovery has been asked. Signal does not say how much it still grants: it counts what it has not been asked
 * before, and says to wait when that is too much.
 */
export interface DiscoveryUse {
  /** Numbers that were new to it within the last 24 h. */
  newToday: number
  /** Numbers whose answer is believed without asking. */
  remembered: number
  /** It has said to wait until then (ms since epoch); undefined: it may be asked. */
  notBeforeMs: number | undefined
}

/** Whether the number of the account is protected by a PIN. */
export interface RegistrationLockView {
  /** Undefined where only the phone knows. */
  locked: boolean | undefined
  /** It is ours to change: this is the primary. */
  editable: boolean
}

/**
 * The registration lock. Errors of what changes it: CausewayError `signal-not-primary`, `signal-pin-service`,
 * `signal-rate-limited`, `signal-unreachable`, `signal-failed`.
 */
export interface SignalLock {
  read(): Promise<RegistrationLockView>
  /** Also for another PIN. Errors: also `signal-pin-short`. */
  set(pin: string): Promise<void>
  remove(): Promise<void>
}

/** Whether whoever knows the number finds the account by it. */
export interface DiscoverabilityView {
  /** Undefined where only the phone knows. */
  discoverable: boolean | undefined
  /** It is ours to change: this is the primary. */
  editable: boolean
}

/** Errors of what changes it: CausewayError `signal-not-primary`, `signal-rate-limited`, `signal-unreachable`, `signal-failed`. */
export interface SignalDiscoverability {
  read(): Promise<DiscoverabilityView>
  set(discoverable: boolean): Promise<void>
}

/** Our own profile, as contacts see it. */
export interface OwnProfileView {
  /** Empty where there is none. */
  name: string
  about: string
  emoji: string
  /** What tells its picture from another one; undefined: it has none. */
  picture: string | undefined
  /** It is ours to change: this is the primary. */
  editable: boolean
  /** The service has it like this. */
  published: boolean
}

/** What is left out stays; null: as configured. */
export interface ProfileChange {
  name?: string | null
  about?: string | null
  emoji?: string | null
}

/**
 * Our own profile. What was changed is kept at once, and published then or as soon as there is a connection. Errors of what
 * changes it: CausewayError `signal-not-primary`.
 */
export interface SignalProfile {
  read(): Promise<OwnProfileView>
  /** Errors: also `profile-too-long`. */
  change(change: ProfileChange): Promise<void>
  /** Its middle is taken, as a square; undefined takes it away. Errors: also `picture-unreadable`, `picture-busy`. */
  setPicture(octets: Uint8Array | undefined): Promise<void>
  /** JPEG or PNG; undefined where there is none. */
  picture(): Promise<Uint8Array | undefined>
}
