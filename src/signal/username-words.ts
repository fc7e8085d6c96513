/**
 * Usernames as people write them: `name.01`, and links `https://signal.me/#eu/…`, which hold what opens the encrypted
 * username (32 octets) and where it lies at the server (a UUID). Hashes and the link's cipher are libsignal's.
 */
import { usernames } from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import { type ToldValues, told } from '../domain/told.ts'

/** The service's own bounds. */
const nicknameCharsMin = 3
const nicknameCharsMax = 32
/** Hashes that the server takes in one reservation. */
const candidatesMax = 20
const entropyOctets = 32
const handleOctets = 16
const linkStart = 'https://signal.me/#eu/'

export interface UsernameLink {
  entropy: Uint8Array<ArrayBuffer>
  /** UUID. */
  handle: string
}

/** The link in these words, or undefined when it is none. Errors: CausewayError `username-invalid` for a broken one. */
export function linkIn(words: string): UsernameLink | undefined {
  const data = /^(?:https|sgnl):\/\/signal\.me\/#eu\/(.*)$/i.exec(words.trim())?.[1]
  if (data === undefined) return undefined
  const octets = Buffer.from(data, 'base64url')
  if (octets.length !== entropyOctets + handleOctets) throw invalid('This link of a username is not whole.')
  return { entropy: new Uint8Array(octets.subarray(0, entropyOctets)), handle: uuidOf(octets.subarray(entropyOctets)) }
}

export function linkOf({ entropy, handle }: { entropy: Uint8Array; handle: string }): string {
  return `${linkStart}${Buffer.concat([entropy, handleOctetsOf(handle)]).toString('base64url')}`
}

export function handleOctetsOf(handle: string): Uint8Array {
  return Buffer.from(handle.replaceAll('-', ''), 'hex')
}

export function uuidOf(octets: Uint8Array): string {
  return Buffer.from(octets)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What the server knows a username by. Errors: CausewayError `username-invalid`. */
export function hashOf(username: string): Uint8Array<ArrayBuffer> {
  try {
    return usernames.hash(username)
  } catch (cause) {
    throw invalid('A username is a name, a dot and at least two digits, like ana.01.', cause)
  }
}

/** Usernames of this name, in the order in which they are to be tried. Errors: CausewayError `username-invalid`. */
export function candidatesFor(nickname: string, discriminator: string | undefined): string[] {
  try {
    if (discriminator === undefined) {
      return usernames.generateCandidates(nickname, nicknameCharsMin, nicknameCharsMax).slice(0, candidatesMax)
    }
    return [usernames.fromParts(nickname, discriminator, nicknameCharsMin, nicknameCharsMax).username]
  } catch (cause) {
    throw invalid(
      `A username has ${nicknameCharsMin} to ${nicknameCharsMax} letters a to z, digits or "_" and no digit first; behind the dot stand at least two digits, the first of three or more not 0.`,
      cause,
      told('username-invalid', { min: nicknameCharsMin, max: nicknameCharsMax }),
    )
  }
}

function invalid(message: string, cause?: unknown, limits?: { values: ToldValues }): CausewayError {
  return new CausewayError({
    code: 'username-invalid',
    message,
    ...limits,
    retry: 'never',
    ...(cause === undefined ? {} : { cause }),
  })
}
