/**
 * Signal's mock server with what the sandbox and the tests need of a real one and it has not: a queue per device that loses
 * nothing, delivery to devices of any kind, random verification codes, refusals at connect, and stopping and starting again
 * on the same port with the same accounts. What it overrides of the mock is here; the life of accounts is `SignalHost`.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { writeAsynchronously } from './asynchronous-writes.ts'
import { ContentFiles } from './content-files.ts'
import type { DirectoryFile } from './directory-file.ts'
import { envelopeOf, stamped } from './envelope.ts'
import type { SignalFaults } from './faults.ts'
import { GroupRoutes } from './group-routes.ts'
import { modifyGroup } from './group-rules.ts'
import { Mailbox, type Recipient } from './mailbox.ts'
import {
  type AciString,
  type Device,
  type EnvelopeType,
  MockServer,
  type PrimaryDevice,
  type ServiceIdKind,
  type ServiceIdString,
  sealAttachment,
} from './mock.ts'
import { ProfileShelf } from './profile-routes.ts'
import { Registrations } from './registrations.ts'
import type { ChatRequest, ConnectionTap, Reply } from './signal-connection.ts'
import { SignalConnections } from './signal-connections.ts'

/** The mock's fixed code, replaced by a random one. */
const codeOfMock = '111111'
/** Close code of the chat websocket. */
const connectedElsewhere = 4409

export interface VerificationCode {
  e164: string
  /** Six digits. */
  code: string
  transport: 'sms' | 'voice'
}

export interface MockHostOptions {
  directory: DirectoryFile
  faults: SignalFaults
  /** Where uploaded attachments go. */
  cdnDir: string
  onVerificationCode: (request: VerificationCode) => void
  /** Makes a verification code of six digits. */
  nextCode: () => string
}

type ChatSocket = Parameters<MockServer['addWebSocket']>[1]
type VerificationStore = Parameters<MockServer['saveVerificationSession']>[0]

export abstract class MockHost extends MockServer implements ConnectionTap {
  readonly groupRoutes = new GroupRoutes(this, () => this.zkSecret)
  readonly profiles = new ProfileShelf(this.groupRoutes.avatars)
  readonly files: ContentFiles
  readonly registrations = new Registrations()
  /** What looks at every request of a chat connection. */
  protected abstract readonly tap: ConnectionTap
  /** Who has left Signal. */
  protected readonly gone = new Set<ServiceIdString>()
  readonly #options: MockHostOptions
  readonly #mailboxes = new Map<Device, Mailbox>()
  readonly #attached = new Map<Device, { socket: ChatSocket; detach: () => void }>()
  readonly #connections: SignalConnections
  /** Primaries made by the mock itself, which it feeds in its own way. */
  readonly #ofMock = new Set<AciString>()

  constructor(options: MockHostOptions) {
    super({ cdn3Path: options.cdnDir })
    this.files = new ContentFiles(options.cdnDir, (key, blob) => this.storeAttachmentOnCdn(3, key, blob))
    this.#options = options
    this.#connections = new SignalConnections(this, options.faults)
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. Returns the port. */
  async open(port: number): Promise<number> {
    await this.listen(port, '127.0.0.1')
    // The mock makes this directory behind our back, and brings the process down when it is gone before that ends.
    await mkdir(this.#options.cdnDir, { recursive: true })
    const https = this.https
    if (https === undefined) throw new Error('the mock server did not open')
    writeAsynchronously(https)
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

  /** As `closeConnections`, of one device. */
  protected closeConnectionsOf(device: Device, code: number): void {
    for (const connection of this.#connections.of(device.aci)) {
      if (connection.authenticatedAs === device) connection.close(code)
    }
  }

  /** How many chat connections with credentials are open for this account. */
  connectionsOf(aci: string): number {
    return this.#connections.of(aci).length
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
    return this.gone.has(serviceId)
  }

  override async createPrimaryDevice(
    options: Parameters<MockServer['createPrimaryDevice']>[0],
  ): Promise<PrimaryDevice> {
    const primary = await super.createPrimaryDevice(options)
    this.#ofMock.add(primary.device.aci)
    if (primary.device.number !== undefined) this.list(primary.device)
    return primary
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
    return await this.tap.before(request)
  }

  async after(request: ChatRequest, reply: { status: number; body: unknown }): Promise<'answer' | 'lose'> {
    return await this.tap.after(request, reply)
  }

  beside(request: ChatRequest): Readonly<Record<string, unknown>> | undefined {
    return this.tap.beside(request)
  }

  #mailbox(device: Device): Mailbox {
    const mailbox = this.#mailboxes.get(device) ?? new Mailbox()
    this.#mailboxes.set(device, mailbox)
    return mailbox
  }

  /** Puts somebody into the directory, with the number of now. */
  protected list(device: Device): void {
    if (device.number === undefined || device.pni === undefined) return
    this.#options.directory.list({ e164: device.number, aci: device.aci, pni: device.pni.replace(/^PNI:/, '') })
  }
}
