/**
 * The accounts of the sandbox's Signal server: phones that are made, linked, installed anew, leave and come back; who is
 * registered with which number, and what devices call themselves. How letters get to them is `MockHost`, what goes wrong on
 * command `SignalFaults`, who is listed `DirectoryFile`.
 */
import { randomBytes } from 'node:crypto'
import type { PublicKey } from '@signalapp/libsignal-client'
import type { DirectoryFile } from './directory-file.ts'
import { HostTap, type RequestRecord } from './host-tap.ts'
import { installPhone } from './install-phone.ts'
import {
  type AciString,
  type Device,
  type MockServer,
  type PrimaryDevice,
  sealAttachment,
  serializeContacts,
} from './mock.ts'
import { MockHost, type MockHostOptions } from './mock-host.ts'
import { registrationId } from './registration-id.ts'

/** Close code of the chat websocket. */
const signedOut = 4401

/** An entry of a phone's address book, as the phone tells it to its linked devices. */
export interface PhoneContact {
  aciBinary: Buffer<ArrayBuffer>
  number: string
  profileName: string
}

export interface SignalHostOptions extends MockHostOptions {
  /** Signs the certificates of sealed senders. */
  trustRoot: PublicKey
}

type RegisterDeviceOptions = Parameters<MockServer['registerDevice']>[0]

export class SignalHost extends MockHost {
  protected override readonly tap: HostTap
  readonly #directory: DirectoryFile
  readonly #trustRoot: PublicKey

  constructor(options: SignalHostOptions) {
    super(options)
    this.#directory = options.directory
    this.#trustRoot = options.trustRoot
    this.tap = new HostTap(this, options.faults, (device) => this.list(device))
  }

  /** What clients asked for, the newest of it. */
  get requests(): readonly RequestRecord[] {
    return this.tap.requests
  }

  /** A phone of the mock's making on this number, listed in the directory. Its letters wait until `attach`. */
  async createPhone(profileName: string, e164: string): Promise<PrimaryDevice> {
    const device = await this.registerDevice({
      number: e164,
      registrationId: registrationId(),
      pniRegistrationId: registrationId(),
      password: randomBytes(10).toString('hex'),
      authCredentialSalt: randomBytes(16),
    })
    const phone = await this.installPhone(device, profileName)
    this.list(device)
    return phone
  }

  /**
   * Another device of an account: new protocol state over the same identity. The phone's own state is per device, so
   * a linked device is a `PrimaryDevice` of its own that shares the account's identity key.
   */
  async createLinkedPhone(primary: PrimaryDevice): Promise<PrimaryDevice> {
    const device = await this.registerDevice({
      primary: primary.device,
      password: randomBytes(10).toString('hex'),
      registrationId: registrationId(),
      pniRegistrationId: registrationId(),
    })
    return await this.#install(device, primary.profileName, primary)
  }

  /** The app installed anew on a device: fresh identity key, keys, sessions and profile key. */
  async installPhone(device: Device, profileName: string): Promise<PrimaryDevice> {
    return await this.#install(device, profileName)
  }

  /** As `installPhone` on an existing device, with a new registration id: the account's safety number changes. */
  async reinstallPhone(phone: PrimaryDevice): Promise<PrimaryDevice> {
    const { device } = phone
    this.expireLetters(device)
    // The field is read-only to the mock's callers; a re-registered phone keeps its account and gets a new one.
    Reflect.set(device, 'registrationId', registrationId())
    await this.changeDeviceNumber(device, {
      number: device.checkedNumber,
      pni: device.checkedPni,
      pniRegistrationId: registrationId(),
    })
    return await this.installPhone(device, phone.profileName)
  }

  /** The account leaves Signal: sends to it are refused with 404, its queue is emptied, its devices are signed out. */
  async leave(aci: AciString, options: { stayListed: boolean }): Promise<void> {
    const devices = await this.getAllDevicesByServiceId(aci)
    const [primary] = devices
    if (primary === undefined) throw new Error('no such account')
    for (const id of [primary.aci, primary.pni]) if (id !== undefined) this.gone.add(id)
    for (const device of devices) this.expireLetters(device)
    if (!options.stayListed && primary.number !== undefined) this.#directory.unlist(primary.number)
    this.closeConnections(aci, signedOut)
  }

  /** The account is on Signal again, with the identity it had. */
  async comeBack(aci: AciString): Promise<void> {
    const primary = await this.getDeviceByServiceId(aci)
    if (primary === undefined) throw new Error('no such account')
    for (const id of [primary.aci, primary.pni]) if (id !== undefined) this.gone.delete(id)
    this.list(primary)
  }

  /** The account is listed with its present number in the place of `former`. */
  relist(device: Device, former: string): void {
    this.#directory.unlist(former)
    this.list(device)
  }

  /** The first device of whoever is registered with this number now. */
  async findByNumber(e164: string): Promise<Device | undefined> {
    const listing = this.#directory.find(e164)
    return listing === undefined ? undefined : await this.getDeviceByServiceId(listing.aci as AciString)
  }

  /**
   * The phone scans the code of a device that wants to be linked, and hands it the account. Resolves with the device
   * when it has uploaded its keys. `contacts` are what the phone answers when the device asks for its address book.
   */
  async link(uri: string, phone: PrimaryDevice, contacts: readonly PhoneContact[]): Promise<Device> {
    const list = sealAttachment(serializeContacts(contacts.map((contact) => ({ ...contact }))))
    Reflect.set(phone, 'contactsBlob', list.pointer(await this.storeAttachment(list.blob)))
    const waiting = await this.waitForProvision()
    return await waiting.complete({ provisionURL: uri, primaryDevice: phone })
  }

  /** Another device of an account that was registered here, under an encrypted name (base64). It says nothing itself. */
  async addDevice(aci: AciString, encryptedName: string): Promise<Device> {
    const primary = await this.getDeviceByServiceId(aci)
    if (primary === undefined) throw new Error('no such account')
    const device = await this.registerDevice({
      primary,
      password: randomBytes(10).toString('hex'),
      registrationId: registrationId(),
      pniRegistrationId: registrationId(),
    })
    this.tap.deviceNames.set(`${aci}.${device.deviceId}`, encryptedName)
    return device
  }

  /** The number of a verification session that a code was given for. */
  numberOfSession(sessionId: string): string | undefined {
    const store = this.getVerificationSession(sessionId)
    return store?.session.verified === true ? store.number : undefined
  }

  /** The account is registered again: its devices are signed out, its letters and keys are gone. */
  async takeOver(device: Device, password: string, ids: { aci: number; pni: number }): Promise<void> {
    for (const other of await this.getAllDevicesByServiceId(device.aci)) {
      if (other !== device) await this.unlink(other)
    }
    this.expireLetters(device)
    this.profiles.forget(device.aci)
    this.closeConnections(device.aci, signedOut)
    for (const id of [device.aci, device.checkedPni]) this.gone.delete(id)
    // The mock has no door for a second registration of an account; these are the fields that it reads.
    Reflect.set(device, 'registrationId', ids.aci)
    Reflect.set(device, 'pniRegistrationId', ids.pni)
    const known: Map<string, unknown> = Reflect.get(this, 'devicesByAuth')
    known.set(`${device.aci}.${device.deviceId}`, { password, device })
  }

  deviceName({ aci, deviceId }: Device): string | undefined {
    return this.tap.deviceNames.get(`${aci}.${deviceId}`)
  }

  nameDevice({ aci, deviceId }: Device, encryptedName: string): void {
    this.tap.deviceNames.set(`${aci}.${deviceId}`, encryptedName)
  }

  setListed(device: Device, isListed: boolean): void {
    if (isListed) this.list(device)
    else this.#directory.unlist(device.checkedNumber)
  }

  /** The account was deleted: its number is free, for an account of its own. */
  async forget(device: Device): Promise<void> {
    this.registrations.forget(device.checkedNumber)
    await this.leave(device.aci, { stayListed: false })
  }

  /** The phone removes a linked device, which is signed out at once. */
  async unlink(device: Device): Promise<void> {
    this.expireLetters(device)
    await this.removeDeviceByServiceId(device.aci, device.deviceId)
    this.closeConnectionsOf(device, signedOut)
  }

  override async registerDevice(options: RegisterDeviceOptions): Promise<Device> {
    const { number } = options
    if (options.primary === undefined && number !== undefined) {
      const former = this.#directory.find(number)
      // A number has one account; the mock would keep both alive.
      if (former !== undefined) await this.leave(former.aci as AciString, { stayListed: false })
    }
    return await super.registerDevice(options)
  }

  async #install(device: Device, profileName: string, account?: PrimaryDevice): Promise<PrimaryDevice> {
    const nobody = sealAttachment(Buffer.alloc(0))
    const contacts = nobody.pointer(await this.storeAttachment(nobody.blob))
    const server = {
      host: this,
      trustRoot: this.#trustRoot,
      serverPublicParams: this.zkSecret.getPublicParams(),
      contacts,
    }
    return await installPhone(server, device, profileName, account)
  }
}
