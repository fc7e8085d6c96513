/**
 * Sessions with the devices of others: which there are, made from pre-key bundles where none is, healed when the server
 * says that the list is wrong (409) or a device was set up anew (410).
 *
 * Fetching bundles is rationed hard by the service (6 in 10 minutes for one target), so all who wait for the same
 * sessions share one fetch.
 */
import {
  ErrorCode,
  KEMPublicKey,
  type MismatchedDevicesEntry,
  PreKeyBundle,
  ProtocolAddress,
  PublicKey,
  processPreKeyBundle,
  SessionRecord,
} from '@signalapp/libsignal-client'
import { CausewayError } from '../domain/errors.ts'
import type { Database } from '../store/database.ts'
import { prepared } from '../store/prepared.ts'
import type { Chat } from './chat.ts'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { isCode, signalError } from './errors.ts'
import { octets } from './ids.ts'
import type { AccountLock } from './lock.ts'
import { refusal, request } from './rest.ts'
import { forgetShares } from './sender-key-shares.ts'
import { RatchetUnit, sessionKey } from './stores.ts'

interface BundleJson {
  identityKey: string
  devices: {
    deviceId: number
    registrationId: number
    signedPreKey: { keyId: number; publicKey: string; signature: string }
    preKey?: { keyId: number; publicKey: string } | null
    pqPreKey: { keyId: number; publicKey: string; signature: string }
  }[]
}

export interface KnownDevice {
  deviceId: number
  registrationId: number
  /** There is a session that can encrypt now. */
  usable: boolean
}

/** Told inside of no transaction that a peer's identity key is another one now. */
export type IdentityWatch = (serviceId: string) => Promise<void>

export class SessionKeeper {
  readonly #db: Database
  readonly #chat: Chat
  readonly #lock: AccountLock
  readonly #clock: Clock
  readonly #credentials: Credentials
  readonly #identityChanged: IdentityWatch
  readonly #establishing = new Map<string, Promise<void>>()

  constructor(parts: {
    db: Database
    chat: Chat
    lock: AccountLock
    clock: Clock
    credentials: Credentials
    identityChanged: IdentityWatch
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#lock = parts.lock
    this.#clock = parts.clock
    this.#credentials = parts.credentials
    this.#identityChanged = parts.identityChanged
  }

  /** Devices of this service id with whom we ever had a session; our own device is left out. */
  async devices(serviceId: string): Promise<KnownDevice[]> {
    return await this.devicesIn(new RatchetUnit(this.#db, this.#clock.now()), serviceId)
  }

  /** As `devices`, with the sessions as they are in this unit (which has them at hand then). */
  async devicesIn(unit: RatchetUnit, serviceId: string): Promise<KnownDevice[]> {
    const rows = await unit.read(`devices ${serviceId}`, (db) => sessionsOf(db, { serviceId }))
    const now = new Date(unit.nowMs)
    const devices: KnownDevice[] = []
    for (const { device_id: deviceId, record } of rows) {
      if (this.#isThisDevice(serviceId, deviceId)) continue
      const key = sessionKey('aci', serviceId, deviceId)
      const session = await unit.read(key, async () => SessionRecord.deserialize(octets(record)))
      const usable = session.hasCurrentState(now)
      devices.push({ deviceId, registrationId: usable ? session.remoteRegistrationId() : 0, usable })
    }
    return devices
  }

  /**
   * Makes sure that every known device, and at least one, has a usable session.
   * Throws CausewayError `not-on-signal`, `identity-changed`, `signal-unreachable`, `signal-rate-limited`.
   */
  async ensure(serviceId: string): Promise<void> {
    const devices = await this.devices(serviceId)
    if (devices.length > 0 && devices.every(({ usable }) => usable)) return
    const underWay = this.#establishing.get(serviceId)
    if (underWay !== undefined) return await underWay
    const work = this.#establish(serviceId, devices).finally(() => this.#establishing.delete(serviceId))
    this.#establishing.set(serviceId, work)
    await work
  }

  /** Brings our list in line with what the server said about this account. */
  async heal(serviceId: string, entry: MismatchedDevicesEntry): Promise<void> {
    await this.#lock.run(() => this.#drop(serviceId, [...entry.extraDevices, ...entry.staleDevices]))
    for (const deviceId of new Set([...entry.missingDevices, ...entry.staleDevices])) {
      await this.#fetchDevice(serviceId, deviceId)
    }
  }

  /** Forgets the sessions with an account that is gone. */
  async forget(serviceId: string): Promise<void> {
    await this.#lock.run(() =>
      this.#db.deleteFrom('signal_sessions').where('own', '=', 'aci').where('address', '=', serviceId).execute(),
    )
  }

  async #establish(serviceId: string, devices: readonly KnownDevice[]): Promise<void> {
    if (!devices.some(({ usable }) => usable)) {
      await this.#fetch(serviceId, '*')
      return
    }
    for (const { deviceId, usable } of devices) {
      if (!usable) await this.#fetchDevice(serviceId, deviceId)
    }
  }

  /** A device that is gone is no fault of the account: it is dropped, and the server says what else is wrong. */
  async #fetchDevice(serviceId: string, deviceId: number): Promise<void> {
    try {
      await this.#fetch(serviceId, String(deviceId))
    } catch (error) {
      if (!CausewayError.is(error, 'not-on-signal')) throw error
      await this.#lock.run(() => this.#drop(serviceId, [deviceId]))
    }
  }

  async #fetch(serviceId: string, which: string): Promise<void> {
    const path = `/v2/keys/${serviceId}/${which}`
    const answer = await request(this.#chat.authenticated(), 'GET', path)
    if (answer.status !== 200) throw refusal(path, answer)
    const json = answer.json as BundleJson
    const identityKey = PublicKey.deserialize(fromBase64(json.identityKey))
    const devices = json.devices.filter(({ deviceId }) => !this.#isThisDevice(serviceId, deviceId))
    const { trusted, changed } = await this.#lock.run(() => this.#process(serviceId, identityKey, devices))
    if (changed) await this.#identityChanged(serviceId)
    if (!trusted) throw signalError('identity-changed')
  }

  /** Not trusted: the bundle shows an identity key that we may not send to (which is then on record, unapproved). */
  async #process(
    serviceId: string,
    identityKey: PublicKey,
    devices: BundleJson['devices'],
  ): Promise<{ trusted: boolean; changed: boolean }> {
    const local = this.#credentials.identities.aci
    const unit = new RatchetUnit(this.#db, this.#clock.now())
    const { sessions, identities } = unit.stores(local)
    let trusted = true
    try {
      for (const device of devices) {
        const address = ProtocolAddress.new(serviceId, device.deviceId)
        const now = new Date(this.#clock.now())
        await processPreKeyBundle(bundleOf(device, identityKey), address, local.address, sessions, identities, now)
      }
    } catch (error) {
      if (!isCode(error, ErrorCode.UntrustedIdentity)) throw error
      trusted = false
    }
    await this.#db.transaction().execute((transaction) => unit.commit(transaction))
    return { trusted, changed: unit.changedIdentities.size > 0 }
  }

  async #drop(serviceId: string, deviceIds: readonly number[]): Promise<void> {
    if (deviceIds.length === 0) return
    await this.#db.transaction().execute(async (transaction) => {
      for (const deviceId of deviceIds) await forgetShares(transaction, serviceId, deviceId)
    })
    await this.#db
      .deleteFrom('signal_sessions')
      .where('own', '=', 'aci')
      .where('address', '=', serviceId)
      .where('device_id', 'in', deviceIds)
      .execute()
  }

  #isThisDevice(serviceId: string, deviceId: number): boolean {
    return serviceId === this.#credentials.aci && deviceId === this.#credentials.deviceId
  }
}

const sessionsOf = prepared((db, $: { serviceId: string }) =>
  db
    .selectFrom('signal_sessions')
    .select(['device_id', 'record'])
    .where('own', '=', 'aci')
    .where('address', '=', $.serviceId)
    .orderBy('device_id'),
)

function bundleOf(device: BundleJson['devices'][number], identityKey: PublicKey): PreKeyBundle {
  const { preKey, signedPreKey, pqPreKey } = device
  return PreKeyBundle.new(
    device.registrationId,
    device.deviceId,
    preKey?.keyId ?? null,
    preKey == null ? null : PublicKey.deserialize(fromBase64(preKey.publicKey)),
    signedPreKey.keyId,
    PublicKey.deserialize(fromBase64(signedPreKey.publicKey)),
    fromBase64(signedPreKey.signature),
    identityKey,
    pqPreKey.keyId,
    KEMPublicKey.deserialize(fromBase64(pqPreKey.publicKey)),
    fromBase64(pqPreKey.signature),
  )
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
