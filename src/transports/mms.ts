/**
 * Picture messages, as the router sees them: one lane a modem, beside that for texts and with a queue of its own, since a
 * carrier takes a minute for what a text takes a second. Receiving is `mms-pushes.ts` and `mms-desk.ts`.
 *
 * An attempt is one part in the journal, whose octets are the transaction's name; the same at each repetition, so that the
 * MMSC can know it again. What was handed over without an answer is `uncertain` and not sent again from here.
 */

import { decodePdu } from '../../modem/mms/pdu.ts'
import { toHex } from '../../modem/pdu/octets.ts'
import { CausewayError } from '../domain/errors.ts'
import type { MediaTarget, OutgoingMedia, StoredBlob } from '../domain/media.ts'
import type { FileToFit, Fitted, MmsFitting } from '../domain/mms-fitting.ts'
import {
  BYTES_MAX_DEFAULT,
  SEND_REPEATS_MAX,
  SEND_WAITS_MS,
  smallerThan,
  type Verdict,
  verdictOf,
} from '../domain/mms-outgoing.ts'
import type { CarrierShelf, NotificationShelf } from '../domain/mms-record.ts'
import type { TransportSink } from '../domain/sink.ts'
import { told } from '../domain/told.ts'
import type {
  AttemptJournal,
  Lane,
  LeftOut,
  OutgoingAttempt,
  PartState,
  Reach,
  Recipient,
  SendOutcome,
  Transport,
  UnitOfWork,
} from '../domain/transport.ts'
import { fileOf, pointerOf } from './mms-content.ts'
import type { MmsLine, MmsLines } from './mms-lines.ts'
import { sendReq } from './mms-message.ts'
import type { MmsReading } from './mms-reading.ts'
import { posted } from './mms-results.ts'

/** How often one attempt makes the files smaller; each is one size of `mms-outgoing.ts`. */
const STEPS_MAX = 6
const PART = 1
/** A report comes within days, where the other side allows one. */
const AWAY_RETRY_MS = 15_000

export interface MmsTransportOptions {
  lines: MmsLines
  notifications: Pick<NotificationShelf, 'pdu'>
  carriers: CarrierShelf
  fitting: MmsFitting
  reading: Pick<MmsReading, 'markRead'>
  sink: Pick<TransportSink, 'receipt'>
  settings: {
    /** More than this is not sent, whatever the carrier takes; undefined: what it takes. */
    bytesMax: number | undefined
    deliveryReports: boolean
    readReports: boolean
  }
  clock: () => number
}

/** What is handed over in the journal's name. */
interface Posting {
  line: MmsLine
  attempt: OutgoingAttempt
  to: readonly string[]
  transactionId: string
}

export class MmsTransport implements Transport {
  readonly name = 'mms'
  readonly #options: MmsTransportOptions

  constructor(options: MmsTransportOptions) {
    this.#options = options
  }

  lanes(): readonly Lane[] {
    return this.#options.lines.all().map(({ lane, problem, ownNumber, roaming, rules }) => ({
      id: lane,
      transport: 'mms',
      available: problem === undefined,
      reason: problem,
      ownNumber,
      roaming,
      ...(rules === undefined ? {} : { rules }),
    }))
  }

  onLanes(listener: () => void): () => void {
    return this.#options.lines.onChange(listener)
  }

  async reach(recipients: readonly Recipient[]): Promise<readonly Reach[]> {
    return recipients.map(({ e164, aci, pni }) =>
      e164 === undefined ? { kind: 'not-registered' } : { kind: 'registered', aci, pni },
    )
  }

  async approveIdentity(): Promise<void> {}

  markRead(author: Recipient, timestampsMs: readonly number[], unit: UnitOfWork): Promise<() => void> {
    return this.#options.reading.markRead(author, timestampsMs, unit)
  }

  async send(attempt: OutgoingAttempt, journal: AttemptJournal): Promise<SendOutcome> {
    const { clock } = this.#options
    const line = this.#line(attempt.lane)
    const to = recipientsOf(attempt.recipient)
    if (to.length > line.carrier.recipientsMax) throw tooMany(to.length, line.carrier.recipientsMax)
    const transactionId = transactionOf(attempt.messageId)
    const [part] = await journal.plan([{ part: PART, tpduHex: toHex(new TextEncoder().encode(transactionId)) }])
    const done = outcomeOf(part?.state)
    if (done !== undefined) {
      if (part?.state === 'submitting') {
        await journal.part(PART, { state: 'uncertain', atMs: clock(), detail: 'interrupted while the carrier had it' })
      }
      return done
    }
    return await this.#post({ line, attempt, to, transactionId }, journal)
  }

  /**
   * What these files become in a message with a text of so many octets, at its first try: on the modem whose carrier takes
   * least, of those that can send. Errors: CausewayError `mms-unreachable`; whatever `read` rejects with.
   */
  async preview(files: FileToFit[], textBytes: number): Promise<Fitted> {
    const ready = this.#options.lines.all().filter(({ problem }) => problem === undefined)
    if (ready.length === 0) throw unreachable('no modem here can send any')
    const limits = await Promise.all(ready.map((line) => this.#bytesMax(line)))
    // Of the text, only how long it is counts.
    return await this.#options.fitting.fit({
      text: 'x'.repeat(textBytes),
      files,
      bytesMax: Math.min(...limits),
      step: 0,
    })
  }

  async fetch(pointer: Uint8Array, target: MediaTarget): Promise<StoredBlob> {
    const place = pointerOf(pointer)
    const octets = place === undefined ? undefined : await this.#options.notifications.pdu(place.notificationId)
    const pdu = octets === undefined ? undefined : decodePdu(octets)
    const content = place === undefined || pdu?.type !== 'm-retrieve-conf' ? undefined : fileOf(pdu, place.index)
    if (content === undefined) {
      throw new CausewayError({
        code: 'media-gone',
        message: 'The picture message is not here any more.',
        retry: 'never',
      })
    }
    if (content.length > target.bytesMax) {
      const message = `The file has more than ${target.bytesMax} octets (attachments.bytes_max).`
      throw new CausewayError({ ...told('media-too-large', { bytes_max: target.bytesMax }), message, retry: 'never' })
    }
    const writer = await target.create()
    try {
      await writer.write(content)
      return await writer.finish()
    } catch (error) {
      await writer.discard()
      throw error
    }
  }

  /** Fits the files, hands the message over, and again with smaller ones where the carrier says that it is too large. */
  async #post(posting: Posting, journal: AttemptJournal): Promise<SendOutcome> {
    const { carriers, clock } = this.#options
    const { line } = posting
    let bytesMax = await this.#bytesMax(line)
    for (let step = 0; ; step++) {
      const { pdu, notes, leftOut } = await this.#fit(posting, bytesMax, step)
      await journal.part(PART, { state: 'submitting', atMs: clock(), leftOut })
      const { mmscMessageId, ...outcome } = posted(await line.exchange.submit({ pdu }))
      const verdict = verdictOf(outcome)
      if (verdict.kind === 'too-large') {
        const smaller = smallerThan(Math.min(bytesMax, pdu.length))
        // Nothing but the files can be made smaller.
        if (smaller !== undefined && step + 1 < STEPS_MAX && (posting.attempt.media?.length ?? 0) > 0) {
          await carriers.learnBytesMax(line.carrier.id, smaller, clock())
          bytesMax = smaller
          continue
        }
      }
      return await this.#settle(posting, journal, verdict, { mmscMessageId, notes })
    }
  }

  async #settle(
    { line, attempt, to }: Posting,
    journal: AttemptJournal,
    verdict: Verdict,
    { mmscMessageId, notes }: { mmscMessageId: string | undefined; notes: readonly string[] },
  ): Promise<SendOutcome> {
    const { clock, settings } = this.#options
    const atMs = clock()
    switch (verdict.kind) {
      case 'sent':
      case 'partial': {
        const detail = [verdict.words, ...notes].join('; ')
        if (mmscMessageId !== undefined) await this.#name(attempt.messageId, line.lane, mmscMessageId)
        await journal.part(PART, { state: 'accepted', atMs, detail })
        const isGroup = attempt.recipient.numbers !== undefined
        const recipients = to.map((aci) => ({ aci, outcome: 'sent' as const, detail: verdict.words }))
        return {
          kind: 'accepted',
          detail,
          encrypted: false,
          expectsReceipt: settings.deliveryReports && mmscMessageId !== undefined,
          ...(isGroup ? { recipients } : {}),
        }
      }
      case 'unknown':
        await journal.part(PART, { state: 'uncertain', atMs, detail: verdict.words })
        return { kind: 'uncertain', detail: `${verdict.words}; it may have been sent` }
      case 'later':
        await journal.part(PART, { state: 'pending', atMs, detail: verdict.words })
        throw new CausewayError({
          code: verdict.code,
          message: sentence(verdict.words),
          retry: 'same-transport',
          repetition: { waitsMs: SEND_WAITS_MS, timesMax: SEND_REPEATS_MAX, otherLane: true },
        })
      case 'too-large':
      case 'failed':
        await journal.part(PART, { state: 'failed', atMs, detail: verdict.words })
        throw new CausewayError({ code: verdict.code, message: sentence(verdict.words), retry: 'other-transport' })
    }
  }

  /** The MMSC's name for it is what reports will come under; some may be here already. */
  async #name(messageId: string, lane: string, mmscMessageId: string): Promise<void> {
    const { carriers, sink, clock } = this.#options
    const early = await carriers.sent({ messageId, lane, mmscMessageId, atMs: clock() })
    for (const report of early)
      await sink.receipt({ transport: 'mms', detail: 'the carrier has reported it', ...report })
  }

  /** What this carrier takes, as far as is known. */
  async #bytesMax({ carrier }: MmsLine): Promise<number> {
    const { carriers, settings } = this.#options
    const learnt = await carriers.bytesMax(carrier.id)
    const says = settings.bytesMax ?? carrier.bytesMax ?? BYTES_MAX_DEFAULT
    return learnt === undefined ? says : Math.min(says, learnt)
  }

  /** The PDU, and words for what has no room in it, which the recipient reads too: nothing is left out in silence. */
  async #fit(
    { line, attempt, to, transactionId }: Posting,
    bytesMax: number,
    step: number,
  ): Promise<{ pdu: Uint8Array; notes: readonly string[]; leftOut: readonly LeftOut[] }> {
    const { fitting, clock, settings } = this.#options
    const { subject, words } = headOf(attempt, line.carrier.subjectCharsMax)
    const attached = attempt.media ?? []
    const files = attached.map((media) => ({
      contentType: media.contentType,
      fileName: media.fileName ?? null,
      bytes: media.bytes,
      read: () => octetsOf(media),
    }))
    const { parts, notes, ...fitted }: Fitted =
      files.length === 0
        ? { parts: [], notes: [], leftOut: [] }
        : await fitting.fit({ text: words, files, bytesMax, step })
    const leftOut = fitted.leftOut.map(({ file, reason }) => ({ id: attached[file]?.id ?? '', reason }))
    const text = [words, ...notes.map((note) => `[${note}]`)].filter((words) => words !== '').join('\n')
    const reports = { deliveryReport: settings.deliveryReports, readReport: settings.readReports }
    return { pdu: sendReq({ transactionId, to, subject, text, parts, ...reports, atMs: clock() }), notes, leftOut }
  }

  #line(lane: string): MmsLine {
    const line = this.#options.lines.all().find((one) => one.lane === lane)
    if (line !== undefined && line.problem === undefined) return line
    throw unreachable(line?.problem ?? 'MMS is not set up for it')
  }
}

function unreachable(why: string): CausewayError {
  return new CausewayError({
    code: 'mms-unreachable',
    message: `Picture messages cannot leave through this modem now: ${why}.`,
    retry: 'same-transport',
    retryAfterMs: AWAY_RETRY_MS,
  })
}

/** A subject that the carrier has no room for leads the text instead: it may be cut there, or the message refused. */
function headOf({ subject, text }: OutgoingAttempt, charsMax: number): { subject: string | undefined; words: string } {
  if (subject === undefined || subject.length <= charsMax) return { subject, words: text }
  return { subject: undefined, words: text === '' ? subject : `${subject}\n${text}` }
}

function recipientsOf({ e164, numbers }: Recipient): readonly string[] {
  if (numbers !== undefined) return numbers
  if (e164 !== undefined) return [e164]
  throw new CausewayError({ code: 'no-number', message: 'No phone number of this person is known.', retry: 'never' })
}

/** The same for every try of a message, so that an MMSC that has it already can say so. */
function transactionOf(messageId: string): string {
  return messageId.replace(/^msg_/, 'C')
}

/** What an attempt that is carried on finds to have been done already. */
function outcomeOf(state: PartState | undefined): SendOutcome | undefined {
  switch (state) {
    case 'accepted':
    case 'delivered':
      return { kind: 'accepted', detail: 'accepted by the carrier', encrypted: false, expectsReceipt: true }
    case 'submitting':
    case 'uncertain':
      return {
        kind: 'uncertain',
        detail: 'the message had left when the answer was lost; only a delivery report can tell',
      }
    default:
      return undefined
  }
}

async function octetsOf(media: OutgoingMedia): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of media.read()) pieces.push(Uint8Array.from(piece))
  return new Uint8Array(Buffer.concat(pieces))
}

function tooMany(count: number, max: number): CausewayError {
  return new CausewayError({
    ...told('mms-too-many-recipients', { count, max }),
    message: `The carrier takes ${max} recipients a message, and this is for ${count}. Let the group get a text each.`,
    retry: 'never',
  })
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
