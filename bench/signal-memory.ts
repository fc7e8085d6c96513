/** libsignal's stores in memory, serialized as any store that lasts has them: the bare side of the benchmarks. */
import * as signal from '@signalapp/libsignal-client'

export class MemorySessions extends signal.SessionStore {
  readonly #records = new Map<string, Uint8Array<ArrayBuffer>>()

  put(name: signal.ProtocolAddress, record: Uint8Array<ArrayBuffer>): void {
    this.#records.set(name.toString(), record)
  }

  async saveSession(name: signal.ProtocolAddress, record: signal.SessionRecord): Promise<void> {
    this.put(name, record.serialize())
  }

  async getSession(name: signal.ProtocolAddress): Promise<signal.SessionRecord | null> {
    const record = this.#records.get(name.toString())
    return record === undefined ? null : signal.SessionRecord.deserialize(record)
  }

  async getExistingSessions(names: signal.ProtocolAddress[]): Promise<signal.SessionRecord[]> {
    const found = await Promise.all(names.map((name) => this.getSession(name)))
    return found.filter((record) => record !== null)
  }
}

export class MemoryIdentities extends signal.IdentityKeyStore {
  readonly #known = new Map<string, signal.PublicKey>()
  readonly #key: signal.PrivateKey
  readonly #registrationId: number

  constructor(key: signal.PrivateKey, registrationId: number) {
    super()
    this.#key = key
    this.#registrationId = registrationId
  }

  async getIdentityKey(): Promise<signal.PrivateKey> {
    return this.#key
  }

  async getLocalRegistrationId(): Promise<number> {
    return this.#registrationId
  }

  async saveIdentity(name: signal.ProtocolAddress, key: signal.PublicKey): Promise<signal.IdentityChange> {
    this.#known.set(name.toString(), key)
    return signal.IdentityChange.NewOrUnchanged
  }

  async isTrustedIdentity(): Promise<boolean> {
    return true
  }

  async getIdentity(name: signal.ProtocolAddress): Promise<signal.PublicKey | null> {
    return this.#known.get(name.toString()) ?? null
  }
}

export class OneSignedPreKey extends signal.SignedPreKeyStore {
  readonly #record: signal.SignedPreKeyRecord

  constructor(record: signal.SignedPreKeyRecord) {
    super()
    this.#record = record
  }

  async saveSignedPreKey(): Promise<void> {}

  async getSignedPreKey(): Promise<signal.SignedPreKeyRecord> {
    return this.#record
  }
}

export class OneKyberPreKey extends signal.KyberPreKeyStore {
  readonly #record: signal.KyberPreKeyRecord

  constructor(record: signal.KyberPreKeyRecord) {
    super()
    this.#record = record
  }

  async saveKyberPreKey(): Promise<void> {}

  async getKyberPreKey(): Promise<signal.KyberPreKeyRecord> {
    return this.#record
  }

  async markKyberPreKeyUsed(): Promise<void> {}
}

export class NoPreKeys extends signal.PreKeyStore {
  async savePreKey(): Promise<void> {}

  async getPreKey(): Promise<signal.PreKeyRecord> {
    throw new Error('there are no one-time keys here')
  }

  async removePreKey(): Promise<void> {}
}
