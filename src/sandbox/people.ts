/** People on Signal: what the holder of an account writes, answers, takes back and reads, on the phone and in groups. */
import { type PersonOptions, SimulatedAccount } from './account.ts'
import type { Device } from './mock.ts'
import { EMPTY_DATA_MESSAGE, Proto } from './mock.ts'
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

export class SignalPerson extends SimulatedAccount {
  /** Somebody new on the server, online, with one phone. */
  static async join(host: SignalHost, options: PersonOptions): Promise<SignalPerson> {
    const person = new SignalPerson(host, options, await host.createPhone(options.name, options.e164))
    await person.goOnline()
    return person
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
    if (!this.onSignal) throw new Error(`${this.name} is not on Signal`)
    const to = await this.#recipient(toE164)
    const timestampMs = options.timestampMs ?? this.nextTimestamp()
    const { acknowledged } = await this.first.sendText(to.aci, { text, timestampMs, sealed: options.sealed ?? true })
    return { timestampMs, acknowledged }
  }

  /** Tells the author that these messages were delivered or read. */
  async sendReceipt(toE164: string, kind: 'delivered' | 'read', timestampsMs: readonly number[]): Promise<void> {
    const to = await this.#recipient(toE164)
    await this.first.sendReceipt(to.aci, kind, timestampsMs)
  }

  /** A data message with anything in it. Resolves with its timestamp when the server has it. */
  async sendMessage(
    toE164: string,
    message: Partial<Proto.DataMessage.Params>,
    timestampMs = this.nextTimestamp(),
  ): Promise<number> {
    const dataMessage = { ...EMPTY_DATA_MESSAGE, ...message, timestamp: BigInt(timestampMs) }
    await this.#sendContent(toE164, { dataMessage }, timestampMs)
    return timestampMs
  }

  /** A text longer than what a message holds: the beginning, and the whole at the content server. */
  async sendLongText(toE164: string, text: string): Promise<number> {
    const attachment = await this.host.storeText(text)
    return await this.sendMessage(toE164, { body: text.slice(0, bodyCharacters), attachments: [attachment] })
  }

  /** A file, with words or without; looked at once where `viewOnce` says so. */
  async sendFile(
    toE164: string,
    file: { content: Uint8Array; contentType: string; fileName?: string; voice?: boolean },
    more: { text?: string; viewOnce?: boolean } = {},
  ): Promise<number> {
    const { content, contentType, fileName = null, voice = false } = file
    const attachment = await this.host.files.put(content, { contentType, fileName, voice })
    return await this.sendMessage(toE164, {
      body: more.text ?? null,
      attachments: [attachment],
      isViewOnce: more.viewOnce ?? null,
    })
  }

  /** Changes a text that was sent. */
  async editText(toE164: string, targetMs: number, text: string): Promise<number> {
    const timestampMs = this.nextTimestamp()
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
    const timestampMs = this.nextTimestamp()
    const dataMessage = { ...EMPTY_DATA_MESSAGE, ...message, timestamp: BigInt(timestampMs) }
    const edit = { targetSentTimestamp: BigInt(options.edits ?? 0), dataMessage }
    const content = options.edits === undefined ? { dataMessage } : { editMessage: edit }
    if (options.toldOnly !== true && to.aci !== this.aci) await this.first.sendContent(to.aci, content, timestampMs)
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
    await this.first.sendContent(this.aci, { syncMessage }, this.nextTimestamp())
    return timestampMs
  }

  /** Reads messages of somebody on the own phone, which tells the account's other devices. */
  async readOnPhone(authorAci: string, timestampsMs: readonly number[]): Promise<void> {
    const senderAciBinary = new Uint8Array(Buffer.from(authorAci.replaceAll('-', ''), 'hex'))
    const read = timestampsMs.map((ms) => ({ senderAci: null, senderAciBinary, timestamp: BigInt(ms) }))
    const syncMessage = { ...emptySync, read, content: null }
    await this.first.sendContent(this.aci, { syncMessage }, this.nextTimestamp())
  }

  /** Calls; nobody here ever answers. Resolves with the time of the call when the server has it. */
  async call(toE164: string, video: boolean): Promise<number> {
    const timestampMs = this.nextTimestamp()
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
    const phones = others.map((other) => other.first.protocol)
    return await this.first.groups.create(title, phones)
  }

  /** The group of this title that this person has heard of. */
  async groupTitled(title: string): Promise<string | undefined> {
    const { groups } = this.first
    for (const id of groups.ids) if ((await groups.title(id)) === title) return id
    return undefined
  }

  /** Added when they have written to this person before, else invited. */
  async addToGroup(id: string, e164: string): Promise<'added' | 'invited'> {
    return await this.first.groups.add(id, await this.#recipient(e164), this.nextTimestamp())
  }

  async removeFromGroup(id: string, e164: string): Promise<void> {
    await this.first.groups.remove(id, (await this.#recipient(e164)).aci, this.nextTimestamp())
  }

  async renameGroup(id: string, title: string): Promise<void> {
    await this.first.groups.rename(id, title, this.nextTimestamp())
  }

  /** Writes to all other members. Its timestamp. */
  async sendToGroup(id: string, text: string): Promise<number> {
    const timestampMs = this.nextTimestamp()
    await this.first.groups.write(id, text, timestampMs)
    return timestampMs
  }

  /** Begins or stops writing, as others see it. */
  async sendTyping(toE164: string, started: boolean): Promise<void> {
    const timestampMs = this.nextTimestamp()
    const { STARTED, STOPPED } = Proto.TypingMessage.Action
    const typingMessage = { timestamp: BigInt(timestampMs), action: started ? STARTED : STOPPED, groupId: null }
    await this.#sendContent(toE164, { typingMessage }, timestampMs)
  }

  async #sendContent(toE164: string, content: Proto.Content.Params['content'], timestampMs: number): Promise<void> {
    await this.first.sendContent((await this.#recipient(toE164)).aci, content, timestampMs)
  }

  async #recipient(toE164: string): Promise<Device> {
    const to = await this.host.findByNumber(toE164)
    if (to === undefined) throw new Error(`nobody is on Signal with ${toE164}`)
    return to
  }
}
