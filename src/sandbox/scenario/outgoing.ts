/**
 * What a scenario's gateway sends, in memory: the service's own transports with a journal that lives as long as the run.
 * What has a file goes as a picture message, all else as a text.
 * What certainly has not left is tried again while the modem comes back; what may have left is never sent again, and
 * settled by its report (`report-match.ts`), as in the service.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CausewayError } from '../../domain/errors.ts'
import type { OutgoingMedia } from '../../domain/media.ts'
import type { Receipt } from '../../domain/sink.ts'
import type { AttemptJournal, PartRecord, PartState, Transport } from '../../domain/transport.ts'
import { partReported, type ReportedPart } from '../../routing/report-match.ts'

/** What the service repeats over minutes is repeated over seconds here. */
const RETRY_EVERY_MS = 200
const TRIES_MAX = 150
const VALIDITY_MS = 24 * 3_600_000

export type SentState = 'sending' | 'sent' | 'uncertain' | 'delivered' | 'failed'

export interface SentMessage {
  name: string
  to: string
  text: string
  state: SentState
  /** Why, in words. */
  detail: string
  parts: SentPart[]
}

interface SentPart extends ReportedPart {
  record: PartRecord
}

/** Reports on messages that nobody knows yet. */
const EARLY_MAX = 100

type PictureReceipt = Receipt & { transport: 'mms' }

export type OutgoingTransports = Record<'sms' | 'mms', Pick<Transport, 'send'>>

export class Outgoing {
  readonly messages: SentMessage[] = []
  readonly #transports: OutgoingTransports
  /** By the carrier's names. */
  readonly #names = new Map<string, string>()
  readonly #early: PictureReceipt[] = []
  #nextReference = 1

  constructor(transports: OutgoingTransports) {
    this.#transports = transports
  }

  /** Hands a message in. It goes by itself from here; resolves when nothing is tried any more. */
  async send(
    name: string,
    to: string,
    text: string,
    lane: () => string,
    media: readonly OutgoingMedia[] = [],
  ): Promise<void> {
    const transport = this.#transports[media.length === 0 ? 'sms' : 'mms']
    const message: SentMessage = { name, to, text, state: 'sending', detail: 'not tried yet', parts: [] }
    this.messages.push(message)
    const nowMs = Date.now()
    const attempt = {
      messageId: name,
      attemptId: name,
      text,
      media,
      timestampMs: nowMs,
      validUntilMs: nowMs + VALIDITY_MS,
    }
    const recipient = { e164: to, aci: undefined, pni: undefined }
    for (let tries = 1; message.state === 'sending'; tries++) {
      try {
        const outcome = await transport.send({ ...attempt, recipient, lane: lane() }, this.#journal(message))
        message.state = outcome.kind === 'uncertain' ? 'uncertain' : 'sent'
        message.detail = outcome.detail
      } catch (error) {
        message.detail = error instanceof Error ? error.message : String(error)
        const mayRepeat = CausewayError.is(error) && error.retry === 'same-transport' && tries < TRIES_MAX
        if (mayRepeat) await sleep(RETRY_EVERY_MS)
        else message.state = 'failed'
      }
    }
    settle(message)
  }

  report(receipt: Receipt): void {
    if (receipt.transport === 'mms') this.#pictureReport(receipt)
    if (receipt.transport !== 'sms' || receipt.outcome === 'temporary') return
    const { messageReference, recipientAddress, submittedAtMs, outcome, detail } = receipt
    const candidates = this.messages.filter(({ to }) => digits(to) === digits(recipientAddress))
    const parts = candidates.flatMap((message) => message.parts).reverse()
    const part = partReported(parts, { messageReference, submittedAtMs })
    const message = candidates.find((candidate) => candidate.parts.some((own) => own === part))
    if (part === undefined || message === undefined) return
    part.state = outcome === 'delivered' ? 'delivered' : 'failed'
    part.centre_time_ms = submittedAtMs
    message.detail = detail
    if (message.state !== 'sending') settle(message)
  }

  /** The carrier's name of a message is known once it has taken it; a report may come before that is noted here. */
  named(name: string, mmscMessageId: string): void {
    this.#names.set(mmscMessageId, name)
    for (const receipt of this.#early.splice(0)) this.#pictureReport(receipt)
  }

  #pictureReport(receipt: PictureReceipt): void {
    const name = this.#names.get(receipt.mmscMessageId)
    const message = this.messages.find((one) => one.name === name)
    if (message === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push(receipt)
      return
    }
    if (receipt.kind === 'read') return
    for (const part of message.parts) part.state = receipt.kind
    message.detail = receipt.detail
    if (message.state !== 'sending') settle(message)
  }

  #journal(message: SentMessage): AttemptJournal {
    return {
      plan: async (planned) => {
        if (message.parts.length === 0) {
          message.parts = planned.map(({ part, tpduHex }) => ({
            record: { part, tpduHex, state: 'pending', messageReference: undefined, submittedAtMs: undefined },
            state: 'pending',
            message_reference: null,
            submitted_at_ms: null,
            centre_time_ms: null,
          }))
        }
        return message.parts.map(({ record, state }) => ({ ...record, state }))
      },
      part: async (number, change) => {
        const part = message.parts.find(({ record }) => record.part === number)
        if (part === undefined) return
        // A report may have been quicker than the modem's own answer.
        if (part.state !== 'delivered' && part.state !== 'failed') part.state = change.state satisfies PartState
        part.message_reference = change.messageReference ?? part.message_reference
        if (change.state === 'submitting') part.submitted_at_ms = change.atMs
      },
      nextConcatReference: async () => this.#nextReference++ & 0xff,
    }
  }
}

/** What its parts say about a message that nobody tries any more. */
function settle(message: SentMessage): void {
  const { parts } = message
  if (parts.length === 0) return
  if (parts.every(({ state }) => state === 'delivered')) message.state = 'delivered'
  else if (parts.some(({ state }) => state === 'failed')) message.state = 'failed'
}

function digits(address: string): string {
  return address.replace(/\D/g, '')
}
