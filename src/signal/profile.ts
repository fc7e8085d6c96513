/**
 * Our own profile: name, a line about us, an emoji and a picture, encrypted under our profile key, whose version and
 * commitment go with it. Published after registering (also without a name, since nobody can add an account without a
 * profile to a group) and again whenever what it says has changed.
 *
 *   PUT, new picture  → a form → its place on record → upload → `avatar_sealed`      cut off in between: again, whole
 *   PUT, the same one → `sameAvatar`
 */
import { createHash } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import { ProfileKey } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { placeIn } from './avatars.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { ContentServer } from './content-server.ts'
import type { Credentials } from './credentials.ts'
import { signalError } from './errors.ts'
import { octets } from './ids.ts'
import { encryptAbout, encryptEmoji, encryptName, encryptPicture } from './profile-cipher.ts'
import { refusal, request } from './rest.ts'
import type { UploadFields } from './upload-form.ts'

const nonceOctets = 12

/** What contacts see where nothing else was set. */
export interface OwnProfile {
  /** At most 257 octets. */
  name: string | undefined
  /** At most 512 octets. */
  about: string | undefined
}

/** What the profile is to say; empty where it says nothing. */
export interface WantedProfile {
  name: string
  about: string
  emoji: string
  avatar: Uint8Array | undefined
  /** Where the picture lies at the content server. */
  place: string | undefined
  /** Which picture is known to lie there. */
  sealed: string | undefined
}

/** As it was set here, or is configured. */
export async function wantedProfile(db: Database, configured: OwnProfile): Promise<WantedProfile> {
  const row = await db.selectFrom('signal_profile').selectAll().executeTakeFirst()
  return {
    name: row?.name ?? configured.name ?? '',
    about: row?.about ?? configured.about ?? '',
    emoji: row?.emoji ?? '',
    avatar: row?.avatar ?? undefined,
    place: row?.avatar_place ?? undefined,
    sealed: row?.avatar_sealed ?? undefined,
  }
}

/** What tells one profile from another: `digest` of all of it, `picture` of its picture for this profile key. */
export function fingerprintsOf(wanted: WantedProfile, credentials: Credentials): { digest: string; picture: string } {
  const version = versionOf(credentials)
  const { name, about, emoji, avatar } = wanted
  const picture = avatar === undefined ? '' : createHash('sha256').update(version).update(avatar).digest('hex')
  const said = [version, name, about, ...(emoji === '' && picture === '' ? [] : [emoji, picture])]
  return { picture, digest: createHash('sha256').update(JSON.stringify(said)).digest('hex') }
}

export function versionOf({ aci, profileKey }: Credentials): string {
  return profileKey.getProfileKeyVersion(Aci.fromUuid(aci)).toString()
}

/**
 * Publishes the profile unless the server has this one. True when it did. A server without that route is left in peace
 * until the next start. One at a time.
 */
export async function publishProfile(parts: {
  db: Database
  chat: Chat
  server: ContentServer
  credentials: Credentials
  profile: OwnProfile
  clock: Clock
  random: Random
  log: Log
  signal: AbortSignal
}): Promise<boolean> {
  const { db, chat, server, clock, log, random } = parts
  const wanted = await wantedProfile(db, parts.profile)
  const row = await db.selectFrom('signal_account').select(['profile_digest', 'next_profile_key']).executeTakeFirst()
  if (row === undefined) return false
  // One that gives way to another one is published under the new key alone.
  const { next_profile_key: next } = row
  const credentials =
    next === null ? parts.credentials : { ...parts.credentials, profileKey: new ProfileKey(octets(next)) }
  const { digest, picture } = fingerprintsOf(wanted, credentials)
  if (row.profile_digest === digest) return false
  const { name, about, emoji, avatar } = wanted
  const key = credentials.profileKey.serialize()
  const isThere = avatar !== undefined && wanted.sealed === picture
  const sealed = (text: string, encrypt: typeof encryptName) =>
    text === '' ? null : encrypt(key, text, random(nonceOctets)).toString('base64')
  const commitment = credentials.profileKey.getCommitment(Aci.fromUuid(credentials.aci)).serialize()
  const answer = await request(chat.authenticated(), 'PUT', '/v1/profile', {
    version: versionOf(credentials),
    commitment: Buffer.from(commitment).toString('base64'),
    name: encryptName(key, name, random(nonceOctets)).toString('base64'),
    about: sealed(about, encryptAbout),
    aboutEmoji: sealed(emoji, encryptEmoji),
    avatar: avatar !== undefined,
    sameAvatar: isThere,
    badgeIds: [],
  })
  if (answer.status === 404) {
    log.warn({}, 'this Signal server takes no profiles')
    return false
  }
  if (answer.status < 200 || answer.status > 299) throw refusal('/v1/profile', answer)
  if (avatar === undefined)
    await db.updateTable('signal_profile').set({ avatar_place: null, avatar_sealed: null }).execute()
  else if (!isThere) {
    const form = (answer.json ?? {}) as UploadFields
    const place = placeIn(form.key)
    if (place === undefined) throw signalError('signal-failed', { detail: 'it gave no place for the picture' })
    await db.updateTable('signal_profile').set({ avatar_place: place, avatar_sealed: null }).execute()
    await server.uploadPicture(form, encryptPicture(key, avatar, random(nonceOctets)), parts.signal)
    await db.updateTable('signal_profile').set({ avatar_sealed: picture }).where('avatar_place', '=', place).execute()
  }
  await db.updateTable('signal_account').set({ profile_set_at_ms: clock.now(), profile_digest: digest }).execute()
  return true
}
