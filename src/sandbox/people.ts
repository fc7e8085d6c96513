/**
 * People on Signal: an account with one or more simulated devices, who read, answer, go offline, leave Signal and
 * return, and get a new phone. What their devices decrypted is the judge of "nothing lost, nothing twice".
 */
import type { AciString, Device, PrimaryDevice } from './mock.ts'
import { EMPTY_DATA_MESSAGE, Proto, ServiceIdKind, StorageState } from './mock.ts'
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

const emptySync = { read: null, stickerPackOperation: null, viewed: null, padding: null }
const emptySent = {
  destinationE164: null,
  destinationServiceId: null,
  message: null,
  expirationStartTimestamp: null,
  unidentifiedStatus: null,
  isRecipientUpdate: null,
  storyMessage: null,
  storyMessageRecipients: null,
  editMessage: null,
}

/** How much of a long text a message itself holds. */
const bodyCharacters = 500

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

export class SignalPerson {
  readonly name: string
  readonly e164: string
  readonly aci: AciString
  /** May be changed at any time. */
  readonly habits: PhoneHabits
  readonly #host: SignalHost
  readonly #listeners = new Set<TextListener>()
  #phones: SimulatedPhone[] = []
  #onSignal = true
  #lastTimestampMs = 0

  private constructor(host: SignalHost, options: PersonOptions, primary: PrimaryDevice) {
    this.name = options.name
    this.e164 = options.e164
    this.aci = primary.device.aci
    this.habits = { deliveryReceipts: true, readReceipts: false, serverReceipts: false, ...options.habits }
    this.#host = host
    this.#phones = [this.#phone(primary)]
  }

  /** Somebody new on the server, online, with one phone. */
  static async join(host: SignalHost, options: PersonOptions): Promise<SignalPerson> {
    const person = new SignalPerson(host, options, await host.createPhone(options.name, options.e164))
    await person.goOnline()
    return person
  }

  get online(): boolean {
    return this.#phones.some((phone) => phone.online)
  }

  get onSignal(): boolean {
    return this.#onSignal
  }

  /** Texts in the order of arrival, as the first device shows them. */
  get texts(): readonly DecryptedText[] {
    return this.#first.texts
  }

  /** Receipts that came to the first device. */
  get receipts(): readonly ReceivedReceipt[] {
    return this.#first.receipts
  }

  /** What linked devices of this account told the first one of their sending. */
  get transcripts(): readonly Transcript[] {
    return this.#first.transcripts
  }

  /** What linked devices of this account said of safety numbers (state 0: not compared, 1: compared). */
  get verdicts(): readonly { aci: string; state: number; identityKey: string }[] {
    return this.#first.verdicts
  }

  /** What linked devices of this account have read. */
  get readElsewhere(): readonly { authorAci: string; timestampMs: number }[] {
    return this.#first.readElsewhere
  }

  get viewedElsewhere(): readonly { authorAci: string; timestampMs: number }[] {
    return this.#first.viewedElsewhere
  }

  /** What else linked devices of this account told the first one. */
  get syncs(): readonly NonNullable<Proto.SyncMessage['content']>[] {
    return this.#first.syncs
  }

  ledger(): DeviceLedger[] {
    return this.#phones.map((phone) => ({
      deviceId: phone.device.deviceId,
      online: phone.online,
      waiting: this.#host.waiting(phone.device),
      texts: phone.texts,
      receipts: phone.receipts,
      failures: phone.failures,
      replays: phone.replays,
    }))
  }

  /** The account's public identity key (33 octets). */
  async identityKey(): Promise<Uint8Array> {
    return (await this.#first.device.getIdentityKey(ServiceIdKind.ACI)).serialize()
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
    const phone = this.#phone(await this.#host.createLinkedPhone(this.#first.protocol))
    this.#phones.push(phone)
    if (this.online) await phone.goOnline()
    return phone.device.deviceId
  }

  /**
   * Scans the code of a gateway that wants to be linked with this person's phone, whose address book holds `contacts`.
   * Resolves with the gateway's device id when it has uploaded its keys.
   */
  async link(uri: string, contacts: readonly SignalPerson[]): Promise<number> {
    const book = contacts.map(({ name, e164, aci }) => ({
      aciBinary: Buffer.from(aci.replaceAll('-', ''), 'hex'),
      number: e164,
      profileName: name,
    }))
    return (await this.#host.link(uri, this.#first.protocol, book)).deviceId
  }

  /** Has another number from now on, and with it another phone-number identity, which linked devices are told. */
  async changeNumber(): Promise<{ e164: string; pni: string }> {
    const { protocol, device } = this.#first
    const former = device.checkedNumber
    for (const other of await this.#host.getAllDevicesByServiceId(this.aci)) {
      // The mock tells those devices alone that it has made itself.
      if (this.#phones.every((phone) => phone.device !== other)) protocol.addSecondaryDevice(other)
    }
    await protocol.changeNumber({ timestamp: this.#nextTimestamp() })
    this.#host.relist(device, former)
    return { e164: device.checkedNumber, pni: device.checkedPni.replace(/^PNI:/, '') }
  }

  /** Unlinks a device: sends that still address it are refused with 409. */
  async removeDevice(deviceId: number): Promise<void> {
    const devices = await this.#host.getAllDevicesByServiceId(this.aci)
    const device = devices.find((other) => other.deviceId === deviceId)
    if (device === undefined || device === this.#first.device) {
      throw new Error(`${this.name} has no linked device ${deviceId}`)
    }
    this.#phones.find((phone) => phone.device === device)?.goOffline()
    this.#phones = this.#phones.filter((phone) => phone.device !== device)
    await this.#host.unlink(device)
  }

  /** Their profile has this picture from now on; undefined: none. */
  showPicture(picture: Uint8Array | undefined): void {
    this.#host.profiles.show(this.#first.protocol, picture)
  }

  /** Leaves Signal. `stayListed`: contact discovery still has the number, only sending finds nobody. */
  async leaveSignal(options: { stayListed: boolean }): Promise<void> {
    this.goOffline()
    this.#onSignal = false
    await this.#host.leave(this.aci, options)
  }

  /** Is on Signal again, with the identity of before. */
  async returnToSignal(): Promise<void> {
    await this.#host.comeBack(this.aci)
    this.#onSignal = true
    await this.goOnline()
  }

  /** A new phone without a backup: same account, new identity key, so that the safety number changes. */
  async reinstall(): Promise<void> {
    const wasOnline = this.online
    this.goOffline()
    for (const phone of this.#phones.slice(1)) {
      await this.#host.removeDeviceByServiceId(this.aci, phone.device.deviceId)
    }
    const former = this.#first
    const phone = this.#phone(await this.#host.reinstallPhone(former.protocol))
    phone.takeOver(former)
    this.#phones = [phone]
    if (wasOnline) await phone.goOnline()
  }

  /**
   * Sends a text over Signal to whoever has this number there. Resolves with its timestamp when the server has it;
   * `acknowledged` resolves when all devices of the recipient have acknowledged it.
   */
  async sendText(
    toE164: string,
    text: string,
    options: { sealed?: boolean; timestampMs?: number } = {},
  ): Promise<{ timestampMs: number; acknowledged: Promise<unknown> }> {
    if (!this.#onSignal) throw new Error(`${this.name} is not on Signal`)
    const to = await this.#host.findByNumber(toE164)
    if (to === undefined) throw new Error(`nobody is on Signal with ${toE164}`)
    const timestampMs = options.timestampMs ?? this.#nextTimestamp()
    const { acknowledged } = await this.#first.sendText(to.aci, { text, timestampMs, sealed: options.sealed ?? true })
    return { timestampMs, acknowledged }
  }

  /** Tells the author that these messages were delivered or read. */
  async sendReceipt(toE164: string, kind: 'delivered' | 'read', timestampsMs: readonly number[]): Promise<void> {
    const to = await this.#host.findByNumber(toE164)
    if (to === undefined) throw new Error(`nobody is on Signal with ${toE164}`)
    await this.#first.sendReceipt(to.aci, kind, timestampsMs)
  }

  /** A data message with anything in it. Resolves with its timestamp when the server has it. */
  async sendMessage(
    toE164: string,
    message: Partial<Proto.DataMessage.Params>,
    timestampMs = this.#nextTimestamp(),
  ): Promise<number> {
    const dataMessage = { ...EMPTY_DATA_MESSAGE, ...message, timestamp: BigInt(timestampMs) }
    await this.#sendContent(toE164, { dataMessage }, timestampMs)
    return timestampMs
  }

  /** A text longer than what a message holds: the beginning, and the whole at the content server. */
  async sendLongText(toE164: string, text: string): Promise<number> {
    const attachment = await this.#host.storeText(text)
    return await this.sendMessage(toE164, { body: text.slice(0, bodyCharacters), attachments: [attachment] })
  }

  /** A file, with words or without; looked at once where `viewOnce` says so. */
  async sendFile(
    toE164: string,
    file: { content: Uint8Array; contentType: string; fileName?: string; voice?: boolean },
    more: { text?: string; viewOnce?: boolean } = {},
  ): Promise<number> {
    const { content, contentType, fileName = null, voice = false } = file
    const attachment = await this.#host.files.put(content, { contentType, fileName, voice })
    return await this.sendMessage(toE164, {
      body: more.text ?? null,
      attachments: [attachment],
      isViewOnce: more.viewOnce ?? null,
    })
  }

  /** Changes a text that was sent. */
  async editText(toE164: string, targetMs: number, text: string): Promise<number> {
    const timestampMs = this.#nextTimestamp()
    const dataMessage = { ...EMPTY_DATA_MESSAGE, body: text, timestamp: BigInt(timestampMs) }
    const editMessage = { targetSentTimestamp: BigInt(targetMs), dataMessage }
    await this.#sendContent(toE164, { editMessage }, timestampMs)
    return timestampMs
  }

  /**
   * Writes on the own phone: the recipient gets it, and the account's other devices are told. `named`: what the phone calls
   * the recipient by; nobody gets it where that is only told (`toldOnly`).
   */
  async writeOnPhone(
    toE164: string,
    message: Partial<Proto.DataMessage.Params>,
    options: { named?: 'aci' | 'pni' | 'number'; toldOnly?: boolean; edits?: number } = {},
  ): Promise<number> {
    const to = await this.#recipient(toE164)
    const timestampMs = this.#nextTimestamp()
    const dataMessage = { ...EMPTY_DATA_MESSAGE, ...message, timestamp: BigInt(timestampMs) }
    const edit = { targetSentTimestamp: BigInt(options.edits ?? 0), dataMessage }
    const content = options.edits === undefined ? { dataMessage } : { editMessage: edit }
    if (options.toldOnly !== true && to.aci !== this.aci) await this.#first.sendContent(to.aci, content, timestampMs)
    const { named = 'aci' } = options
    const binary = { aci: to.aciBinary, pni: to.pniBinary, number: null }[named] ?? null
    const sent: Proto.SyncMessage.Sent.Params = {
      ...emptySent,
      timestamp: BigInt(timestampMs),
      destinationE164: toE164,
      destinationServiceIdBinary: binary,
      message: options.edits === undefined ? dataMessage : null,
      editMessage: options.edits === undefined ? null : edit,
    }
    const syncMessage = { ...emptySync, content: { sent } }
    await this.#first.sendContent(this.aci, { syncMessage }, this.#nextTimestamp())
    return timestampMs
  }

  /** Reads messages of somebody on the own phone, which tells the account's other devices. */
  async readOnPhone(authorAci: string, timestampsMs: readonly number[]): Promise<void> {
    const senderAciBinary = new Uint8Array(Buffer.from(authorAci.replaceAll('-', ''), 'hex'))
    const read = timestampsMs.map((ms) => ({ senderAci: null, senderAciBinary, timestamp: BigInt(ms) }))
    const syncMessage = { ...emptySync, read, content: null }
    await this.#first.sendContent(this.aci, { syncMessage }, this.#nextTimestamp())
  }

  /** Calls; nobody here ever answers. Resolves with the time of the call when the server has it. */
  async call(toE164: string, video: boolean): Promise<number> {
    const timestampMs = this.#nextTimestamp()
    const { OFFER_AUDIO_CALL, OFFER_VIDEO_CALL } = Proto.CallMessage.Offer.Type
    const offer = { id: BigInt(timestampMs), type: video ? OFFER_VIDEO_CALL : OFFER_AUDIO_CALL, opaque: null }
    const rest = { answer: null, iceUpdate: null, busy: null, hangup: null, destinationDeviceId: null, opaque: null }
    await this.#sendContent(toE164, { callMessage: { offer, ...rest } }, timestampMs)
    return timestampMs
  }

  /** Takes a text back, for everybody. */
  async deleteText(toE164: string, targetMs: number): Promise<void> {
    await this.sendMessage(toE164, { delete: { targetSentTimestamp: BigInt(targetMs) } })
  }

  /** Reacts to a message of the other side, or of this person. */
  async react(
    toE164: string,
    target: { mine: boolean; timestampMs: number },
    emoji: string,
    removed = false,
  ): Promise<void> {
    const to = await this.#recipient(toE164)
    const author = Buffer.from((target.mine ? this.aci : to.aci).replaceAll('-', ''), 'hex')
    const reaction = {
      emoji,
      remove: removed,
      targetAuthorAci: null,
      targetAuthorAciBinary: author,
      targetSentTimestamp: BigInt(target.timestampMs),
    }
    await this.sendMessage(toE164, { reaction })
  }

  /** A group with these people; others come by `addToGroup`. Its id (base64). */
  async createGroup(title: string, others: readonly SignalPerson[]): Promise<string> {
    const phones = others.map((other) => other.#first.protocol)
    return await this.#first.groups.create(title, phones)
  }

  /** The group of this title that this person has heard of. */
  async groupTitled(title: string): Promise<string | undefined> {
    const { groups } = this.#first
    for (const id of groups.ids) if ((await groups.title(id)) === title) return id
    return undefined
  }

  /** Added when they have written to this person before, else invited. */
  async addToGroup(id: string, e164: string): Promise<'added' | 'invited'> {
    return await this.#first.groups.add(id, await this.#recipient(e164), this.#nextTimestamp())
  }

  async removeFromGroup(id: string, e164: string): Promise<void> {
    await this.#first.groups.remove(id, (await this.#recipient(e164)).aci, this.#nextTimestamp())
  }

  async renameGroup(id: string, title: string): Promise<void> {
    await this.#first.groups.rename(id, title, this.#nextTimestamp())
  }

  /** Writes to all other members. Its timestamp. */
  async sendToGroup(id: string, text: string): Promise<number> {
    const timestampMs = this.#nextTimestamp()
    await this.#first.groups.write(id, text, timestampMs)
    return timestampMs
  }

  /** Changes what this account's devices share at the storage service, and tells them of it. */
  async changeStorage(change: (state: StorageState) => StorageState): Promise<void> {
    const { protocol } = this.#first
    const before = await protocol.getStorageState()
    await protocol.setStorageState(change(before ?? StorageState.getEmpty()), before)
    const { STORAGE_MANIFEST } = Proto.SyncMessage.FetchLatest.Type
    await this.tellDevices({ fetchLatest: { type: STORAGE_MANIFEST } })
  }

  /** Tells this account's linked devices something; resolves when they have acknowledged it. */
  async tellDevices(content: Proto.SyncMessage.Params['content']): Promise<void> {
    const { protocol } = this.#first
    const syncMessage = { content, stickerPackOperation: null, read: null, viewed: null, padding: null }
    const devices = await this.#host.getAllDevicesByServiceId(this.aci)
    for (const device of devices.filter((other) => !this.#phones.some((phone) => phone.device === other))) {
      const whole = { content: { syncMessage }, pniSignatureMessage: null, senderKeyDistributionMessage: null }
      await protocol.sendRaw(device, whole, { timestamp: this.#nextTimestamp() })
    }
  }

  async #sendContent(toE164: string, content: Proto.Content.Params['content'], timestampMs: number): Promise<void> {
    await this.#first.sendContent((await this.#recipient(toE164)).aci, content, timestampMs)
  }

  async #recipient(toE164: string): Promise<Device> {
    const to = await this.#host.findByNumber(toE164)
    if (to === undefined) throw new Error(`nobody is on Signal with ${toE164}`)
    return to
  }

  /** Begins or stops writing, as others see it. */
  async sendTyping(toE164: string, started: boolean): Promise<void> {
    const timestampMs = this.#nextTimestamp()
    const { STARTED, STOPPED } = Proto.TypingMessage.Action
    const typingMessage = { timestamp: BigInt(timestampMs), action: started ? STARTED : STOPPED, groupId: null }
    await this.#sendContent(toE164, { typingMessage }, timestampMs)
  }

  get #first(): SimulatedPhone {
    const [phone] = this.#phones
    if (phone === undefined) throw new Error(`${this.name} has no phone`)
    return phone
  }

  #phone(protocol: PrimaryDevice): SimulatedPhone {
    const phone: SimulatedPhone = new SimulatedPhone(this.#host, protocol, this.habits, (text, pointers) => {
      if (phone !== this.#phones[0]) return
      for (const listener of this.#listeners) listener(text, pointers)
    })
    return phone
  }

  #nextTimestamp(): number {
    this.#lastTimestampMs = Math.max(Date.now(), this.#lastTimestampMs + 1)
    return this.#lastTimestampMs
  }
}
