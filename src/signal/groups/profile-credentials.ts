/**
 * Proof of somebody's profile key, which the server wants when they become a member of a group. Fetched with their
 * profile, kept until shortly before it expires. Somebody of whom there is none can only be invited.
 */
import { Aci } from '@signalapp/libsignal-client'
import {
  ClientZkProfileOperations,
  ExpiringProfileKeyCredential,
  ExpiringProfileKeyCredentialResponse,
  ProfileKey,
  type ServerPublicParams,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import type { Database } from '../../store/database.ts'
import type { Chat } from '../chat.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { octets } from '../ids.ts'
import { findPeer } from '../peers.ts'
import { request } from '../rest.ts'
import type { GroupCipher } from './cipher.ts'

/** One that expires sooner is fetched anew. */
const renewBeforeMs = 3600_000

export class ProfileCredentials {
  readonly #db: Database
  readonly #chat: Chat
  readonly #clock: Clock
  readonly #credentials: Credentials
  readonly #operations: ClientZkProfileOperations

  constructor(parts: {
    db: Database
    chat: Chat
    clock: Clock
    credentials: Credentials
    server: ServerPublicParams
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#clock = parts.clock
    this.#credentials = parts.credentials
    this.#operations = new ClientZkProfileOperations(parts.server)
  }

  /** The proof for this group; undefined when their profile key is unknown or the service has no credential for it. */
  async presentation(cipher: GroupCipher, aci: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const profileKey = await this.#profileKey(aci)
    if (profileKey === undefined) return undefined
    const credential = (await this.#kept(aci, profileKey)) ?? (await this.#fetch(aci, profileKey))
    if (credential === undefined) return undefined
    return this.#operations.createExpiringProfileKeyCredentialPresentation(cipher.secretParams, credential).serialize()
  }

  async #profileKey(aci: string): Promise<ProfileKey | undefined> {
    if (aci === this.#credentials.aci) return this.#credentials.profileKey
    const peer = await findPeer(this.#db, { aci, pni: undefined, e164: undefined })
    return peer?.profileKey === undefined ? undefined : new ProfileKey(octets(peer.profileKey))
  }

  async #kept(aci: string, profileKey: ProfileKey): Promise<ExpiringProfileKeyCredential | undefined> {
    const row = await this.#db
      .selectFrom('signal_profile_credentials')
      .selectAll()
      .where('aci', '=', aci)
      .where('expires_at_ms', '>', this.#clock.now() + renewBeforeMs)
      .executeTakeFirst()
    if (row === undefined || Buffer.compare(row.profile_key, profileKey.serialize()) !== 0) return undefined
    return new ExpiringProfileKeyCredential(octets(row.credential))
  }

  async #fetch(aci: string, profileKey: ProfileKey): Promise<ExpiringProfileKeyCredential | undefined> {
    const id = Aci.fromUuid(aci)
    const context = this.#operations.createProfileKeyCredentialRequestContext(id, profileKey)
    const version = profileKey.getProfileKeyVersion(id).toString()
    const wanted = Buffer.from(context.getRequest().serialize()).toString('hex')
    const path = `/v1/profile/${aci}/${version}/${wanted}?credentialType=expiringProfileKey`
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    const { credential } = (answer.json ?? {}) as { credential?: unknown }
    if (answer.status !== 200 || typeof credential !== 'string') return undefined
    try {
      const response = new ExpiringProfileKeyCredentialResponse(octets(Buffer.from(credential, 'base64')))
      const received = this.#operations.receiveExpiringProfileKeyCredential(context, response)
      const row = {
        aci,
        profile_key: profileKey.serialize(),
        credential: received.serialize(),
        expires_at_ms: received.getExpirationTime().getTime(),
      }
      await this.#db.insertInto('signal_profile_credentials').orReplace().values(row).execute()
      return received
    } catch {
      // The profile has another key by now: they can be invited.
      return undefined
    }
  }
}
