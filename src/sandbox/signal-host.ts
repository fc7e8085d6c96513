/**
 * Signal's mock server with what the sandbox and the tests need of a real one: a queue per device that loses nothing,
 * delivery to accounts registered over REST, access keys and profile commitments, random verification codes, refusals
 * at connect, and stopping and starting again on the same port with the same accounts.
 *
 * It keeps accounts and letters; what goes wrong on command is `SignalFaults`, who is listed is `DirectoryFile`.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import type { PublicKey } from '@signalapp/libsignal-client'
import { ContentFiles } from './content-files.ts'
import type { DirectoryFile } from './directory-file.ts'
import { envelopeOf, stamped } from './envelope.ts'
import type { SignalFaults } from './faults.ts'
import { GroupRoutes } from './group-routes.ts'
import { modifyGroup } from './group-rules.ts'
import { HostTap, type RequestRecord } from './host-tap.ts'
import { installPhone } from './install-phone.ts'
import type { Recipient } from './mailbox.ts'
import { Mailbox } from './mailbox.ts'
import type { AciString, Device, PrimaryDevice, ServiceIdString } from './mock.ts'
import { type EnvelopeType, MockServer, type ServiceIdKind, sealAttachment, serializeContacts } from './mock.ts'
import { ProfileShelf } from './profile-routes.ts'
import { registrationId } from './registration-id.ts'
import { Registrations } from './registrations.ts'
import type { ChatRequest, ConnectionTap, Reply } from './signal-connection.ts'
import { SignalConnections } from './signal-connections.ts'

/** The mock's fixed code, replaced by a random one. */
const codeOfMock = '111111'
/** Close codes of the chat websocket. */
const signedOut = 4401
const connectedElsewhere = 4409
export interface VerificationCode {
  e164: string
  /** Six digits. */
  code: string
  transport: 'sms' | 'voice'
}

/** An entry of a phone's address book, as the phone tells it to its linked devices. */
export interface PhoneContact {
  aciBinary: Buffer<ArrayBuffer>
  number: string
  profileName: string
}

export interface SignalHostOptions {
  directory: DirectoryFile
  faults: SignalFaults
  /** Signs the certificates of sealed senders. */
  trustRoot: PublicKey
  /** Where uploaded attachments go. */
  cdnDir: string
  onVerificationCode: (request: VerificationCode) => void
  /** Makes a verification code of six digits. */
  nextCode: () => string
}

type ChatSocket = Parameters<MockServer['addWebSocket']>[1]
type VerificationStore = Parameters<MockServer['saveVerificationSession']>[0]
type RegisterDeviceOptions = Parameters<MockServer['registerDevice']>[0]

export class SignalHost extends MockServer implements ConnectionTap {
  readonly groupRoutes = new GroupRoutes(this, () => this.zkSecret)
  readonly profiles = new ProfileShelf(this.groupRoutes.avatars)
  readonly files: ContentFiles
  readonly registrations = new Registrations()
  readonly #options: SignalHostOptions
  readonly #mailboxes = new Map<Device, Mailbox>()
  readonly #attached = new Map<Device, { socket: ChatSocket; detach: () => void }>()
  readonly #connections: SignalConnections
  readonly #gone = new Set<ServiceIdString>()
  /** Primaries made by the mock itself, which it feeds in its own way. */
  readonly #ofMock = new Set<AciString>()
  readonly #tap: HostTap

  constructor(options: SignalHostOptions) {
    super({ cdn3Path: options.cdnDir })
    this.files = new ContentFiles(options.cdnDir, (key, blob) => this.storeAttachmentOnCdn(3, key, blob))
    this.#options = options
    this.#tap = new HostTap(this, options.faults, (device) => this.#list(device))
    this.#connections = new SignalConnections(this, options.faults)
  }

  /** What clients asked for, the newest of it. */
  get requests(): readonly RequestRecord[] {
    return this.#tap.requests
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. Returns the port. */
  async open(port: number): Promise<number> {
    await this.listen(port, '127.0.0.1')
    // The mock makes this directory behind our back, and brings the process down when it is gone before that ends.
    await mkdir(this.#options.cdnDir, { recursive: true })
    const https = this.https
    if (https === undefined) throw new Error('the mock server did not open')
    this.#connections.serve(https)
    return (https.address() as AddressInfo).port
  }

  /** Stops listening and breaks every connection; accounts and letters stay. */
  async shut(): Promise<void> {
    const https = this.https
    if (https === undefined) return
    this.https = undefined
    const closed = new Promise<void>((resolve) => https.close(() => resolve()))
    this.#connections.destroy()
    await closed
  }

  /** Breaks every chat connection without a handshake; clients may come back at once. */
  dropConnections(): void {
    this.#connections.drop()
  }

  /** Closes the chat connections of an account with a WebSocket close code (4401: signed out, 4409: connected elsewhere). */
  closeConnections(aci: string, code: number): void {
    for (const connection of this.#connections.of(aci)) connection.close(code)
  }

  /** How many chat connections with credentials are open for this account. */
  connectionsOf(aci: string): number {
    return this.#connections.of(aci).length
  }

  // Accounts

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
    this.#list(device)
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
    this.#mailbox(device).clear()
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
    for (const id of [primary.aci, primary.pni]) if (id !== undefined) this.#gone.add(id)
    for (const device of devices) this.#mailbox(device).clear()
    if (!options.stayListed && primary.number !== undefined) this.#options.directory.unlist(primary.number)
    this.closeConnections(aci, signedOut)
  }

  /** The account is on Signal again, with the identity it had. */
  async comeBack(aci: AciString): Promise<void> {
    const primary = await this.getDeviceByServiceId(aci)
    if (primary === undefined) throw new Error('no such account')
    for (const id of [primary.aci, primary.pni]) if (id !== undefined) this.#gone.delete(id)
    this.#list(primary)
  }

  /** The account is listed with its present number in the place of `former`. */
  relist(device: Device, former: string): void {
    this.#options.directory.unlist(former)
    this.#list(device)
  }

  /** The first device of whoever is registered with this number now. */
  async findByNumber(e164: string): Promise<Device | undefined> {
    const listing = this.#options.directory.find(e164)
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

  /** Puts a long text at the content server, as a client does that has more to say than a message holds. */
  async storeText(text: string) {
    const sealed = sealAttachment(Buffer.from(text))
    const key = randomBytes(12).toString('hex')
    await this.storeAttachmentOnCdn(3, key, sealed.blob)
    return {
      ...sealed.pointer(key),
      attachmentIdentifier: { cdnKey: key },
      cdnNumber: 3,
      contentType: 'text/x-signal-plain',
    }
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
    this.#tap.deviceNames.set(`${aci}.${device.deviceId}`, encryptedName)
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
    this.#mailbox(device).clear()
    this.profiles.forget(device.aci)
    this.closeConnections(device.aci, signedOut)
    for (const id of [device.aci, device.checkedPni]) this.#gone.delete(id)
    // The mock has no door for a second registration of an account; these are the fields that it reads.
    Reflect.set(device, 'registrationId', ids.aci)
    Reflect.set(device, 'pniRegistrationId', ids.pni)
    const known: Map<string, unknown> = Reflect.get(this, 'devicesByAuth')
    known.set(`${device.aci}.${device.deviceId}`, { password, device })
  }

  deviceName({ aci, deviceId }: Device): string | undefined {
    return this.#tap.deviceNames.get(`${aci}.${deviceId}`)
  }

  nameDevice({ aci, deviceId }: Device, encryptedName: string): void {
    this.#tap.deviceNames.set(`${aci}.${deviceId}`, encryptedName)
  }

  setListed(device: Device, isListed: boolean): void {
    if (isListed) this.#list(device)
    else this.#options.directory.unlist(device.checkedNumber)
  }

  /** The account was deleted: its number is free, for an account of its own. */
  async forget(device: Device): Promise<void> {
    this.registrations.forget(device.checkedNumber)
    await this.leave(device.aci, { stayListed: false })
  }

  /** The phone removes a linked device, which is signed out at once. */
  async unlink(device: Device): Promise<void> {
    this.#mailbox(device).clear()
    await this.removeDeviceByServiceId(device.aci, device.deviceId)
    for (const connection of this.#connections.of(device.aci)) {
      if (connection.authenticatedAs === device) connection.close(signedOut)
    }
  }

  // Letters

  /** Connects a device that lives in this process. Returns what disconnects it. */
  attach(device: Device, recipient: Recipient): () => void {
    return this.#mailbox(device).attach(recipient)
  }

  /** Letters that wait for this device. */
  waiting(device: Device): number {
    return this.#mailbox(device).waiting
  }

  /** What waits for this device has become too old, and goes. */
  expireLetters(device: Device): void {
    this.#mailbox(device).clear()
  }

  /** Has so many letters under way to this device, un-acknowledged; as a rule fewer than Signal's server (`mailbox.ts`). */
  pushAtOnce(target: Device, letters: number): void {
    this.#mailbox(target).inFlightMax = letters
  }

  /** Puts an envelope into a device's queue, stamped by the server. Resolves when the device acknowledged it. */
  override async send(target: Device, message: Buffer<ArrayBuffer>): Promise<void> {
    await this.deliverRaw(target, stamped(message))
  }

  /** Puts octets into a device's queue as they are: hostile envelopes. Resolves when the device acknowledged them. */
  async deliverRaw(target: Device, octets: Buffer<ArrayBuffer>): Promise<void> {
    if (this.isUnregistered(target.aci)) return
    await this.#mailbox(target).put(octets)
  }

  override async handleMessage(
    source: Device | undefined,
    serviceIdKind: ServiceIdKind,
    envelopeType: EnvelopeType,
    target: Device,
    encrypted: Buffer<ArrayBuffer>,
    timestamp: bigint,
  ): Promise<void> {
    if (target.deviceId === 1 && this.#ofMock.has(target.aci)) {
      await super.handleMessage(source, serviceIdKind, envelopeType, target, encrypted, timestamp)
      return
    }
    const envelope = envelopeOf({
      source,
      type: envelopeType,
      target,
      identity: serviceIdKind,
      content: encrypted,
      timestamp,
    })
    // Accepted is not delivered: the sender gets its 200 now.
    void this.#mailbox(target).put(envelope)
  }

  override async addWebSocket(device: Device, socket: ChatSocket): Promise<void> {
    const before = this.#attached.get(device)
    before?.detach()
    before?.socket.close(connectedElsewhere)
    const detach = this.#mailbox(device).attach({
      async deliver(letter) {
        await socket.sendMessage(letter)
        return true
      },
      drained() {
        void socket.sendMessage('empty').catch(() => {})
      },
    })
    this.#attached.set(device, { socket, detach })
  }

  override removeWebSocket(device: Device, socket: ChatSocket): void {
    const attached = this.#attached.get(device)
    if (attached?.socket !== socket) return
    attached.detach()
    this.#attached.delete(device)
  }

  // What the mock asks and tells

  override isUnregistered(serviceId: ServiceIdString): boolean {
    return this.#gone.has(serviceId)
  }

  override async createPrimaryDevice(
    options: Parameters<MockServer['createPrimaryDevice']>[0],
  ): Promise<PrimaryDevice> {
    const primary = await super.createPrimaryDevice(options)
    this.#ofMock.add(primary.device.aci)
    if (primary.device.number !== undefined) this.#list(primary.device)
    return primary
  }

  override async registerDevice(options: RegisterDeviceOptions): Promise<Device> {
    const { number } = options
    if (options.primary === undefined && number !== undefined) {
      const former = this.#options.directory.find(number)
      // A number has one account; the mock would keep both alive.
      if (former !== undefined) await this.leave(former.aci as AciString, { stayListed: false })
    }
    return await super.registerDevice(options)
  }

  override saveVerificationSession(store: VerificationStore): void {
    if (store.lastRequestedCode === codeOfMock && store.lastRequestedTransport !== undefined) {
      store.lastRequestedCode = this.#options.nextCode()
      this.#options.onVerificationCode({
        e164: store.number,
        code: store.lastRequestedCode,
        transport: store.lastRequestedTransport,
      })
    }
    super.saveVerificationSession(store)
  }

  // Groups

  /** By which clients verify what the server says of groups and profiles. */
  get publicParams() {
    return this.zkSecret.getPublicParams()
  }

  override async modifyGroup(options: Parameters<MockServer['modifyGroup']>[0]) {
    return modifyGroup(this.zkSecret, options)
  }

  // The tap on every chat connection

  async before(request: ChatRequest): Promise<Reply | undefined> {
    return await this.#tap.before(request)
  }

  async after(request: ChatRequest, reply: { status: number; body: unknown }): Promise<'answer' | 'lose'> {
    return await this.#tap.after(request, reply)
  }

  beside(request: ChatRequest): Readonly<Record<string, unknown>> | undefined {
    return this.#tap.beside(request)
  }

  async #install(device: Device, profileName: string, account?: PrimaryDevice): Promise<PrimaryDevice> {
    const nobody = sealAttachment(Buffer.alloc(0))
    const contacts = nobody.pointer(await this.storeAttachment(nobody.blob))
    const { trustRoot } = this.#options
    const server = { host: this, trustRoot, serverPublicParams: this.zkSecret.getPublicParams(), contacts }
    return await installPhone(server, device, profileName, account)
  }

  #mailbox(device: Device): Mailbox {
    const mailbox = this.#mailboxes.get(device) ?? new Mailbox()
    this.#mailboxes.set(device, mailbox)
    return mailbox
  }

  #list(device: Device): void {
    if (device.number === undefined || device.pni === undefined) return
    this.#options.directory.list({ e164: device.number, aci: device.aci, pni: device.pni.replace(/^PNI:/, '') })
  }
}
