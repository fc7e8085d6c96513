/**
 * Profiles as Signal's server keeps them, where the mock keeps names alone: line, emoji and picture beside the name, the form
 * by which a picture is uploaded, and the sizes that are taken (reference/signal-service.md 8.2, 8.3).
 */
import { randomBytes } from 'node:crypto'
import { Aci } from '@signalapp/libsignal-client'
import { ProfileKeyCommitment } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { encryptPicture } from '../signal/profile-cipher.ts'
import type { Device, PrimaryDevice } from './mock.ts'
import type { Reply } from './signal-connection.ts'

/** Of a version of a profile; all encrypted by its owner. */
interface StoredProfile {
  about: string | null
  aboutEmoji: string | null
  /** Place of the picture. */
  avatar: string | null
}

const sizes = { name: [81, 285], about: [156, 282, 540], aboutEmoji: [60] } as const

export class ProfileShelf {
  readonly #profiles = new Map<string, StoredProfile>()
  /** Pictures by their place, as they were uploaded. */
  readonly #pictures: Map<string, Buffer>

  constructor(pictures: Map<string, Buffer>) {
    this.#pictures = pictures
  }

  /** Of this version, if there is one. */
  get(aci: string, version: string): StoredProfile | undefined {
    return this.#profiles.get(`${aci} ${version}`)
  }

  /** Registering anew takes all profiles of the account. */
  forget(aci: string): void {
    for (const key of this.#profiles.keys()) if (key.startsWith(`${aci} `)) this.#profiles.delete(key)
  }

  /** What a phone of ours shows from now on, without the way over the network; undefined: no picture. */
  show(
    { device: { aci }, profileKey }: Pick<PrimaryDevice, 'device' | 'profileKey'>,
    picture: Uint8Array | undefined,
  ): void {
    const version = profileKey.getProfileKeyVersion(Aci.fromUuid(aci)).toString()
    const sealed = picture && encryptPicture(profileKey.serialize(), picture, randomBytes(12))
    const avatar = sealed === undefined ? null : newPlace()
    const before = this.get(aci, version)
    if (before?.avatar != null) this.#pictures.delete(before.avatar)
    if (avatar !== null && sealed !== undefined) this.#pictures.set(avatar, sealed)
    this.#profiles.set(`${aci} ${version}`, { about: null, aboutEmoji: null, ...before, avatar })
  }

  /** PUT /v1/profile. */
  put(device: Device, body: unknown): Reply {
    const wanted = body as Partial<Record<string, unknown>>
    const { version, commitment } = wanted
    const fits = (['name', 'about', 'aboutEmoji'] as const).every((field) => isSized(wanted[field], sizes[field]))
    if (typeof version !== 'string' || !/^[0-9a-f]{64}$/.test(version) || typeof commitment !== 'string' || !fits) {
      return { status: 422, headers: {}, body: {} }
    }
    const before = this.get(device.aci, version)?.avatar ?? null
    const isSame = wanted['avatar'] === true && wanted['sameAvatar'] === true
    const isNew = wanted['avatar'] === true && !isSame
    const avatar = isSame ? before : isNew ? newPlace() : null
    if (before !== null && before !== avatar) this.#pictures.delete(before)
    const text = (field: 'about' | 'aboutEmoji') => {
      const value = wanted[field]
      return typeof value === 'string' ? value : null
    }
    this.#profiles.set(`${device.aci} ${version}`, { about: text('about'), aboutEmoji: text('aboutEmoji'), avatar })
    device.profileName = Buffer.from(String(wanted['name'] ?? ''), 'base64')
    device.profileKeyCommitment = new ProfileKeyCommitment(Buffer.from(commitment, 'base64'))
    const form = { credential: 'sandbox', acl: 'private', algorithm: 'sandbox', date: '', policy: '', signature: '' }
    return { status: 200, headers: {}, body: isNew ? { key: avatar, ...form } : {} }
  }
}

/** As the server names them. */
function newPlace(): string {
  return `profiles/${randomBytes(16).toString('base64url')}==`
}

/** Absent, empty, or of one of these sizes. */
function isSized(value: unknown, octets: readonly number[]): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'string' && octets.includes(Buffer.from(value, 'base64').length)
}
