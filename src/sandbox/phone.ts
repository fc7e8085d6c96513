/**
 * One simulated device of a person on Signal: the mock's `PrimaryDevice` for the protocol, fed from its queue at the
 * server while it is online, with a count of everything it decrypted. Answers delivery receipts and resends what the
 * other side could not decrypt, as an official client does.
 */
import { ErrorCode } from '@signalapp/libsignal-client'
import type { ReceivedFile } from './content-files.ts'
import type { AciString, Device, PrimaryDevice } from './mock.ts'
import { EnvelopeType, Proto, ReceiptType, ServiceIdKind } from './mock.ts'
import { groupIdOf, PhoneGroups } from './phone-groups.ts'
import type { SignalHost } from './signal-host.ts'

/** Sent texts that a device can still resend. */
const sentLogMax = 2_000

/** One message as a device decrypted it. A real client shows it once, however often it came. */
export interface DecryptedText {
  fromAci: string
  fromE164: string | undefined
  /** Sent timestamp of the author's device (ms): with the author the message's identity. */
  timestampMs: number
  text: string
  sealed: boolean
  /** The group it was written in. */
  groupId?: string
  /** Content types of what is attached. */
  attachments: readonly string[]
  /** What is attached, as this phone fetched it. */
  files: readonly ReceivedFile[]
  /** They are to be looked at once. */
  viewOnce: boolean
  /** How often it came again under the same author, timestamp and text. */
  repeats: number
}

/** Hears of a message, and of what is attached to it as it came. */
export type TextListener = (text: DecryptedText, pointers: readonly Proto.AttachmentPointer.Params[]) => void

export interface ReceivedReceipt {
  kind: 'delivered' | 'read' | 'viewed'
  fromAci: string
  timestampsMs: readonly number[]
}

/** What another device of the account sent, as it told this one. */
export interface Transcript {
  toAci: string | undefined
  text: string
}

/** What a device could not read. `replay`: the same ciphertext came twice. */
export interface DecryptionFailure {
  code: string
  detail: string
}

export interface PhoneHabits {
  /** Answers every text with a delivery receipt. */
  deliveryReceipts: boolean
  /** Marks every text as read at once. */
  readReceipts: boolean
  /** The server's own receipt, which the service sends for messages without sealed sender. */
  serverReceipts: boolean
}

export interface OutgoingText {
  text: string
  timestampMs: number
  sealed: boolean
}

export class SimulatedPhone {
  readonly device: Device
  readonly texts: DecryptedText[] = []
  readonly receipts: ReceivedReceipt[] = []
  readonly failures: DecryptionFailure[] = []
  readonly transcripts: Transcript[] = []
  /** Messages that another device of the account has read. */
  readonly readElsewhere: { authorAci: string; timestampMs: number }[] = []
  /** What another device of the account said of safety numbers. */
  readonly verdicts: { aci: string; state: number; identityKey: string }[] = []
  /** The same ciphertext delivered twice: dropped, as a real client does. */
  replays = 0
  /** …or listened to, or looked at. */
  readonly viewedElsewhere: { authorAci: string; timestampMs: number }[] = []
  /** What else other devices of the account told. */
  readonly syncs: NonNullable<Proto.SyncMessage['content']>[] = []
  readonly groups: PhoneGroups
  readonly #host: SignalHost
  readonly #protocol: PrimaryDevice
  readonly #habits: PhoneHabits
  readonly #onText: TextListener
  readonly #sent = new Map<number, OutgoingText>()
  readonly #byIdentity = new Map<string, DecryptedText>()
  #detach: (() => void) | undefined
  #turn: Promise<unknown> = Promise.resolve()

  /** `onText` is called once for each message, repeats left out. */
  constructor(host: SignalHost, protocol: PrimaryDevice, habits: PhoneHabits, onText: TextListener) {
    this.#host = host
    this.#protocol = protocol
    this.device = protocol.device
    this.#habits = habits
    this.#onText = onText
    this.groups = new PhoneGroups(host, protocol, (to, content, timestampMs) =>
      this.sendContent(to, content, timestampMs),
    )
    void this.#keepTranscripts()
  }

  /** Goes on with the counts of the phone that this one replaces. */
  takeOver(former: SimulatedPhone): void {
    this.texts.push(...former.texts)
    this.receipts.push(...former.receipts)
    this.failures.push(...former.failures)
    this.replays = former.replays
    for (const [key, text] of former.#byIdentity) this.#byIdentity.set(key, text)
  }

  get online(): boolean {
    return this.#detach !== undefined
  }

  get protocol(): PrimaryDevice {
    return this.#protocol
  }

  /** Fetches from now on. Resolves when what had waited has been read. */
  goOnline(): Promise<void> {
    if (this.#detach !== undefined) return Promise.resolve()
    return new Promise((drained) => {
      this.#detach = this.#host.attach(this.device, {
        deliver: (letter) =>
          this.#inTurn(async () => {
            if (this.#detach === undefined) return false
            await this.#read(letter)
            return true
          }),
        drained,
      })
    })
  }

  /** Fetches no more; letters wait at the server. */
  goOffline(): void {
    this.#detach?.()
    this.#detach = undefined
  }

  /**
   * Encrypts a text for every device of an account and puts it into their queues. Resolves when it is queued, with a
   * promise of all devices having acknowledged it.
   */
  async sendText(to: AciString, message: OutgoingText): Promise<{ acknowledged: Promise<unknown> }> {
    this.#remember(message)
    return await this.#toAllDevices(to, (device) =>
      this.#protocol.encryptText(device, message.text, {
        timestamp: message.timestampMs,
        sealed: message.sealed,
        withProfileKey: true,
      }),
    )
  }

  /** Encrypts any content for every device of an account: what the mock has no method of its own for. */
  async sendContent(to: AciString, content: Proto.Content.Params['content'], timestampMs: number): Promise<void> {
    const params: Proto.Content.Params = { content, pniSignatureMessage: null, senderKeyDistributionMessage: null }
    type Encrypt = (device: Device, params: Proto.Content.Params, options: object) => Promise<Buffer<ArrayBuffer>>
    // The mock keeps this door shut; its open ones know texts and receipts only.
    const encrypt: Encrypt = Reflect.get(this.#protocol, 'encryptContent')
    await this.#toAllDevices(to, (device) =>
      encrypt.call(this.#protocol, device, params, { timestamp: timestampMs, sealed: true }),
    )
  }

  async sendReceipt(to: AciString, kind: 'delivered' | 'read', timestampsMs: readonly number[]): Promise<void> {
    // `sealed` is taken by the mock although its type does not say so.
    const options = {
      type: kind === 'read' ? ReceiptType.Read : ReceiptType.Delivery,
      messageTimestamps: timestampsMs,
      timestamp: Date.now(),
      sealed: true,
    }
    await this.#toAllDevices(to, (device) => this.#protocol.encryptReceipt(device, options))
  }

  async #toAllDevices(
    to: AciString,
    encrypt: (device: Device) => Promise<Buffer<ArrayBuffer>>,
  ): Promise<{ acknowledged: Promise<unknown> }> {
    if (this.#host.isUnregistered(to)) throw new Error('that account is not on Signal')
    const devices = await this.#host.getAllDevicesByServiceId(to)
    if (devices.length === 0) throw new Error('that account is not on Signal')
    const sent: Promise<void>[] = []
    for (const device of devices) {
      if (device === this.device) continue
      if (!(await this.#hasSession(device))) await this.#startSession(device)
      sent.push(this.#host.send(device, await encrypt(device)))
    }
    return { acknowledged: Promise.all(sent) }
  }

  async #hasSession(device: Device): Promise<boolean> {
    // The mock keeps its sessions to itself; a phone must know whether it has one.
    const sessions: { getSession(address: Device['address']): Promise<unknown> } = Reflect.get(
      this.#protocol,
      'sessions',
    )
    return (await sessions.getSession(device.address)) !== null
  }

  async #startSession(device: Device): Promise<void> {
    await this.#protocol.addSingleUseKey(device, await device.popSingleUseKey(ServiceIdKind.ACI), ServiceIdKind.ACI)
  }

  async #read(letter: Buffer<ArrayBuffer>): Promise<void> {
    try {
      await this.#open(Proto.Envelope.decode(letter))
    } catch (error) {
      if (codeOf(error) === ErrorCode.DuplicatedMessage) this.replays += 1
      else
        this.failures.push({ code: errorName(error), detail: error instanceof Error ? error.message : String(error) })
    }
  }

  async #open(envelope: Proto.Envelope): Promise<void> {
    if (envelope.type === Proto.Envelope.Type.SERVER_DELIVERY_RECEIPT) return
    const source = await this.#sourceOf(envelope)
    const destination = envelope.destinationServiceIdBinary
    const kind = destination === null ? ServiceIdKind.ACI : this.device.getServiceIdBinaryKind(destination)
    const protocol = this.#protocol
    await protocol.handleEnvelope(source, kind, mockType(envelope), Buffer.from(envelope.content ?? []))
    while (protocol.getMessageQueueSize() > 0) await this.#textCame(envelope, await protocol.waitForMessage())
    while (protocol.getReceiptQueueSize() > 0) this.#receiptCame(await protocol.waitForReceipt())
    while (protocol.getDecryptionErrorQueueSize() > 0) await this.#resend(await protocol.waitForDecryptionError())
  }

  async #textCame(
    envelope: Proto.Envelope,
    entry: Awaited<ReturnType<PrimaryDevice['waitForMessage']>>,
  ): Promise<void> {
    const timestampMs = Number(envelope.clientTimestamp)
    if (entry.dataMessage.timestamp !== envelope.clientTimestamp) {
      // Official clients drop such a message.
      this.failures.push({ code: 'timestamp-mismatch', detail: `${entry.dataMessage.timestamp} in ${timestampMs}` })
      return
    }
    const { source, body } = entry
    this.groups.learn(source.aci, entry.dataMessage)
    const masterKey = entry.dataMessage.groupV2?.masterKey
    // It only says what was done to a group.
    if (masterKey != null && body === '' && entry.dataMessage.attachments.length === 0) return
    const key = `${source.aci} ${timestampMs} ${body}`
    const known = this.#byIdentity.get(key)
    const text = {
      fromAci: source.aci,
      fromE164: source.number,
      timestampMs,
      text: body,
      sealed: envelope.type === Proto.Envelope.Type.UNIDENTIFIED_SENDER,
      ...(masterKey == null ? {} : { groupId: groupIdOf(masterKey) }),
      attachments: (entry.dataMessage.attachments ?? []).map(({ contentType }) => contentType ?? ''),
      files: await Promise.all((entry.dataMessage.attachments ?? []).map((pointer) => this.#host.files.fetch(pointer))),
      viewOnce: entry.dataMessage.isViewOnce === true,
      repeats: 0,
    }
    if (known !== undefined) known.repeats += 1
    else {
      this.#byIdentity.set(key, text)
      this.texts.push(text)
    }
    // Resolves when the author has acknowledged it, which may be never.
    if (this.#habits.serverReceipts && !text.sealed) {
      void this.#protocol.sendUnencryptedReceipt(source, { messageTimestamp: timestampMs })
    }
    if (this.#habits.deliveryReceipts) await this.#answer(source.aci, 'delivered', timestampMs)
    if (known !== undefined) return
    if (this.#habits.readReceipts) await this.#answer(source.aci, 'read', timestampMs)
    this.#onText(text, entry.dataMessage.attachments ?? [])
  }

  async #answer(to: AciString, kind: 'delivered' | 'read', timestampMs: number): Promise<void> {
    await this.sendReceipt(to, kind, [timestampMs]).catch((error: unknown) => {
      this.failures.push({ code: 'receipt-not-sent', detail: error instanceof Error ? error.message : String(error) })
    })
  }

  /** The mock has no way to look whether one is there; this one waits for as long as the world lives. */
  async #keepTranscripts(): Promise<void> {
    for (;;) {
      const { syncMessage } = await this.#protocol.waitForSyncMessage()
      for (const { senderAciBinary, timestamp } of syncMessage.read ?? []) {
        this.readElsewhere.push({
          authorAci: uuid(senderAciBinary ?? new Uint8Array()),
          timestampMs: Number(timestamp),
        })
      }
      const verified = syncMessage.content?.verified
      if (verified != null) {
        this.verdicts.push({
          aci: uuid(verified.destinationAciBinary ?? new Uint8Array()),
          state: Number(verified.state ?? 0),
          identityKey: Buffer.from(verified.identityKey ?? new Uint8Array()).toString('hex'),
        })
      }
      if (syncMessage.content != null) this.syncs.push(syncMessage.content)
      for (const { senderAciBinary, timestamp } of syncMessage.viewed ?? []) {
        this.viewedElsewhere.push({
          authorAci: uuid(senderAciBinary ?? new Uint8Array()),
          timestampMs: Number(timestamp),
        })
      }
      const sent = syncMessage.content?.sent
      if (sent?.message == null) continue
      const to = sent.destinationServiceIdBinary
      this.transcripts.push({ toAci: to == null ? undefined : uuid(to), text: sent.message.body ?? '' })
    }
  }

  #receiptCame(entry: Awaited<ReturnType<PrimaryDevice['waitForReceipt']>>): void {
    const { type, timestamp } = entry.receiptMessage
    this.receipts.push({
      kind: receiptKind(type),
      fromAci: entry.source.aci,
      timestampsMs: timestamp.map(Number),
    })
  }

  /** The other side could not decrypt: a fresh session, and the same message under its own timestamp. */
  async #resend(entry: Awaited<ReturnType<PrimaryDevice['waitForDecryptionError']>>): Promise<void> {
    const message = this.#sent.get(entry.timestamp)
    await this.#startSession(entry.source)
    if (message === undefined) return
    const envelope = await this.#protocol.encryptText(entry.source, message.text, {
      timestamp: message.timestampMs,
      sealed: message.sealed,
      withProfileKey: true,
    })
    void this.#host.send(entry.source, envelope)
  }

  async #sourceOf(envelope: Proto.Envelope): Promise<Device | undefined> {
    if (envelope.sourceServiceIdBinary === null || envelope.sourceServiceIdBinary.length === 0) return undefined
    const aci = uuid(envelope.sourceServiceIdBinary) as AciString
    const devices = await this.#host.getAllDevicesByServiceId(aci)
    return devices.find(({ deviceId }) => deviceId === envelope.sourceDeviceId)
  }

  #remember(message: OutgoingText): void {
    this.#sent.set(message.timestampMs, message)
    if (this.#sent.size <= sentLogMax) return
    const [oldest] = this.#sent.keys()
    if (oldest !== undefined) this.#sent.delete(oldest)
  }

  /** One letter at a time: a phone reads its queue in order. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }
}

function receiptKind(type: Proto.ReceiptMessage['type']): ReceivedReceipt['kind'] {
  const { READ, VIEWED } = Proto.ReceiptMessage.Type
  if (type === VIEWED) return 'viewed'
  return type === READ ? 'read' : 'delivered'
}

function mockType(envelope: Proto.Envelope): EnvelopeType {
  const { Type } = Proto.Envelope
  switch (envelope.type) {
    case Type.DOUBLE_RATCHET:
      return EnvelopeType.CipherText
    case Type.PREKEY_MESSAGE:
      return EnvelopeType.PreKey
    case Type.UNIDENTIFIED_SENDER:
      return EnvelopeType.SealedSender
    case Type.PLAINTEXT_CONTENT:
      return EnvelopeType.Plaintext
    default:
      throw new Error(`envelope of type ${String(envelope.type)}`)
  }
}

function uuid(octets: Uint8Array): string {
  return Buffer.from(octets)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function errorName(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? 'Error' : (ErrorCode[code] ?? String(code))
}

/** libsignal's code. Not told by the class: where the mock has a copy of the library beside ours, one's classes serve both. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
}
