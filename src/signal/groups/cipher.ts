/**
 * The secrets of one group, all derived from its master key: names it by its public half, and opens and closes what the
 * server keeps of it. Opening never throws: what does not decrypt is undefined.
 */
import { Aci, ServiceId } from '@signalapp/libsignal-client'
import {
  ClientZkGroupCipher,
  GroupMasterKey,
  GroupSecretParams,
  ProfileKey,
  ProfileKeyCiphertext,
  UuidCiphertext,
} from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { isPni, octets } from '../ids.ts'
import { type BlobProto, blobCodec } from '../proto/groups.ts'

export const masterKeyOctets = 32

export class GroupCipher {
  readonly masterKey: Uint8Array<ArrayBuffer>
  readonly secretParams: GroupSecretParams
  /** The group's name everywhere: base64 of 32 octets. */
  readonly id: string
  readonly #cipher: ClientZkGroupCipher

  /** Throws RangeError when it is not 32 octets. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.length !== masterKeyOctets) throw new RangeError('a group’s master key has 32 octets')
    this.masterKey = octets(masterKey)
    this.secretParams = GroupSecretParams.deriveFromMasterKey(new GroupMasterKey(this.masterKey))
    this.id = Buffer.from(this.secretParams.getPublicParams().getGroupIdentifier().serialize()).toString('base64')
    this.#cipher = new ClientZkGroupCipher(this.secretParams)
  }

  get publicParams(): Uint8Array<ArrayBuffer> {
    return this.secretParams.getPublicParams().serialize()
  }

  /** 32 octets: what messages and certificates name the group by. */
  get idOctets(): Uint8Array<ArrayBuffer> {
    return this.secretParams.getPublicParams().getGroupIdentifier().serialize()
  }

  close(blob: BlobProto): Uint8Array<ArrayBuffer> {
    return this.#cipher.encryptBlob(blobCodec.encode(blob))
  }

  closeServiceId(serviceId: string): Uint8Array<ArrayBuffer> {
    return this.#cipher.encryptServiceId(ServiceId.parseFromServiceIdString(serviceId)).serialize()
  }

  openTitle(blob: Uint8Array | undefined): string | undefined {
    return this.#open(blob)?.title
  }

  openDescription(blob: Uint8Array | undefined): string | undefined {
    return this.#open(blob)?.description
  }

  /** Seconds. */
  openTimer(blob: Uint8Array | undefined): number | undefined {
    return this.#open(blob)?.timerSeconds
  }

  openAvatar(blob: Uint8Array | undefined): Uint8Array | undefined {
    return this.#open(blob)?.avatar
  }

  openServiceId(userId: Uint8Array | undefined): string | undefined {
    if (userId === undefined || userId.length === 0) return undefined
    return tried(() => this.#cipher.decryptServiceId(new UuidCiphertext(octets(userId))).getServiceIdString())
  }

  openAci(userId: Uint8Array | undefined): string | undefined {
    const serviceId = this.openServiceId(userId)
    return serviceId === undefined || isPni(serviceId) ? undefined : serviceId
  }

  /** Base64. */
  openProfileKey(ciphertext: Uint8Array | undefined, aci: string): string | undefined {
    if (ciphertext === undefined || ciphertext.length === 0) return undefined
    return tried(() => {
      const key = this.#cipher.decryptProfileKey(new ProfileKeyCiphertext(octets(ciphertext)), Aci.fromUuid(aci))
      return Buffer.from(key.serialize()).toString('base64')
    })
  }

  closeProfileKey(profileKey: Uint8Array, aci: string): Uint8Array<ArrayBuffer> {
    return this.#cipher.encryptProfileKey(new ProfileKey(octets(profileKey)), Aci.fromUuid(aci)).serialize()
  }

  #open(blob: Uint8Array | undefined): BlobProto | undefined {
    if (blob === undefined || blob.length === 0) return undefined
    return tried(() => blobCodec.decode(this.#cipher.decryptBlob(octets(blob))))
  }
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
