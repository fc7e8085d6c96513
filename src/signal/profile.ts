/**
 * Our own profile: name and a line about us, encrypted under our profile key, whose version and commitment go with it.
 * Published after registering (also without a name, since nobody can add an account without a profile to a group) and
 * again whenever what it says has changed.
 */
import { createHash } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { encryptAbout, encryptName } from './profile-cipher.ts'
import { refusal, request } from './rest.ts'

const nonceOctets = 12

/** What contacts see. */
export interface OwnProfile {
  /** At most 257 octets. */
  name: string | undefined
  /** At most 512 octets. */
  about: string | undefined
}

/**
 * Publishes the profile unless the server has this one. True when it did. A server without that route is left in peace
 * until the next start.
 */
export async function publishProfile(parts: {
  db: Database
  chat: Chat
  credentials: Credentials
  profile: OwnProfile
  clock: Clock
  random: Random
  log: Log
}): Promise<boolean> {
  const { db, chat, credentials, clock, log, random } = parts
  const { name = '', about = '' } = parts.profile
  const aci = Aci.fromUuid(credentials.aci)
  const key = credentials.profileKey
  const version = key.getProfileKeyVersion(aci).toString()
  const digest = createHash('sha256')
    .update(JSON.stringify([version, name, about]))
    .digest('hex')
  const row = await db.selectFrom('signal_account').select('profile_digest').executeTakeFirst()
  if (row === undefined || row.profile_digest === digest) return false
  const answer = await request(chat.authenticated(), 'PUT', '/v1/profile', {
    version,
    commitment: Buffer.from(key.getCommitment(aci).serialize()).toString('base64'),
    name: encryptName(key.serialize(), name, random(nonceOctets)).toString('base64'),
    about: about === '' ? null : encryptAbout(key.serialize(), about, random(nonceOctets)).toString('base64'),
    avatar: false,
    sameAvatar: false,
    badgeIds: [],
  })
  if (answer.status === 404) {
    log.warn({}, 'this Signal server takes no profiles')
    return false
  }
  if (answer.status < 200 || answer.status > 299) throw refusal('/v1/profile', answer)
  await db.updateTable('signal_account').set({ profile_set_at_ms: clock.now(), profile_digest: digest }).execute()
  return true
}
