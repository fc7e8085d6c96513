/** One person's phone at the simulated MMSC: inbox, sending, and what it was told about what it had sent. */
import type { StoredMessage } from './mmsc-delivery.ts'
import { HANDSET_INBOX_MAX, type HandsetDraft, type HandsetMessage, shownOf } from './mmsc-handset.ts'

export interface DeliveryReport {
  readonly messageId: string
  readonly to: string
  /** X-Mms-Status. */
  readonly status: number
}

export interface ReadReport {
  readonly messageId: string
  readonly reader: string
  /** X-Mms-Read-Status. */
  readonly readStatus: number
}

export interface HandsetHost {
  /** Gives the Message-ID. */
  send(draft: HandsetDraft): string
  switchedOn(): void
  read(messageId: string): void
}

export class Handset {
  readonly number: string
  /** Every message, oldest first. */
  readonly inbox: HandsetMessage[] = []
  readonly deliveryReports: DeliveryReport[] = []
  readonly readReports: ReadReport[] = []
  private readonly host: HandsetHost
  private readonly listeners = new Set<(message: HandsetMessage) => void>()
  private isSwitchedOn = true

  constructor(number: string, host: HandsetHost) {
    this.number = number
    this.host = host
  }

  get isOn(): boolean {
    return this.isSwitchedOn
  }

  /** Sends a message; gives its Message-ID. Throws MmsError for what no message can hold. */
  send(draft: HandsetDraft): string {
    return this.host.send(draft)
  }

  /** Switches it; what waited for it arrives when it is on again. */
  setOn(isOn: boolean): void {
    this.isSwitchedOn = isOn
    if (isOn) this.host.switchedOn()
  }

  /** Its owner has seen this message: the sender is told if it wanted to be. */
  read(message: HandsetMessage): void {
    this.host.read(message.id)
  }

  /** Calls back for every message. Returns the unsubscribe function. */
  onMessage(listener: (message: HandsetMessage) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Only the MMSC calls this. */
  take(message: StoredMessage, atMs: number): void {
    const received: HandsetMessage = {
      id: message.id,
      from: message.from,
      to: message.to,
      cc: message.cc,
      subject: message.request.subject?.text,
      ...shownOf(message.request.parts),
      atMs,
      wantsReadReport: message.request.readReport === true,
    }
    this.inbox.push(received)
    if (this.inbox.length > HANDSET_INBOX_MAX) this.inbox.shift()
    for (const listener of this.listeners) listener(received)
  }

  /** Only the MMSC calls this. */
  reported(report: DeliveryReport): void {
    this.deliveryReports.push(report)
    if (this.deliveryReports.length > HANDSET_INBOX_MAX) this.deliveryReports.shift()
  }

  /** Only the MMSC calls this. */
  readBy(report: ReadReport): void {
    this.readReports.push(report)
    if (this.readReports.length > HANDSET_INBOX_MAX) this.readReports.shift()
  }
}
