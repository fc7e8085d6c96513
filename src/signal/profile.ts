/**
 * Our own profile: published once after registering, with an empty name, since without a versioned profile nobody can
 * fetch a credential of ours (and so cannot add us to a group).
 */
import { createCipheriv } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { refusal, request } from './rest.ts'

/** Names are padded to this many octets (the shorter of two sizes that the service takes) before encryption. */
const nameOctets = 53
const nonceOctets = 12

/** Publishes the profile unless that was done. A server without that route is left in peace until the next start. */
export async function publishProfile(parts: {
  db: Database
  chat: Chat
  credentials: Credentials
  clock: Clock
  random: Random
  log: Log
}): Promise<void> {
  const { db, chat, credentials, clock, log } = parts
  const row = await db.selectFrom('signal_account').select('profile_set_at_ms').executeTakeFirst()
  if (row === undefined || row.profile_set_at_ms !== null) return
  const aci = Aci.fromUuid(credentials.aci)
  const key = credentials.profileKey
  const answer = await request(chat.authenticated(), 'PUT', '/v1/profile', {
    version: key.getProfileKeyVersion(aci).toString(),
    commitment: Buffer.from(key.getCommitment(aci).serialize()).toString('base64'),
    name: encrypt(key.serialize(), new Uint8Array(nameOctets), parts.random(nonceOctets)).toString('base64'),
    avatar: false,
    sameAvatar: false,
    badgeIds: [],
  })
  if (answer.status === 404) {
    log.warn({}, 'this Signal server takes no profiles')
    return
  }
  if (answer.status < 200 || answer.status > 299) throw refusal('/v1/profile', answer)
  await db.updateTable('signal_account').set({ profile_set_at_ms: clock.now() }).execute()
}

/** nonce · AES-256-GCM ciphertext · tag. */
function encrypt(key: Uint8Array, plaintext: Uint8Array, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}
