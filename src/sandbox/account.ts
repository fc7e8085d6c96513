/**
 * An account on Signal with one or more simulated devices, which go offline and return, leave Signal, change their number
 * and get a new phone. What its devices decrypted is the judge of "nothing lost, nothing twice".
 */
import type { AciString, PrimaryDevice } from './mock.ts'
import { Proto, ServiceIdKind, StorageState } from './mock.ts'
import type {
  DecryptedText,
  DecryptionFailure,
  PhoneHabits,
  ReceivedReceipt,
  TextListener,
  Transcript,
} from './phone.ts'
import { SimulatedPhone } from './phone.ts'
import type { SignalHost } from './signal-host.ts'

export interface PersonOptions {
  name: string
  e164: string
  habits?: Partial<PhoneHabits>
}

/** What one device has seen, for judges. */
export interface DeviceLedger {
  deviceId: number
  online: boolean
  /** Letters that wait at the server. */
  waiting: number
  texts: readonly DecryptedText[]
  receipts: readonly ReceivedReceipt[]
  failures: readonly DecryptionFailure[]
  replays: number
}

export class SimulatedAccount {
  readonly name: string
  readonly e164: string
  readonly aci: AciString
  /** May be changed at any time. */
  readonly habits: PhoneHabits
  protected readonly host: SignalHost
  readonly #listeners = new Set<TextListener>()
  #phones: SimulatedPhone[] = []
  #onSignal = true
  #lastTimestampMs = 0

  protected constructor(host: SignalHost, options: PersonOptions, primary: PrimaryDevice) {
    this.name = options.name
    this.e164 = options.e164
    this.aci = primary.device.aci
    this.habits = { deliveryReceipts: true, readReceipts: false, serverReceipts: false, ...options.habits }
    this.host = host
    this.#phones = [this.#phone(primary)]
  }

  get online(): boolean {
    return this.#phones.some((phone) => phone.online)
  }

  get onSignal(): boolean {
    return this.#onSignal
  }

  /** Texts in the order of arrival, as the first device shows them. */
  get texts(): readonly DecryptedText[] {
    return this.first.texts
  }

  /** Receipts that came to the first device. */
  get receipts(): readonly ReceivedReceipt[] {
    return this.first.receipts
  }

  /** What linked devices of this account told the first one of their sending. */
  get transcripts(): readonly Transcript[] {
    return this.first.transcripts
  }

  /** What linked devices of this account said of safety numbers (state 0: not compared, 1: compared). */
  get verdicts(): readonly { aci: string; state: number; identityKey: string }[] {
    return this.first.verdicts
  }

  /** What linked devices of this account have read. */
  get readElsewhere(): readonly { authorAci: string; timestampMs: number }[] {
    return this.first.readElsewhere
  }

  get viewedElsewhere(): readonly { authorAci: string; timestampMs: number }[] {
    return this.first.viewedElsewhere
  }

  /** What else linked devices of this account told the first one. */
  get syncs(): readonly NonNullable<Proto.SyncMessage['content']>[] {
    return this.first.syncs
  }

  ledger(): DeviceLedger[] {
    return this.#phones.map((phone) => ({
      deviceId: phone.device.deviceId,
      online: phone.online,
      waiting: this.host.waiting(phone.device),
      texts: phone.texts,
      receipts: phone.receipts,
      failures: phone.failures,
      replays: phone.replays,
    }))
  }

  /** The account's public identity key (33 octets). */
  async identityKey(): Promise<Uint8Array> {
    return (await this.first.device.getIdentityKey(ServiceIdKind.ACI)).serialize()
  }

  /** Calls back for each new text at the first device. Returns the unsubscribe function. */
  onText(listener: TextListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** All devices fetch. Resolves when what had waited has been read. */
  async goOnline(): Promise<void> {
    if (!this.#onSignal) throw new Error(`${this.name} is not on Signal`)
    await Promise.all(this.#phones.map((phone) => phone.goOnline()))
  }

  /** No device fetches; letters wait at the server, and no receipt goes out. */
  goOffline(): void {
    for (const phone of this.#phones) phone.goOffline()
  }

  /** Links one more device, which reads the same messages. Returns its device id. */
  async addDevice(): Promise<number> {
    const phone = this.#phone(await this.host.createLinkedPhone(this.first.protocol))
    this.#phones.push(phone)
    if (this.online) await phone.goOnline()
    return phone.device.deviceId
  }

  /**
   * Scans the code of a gateway that wants to be linked with this person's phone, whose address book holds `contacts`.
   * Resolves with the gateway's device id when it has uploaded its keys.
   */
  async link(uri: string, contacts: readonly SimulatedAccount[]): Promise<number> {
    const book = contacts.map(({ name, e164, aci }) => ({
      aciBinary: Buffer.from(aci.replaceAll('-', ''), 'hex'),
      number: e164,
      profileName: name,
    }))
    return (await this.host.link(uri, this.first.protocol, book)).deviceId
  }

  /** Has another number from now on, and with it another phone-number identity, which linked devices are told. */
  async changeNumber(): Promise<{ e164: string; pni: string }> {
    const { protocol, device } = this.first
    const former = device.checkedNumber
    for (const other of await this.host.getAllDevicesByServiceId(this.aci)) {
      // The mock tells those devices alone that it has made itself.
      if (this.#phones.every((phone) => phone.device !== other)) protocol.addSecondaryDevice(other)
    }
    await protocol.changeNumber({ timestamp: this.nextTimestamp() })
    this.host.relist(device, former)
    return { e164: device.checkedNumber, pni: device.checkedPni.replace(/^PNI:/, '') }
  }

  /** Unlinks a device: sends that still address it are refused with 409. */
  async removeDevice(deviceId: number): Promise<void> {
    const devices = await this.host.getAllDevicesByServiceId(this.aci)
    const device = devices.find((other) => other.deviceId === deviceId)
    if (device === undefined || device === this.first.device) {
      throw new Error(`${this.name} has no linked device ${deviceId}`)
    }
    this.#phones.find((phone) => phone.device === device)?.goOffline()
    this.#phones = this.#phones.filter((phone) => phone.device !== device)
    await this.host.unlink(device)
  }

  /** Their profile has this picture from now on; undefined: none. */
  showPicture(picture: Uint8Array | undefined): void {
    this.host.profiles.show(this.first.protocol, picture)
  }

  /** Leaves Signal. `stayListed`: contact discovery still has the number, only sending finds nobody. */
  async leaveSignal(options: { stayListed: boolean }): Promise<void> {
    this.goOffline()
    this.#onSignal = false
    await this.host.leave(this.aci, options)
  }

  /** Is on Signal again, with the identity of before. */
  async returnToSignal(): Promise<void> {
    await this.host.comeBack(this.aci)
    this.#onSignal = true
    await this.goOnline()
  }

  /** A new phone without a backup: same account, new identity key, so that the safety number changes. */
  async reinstall(): Promise<void> {
    const wasOnline = this.online
    this.goOffline()
    for (const phone of this.#phones.slice(1)) {
      await this.host.removeDeviceByServiceId(this.aci, phone.device.deviceId)
    }
    const former = this.first
    const phone = this.#phone(await this.host.reinstallPhone(former.protocol))
    phone.takeOver(former)
    this.#phones = [phone]
    if (wasOnline) await phone.goOnline()
  }

  /** Changes what this account's devices share at the storage service, and tells them of it. */
  async changeStorage(change: (state: StorageState) => StorageState): Promise<void> {
    const { protocol } = this.first
    const before = await protocol.getStorageState()
    await protocol.setStorageState(change(before ?? StorageState.getEmpty()), before)
    const { STORAGE_MANIFEST } = Proto.SyncMessage.FetchLatest.Type
    await this.tellDevices({ fetchLatest: { type: STORAGE_MANIFEST } })
  }

  /** Tells this account's linked devices something; resolves when they have acknowledged it. */
  async tellDevices(content: Proto.SyncMessage.Params['content']): Promise<void> {
    const { protocol } = this.first
    const syncMessage = { content, stickerPackOperation: null, read: null, viewed: null, padding: null }
    const devices = await this.host.getAllDevicesByServiceId(this.aci)
    for (const device of devices.filter((other) => !this.#phones.some((phone) => phone.device === other))) {
      const whole = { content: { syncMessage }, pniSignatureMessage: null, senderKeyDistributionMessage: null }
      await protocol.sendRaw(device, whole, { timestamp: this.nextTimestamp() })
    }
  }

  /** The phone itself; the other devices are linked with it. */
  protected get first(): SimulatedPhone {
    const [phone] = this.#phones
    if (phone === undefined) throw new Error(`${this.name} has no phone`)
    return phone
  }

  #phone(protocol: PrimaryDevice): SimulatedPhone {
    const phone: SimulatedPhone = new SimulatedPhone(this.host, protocol, this.habits, (text, pointers) => {
      if (phone !== this.#phones[0]) return
      for (const listener of this.#listeners) listener(text, pointers)
    })
    return phone
  }

  /** ms since epoch, and never the same twice: it names a message. */
  protected nextTimestamp(): number {
    this.#lastTimestampMs = Math.max(Date.now(), this.#lastTimestampMs + 1)
    return this.#lastTimestampMs
  }
}
