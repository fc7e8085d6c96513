/**
 * Texts that are longer than what a message holds: the body has the beginning, an attachment of its own type has the
 * whole (reference/signal-service.md 5.3). Outgoing ones are uploaded first; of incoming ones the beginning is shown at
 * once, and the whole takes its place when it was fetched. What is still to be fetched is on record.
 */
import { CausewayError } from '../domain/errors.ts'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { openAttachment, sealAttachment } from './attachments.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import { isLongText, longTextType, words } from './content.ts'
import type { ContentServer } from './content-server.ts'
import { uploadWhole } from './content-upload.ts'
import { asCauseway } from './errors.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { cipherOf } from './groups/known.ts'
import { findPeer, idsOf } from './peers.ts'
import type { DataMessage } from './proto/data-message.ts'
import { dataMessageCodec } from './proto/messages.ts'
import { rangesIn } from './ranges.ts'

/** What a body may hold; official clients cut there. */
const bodyOctetsMax = 2_048
/** More than any client shows of a text; with padding and the cipher's own octets. */
const blobOctetsMax = 1024 * 1024
/** Content servers keep an attachment for some 45 days at most. */
const keptMs = 45 * 24 * 3600_000
/** Texts of which the first that can be had is fetched. */
const page = 100

export class LongTexts {
  readonly #db: Database
  readonly #chat: Chat
  readonly #server: ContentServer
  readonly #sink: SignalSink
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #own: string
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds
  /** That could not be had in this run. */
  readonly #held = new Set<string>()

  constructor(parts: {
    db: Database
    chat: Chat
    server: ContentServer
    sink: SignalSink
    clock: Clock
    random: Random
    log: Log
    /** Our own ACI. */
    own: string
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#server = parts.server
    this.#sink = parts.sink
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#own = parts.own
    this.#rounds = new Rounds(
      () => this.#fetchOne(),
      (error) => this.#log.info({ code: asCauseway(error).code }, 'the rest of a long text waits'),
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#rounds.stop()
  }

  /** The parts of a message that hold this text, uploaded where needed. Errors as `SignalAccount.sendText`. */
  async pack(text: string): Promise<Pick<DataMessage, 'body' | 'attachments'>> {
    const octets = Buffer.from(text)
    if (octets.length <= bodyOctetsMax) return { body: text }
    const { blob, pointer } = sealAttachment(octets, this.#random)
    const place = await uploadWhole(this.#server, this.#chat.authenticated(), blob, this.#stopping.signal)
    const attachment = { ...pointer, ...place, contentType: longTextType, uploadTimestamp: this.#clock.now() }
    return { body: beginning(octets), attachments: [attachment] }
  }

  /**
   * Takes note of a message whose whole text is still to be fetched; `sentTo` where our own other device wrote it. False
   * when it has no such thing.
   */
  async owe(
    transaction: DatabaseTransaction,
    aci: string,
    timestampMs: number,
    message: DataMessage,
    sentTo?: PeerIds,
  ): Promise<boolean> {
    if (!(message.attachments ?? []).some(isLongText)) return false
    await transaction
      .insertInto('signal_texts_due')
      .values({
        aci,
        timestamp_ms: timestampMs,
        message: dataMessageCodec.encode(message),
        due_at_ms: this.#clock.now(),
        sent_to_json: sentTo === undefined ? null : JSON.stringify(sentTo),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return true
  }

  /** Fetches what is due. Never throws; what the network kept from being fetched stays due. */
  async fetch(): Promise<void> {
    this.#held.clear()
    await this.#rounds.run()
  }

  /** False when nothing is due. */
  async #fetchOne(): Promise<boolean> {
    const rows = await this.#db.selectFrom('signal_texts_due').selectAll().orderBy('due_at_ms').limit(page).execute()
    const nameOf = ({ aci, timestamp_ms: timestampMs }: (typeof rows)[number]) => `${aci} ${timestampMs}`
    const due = rows.find((row) => !this.#held.has(nameOf(row)))
    if (due === undefined) return false
    const message = dataMessageCodec.decode(due.message)
    let whole: DataMessage
    try {
      whole = await this.#whole(message, due.due_at_ms)
    } catch (error) {
      const { code } = asCauseway(error)
      if (code === 'signal-unreachable' || this.#stopping.signal.aborted) throw error
      // What is wrong with this one is no reason to let the others wait.
      this.#held.add(nameOf(due))
      this.#log.info({ code }, 'the rest of one long text waits')
      return true
    }
    const text = words(whole) ?? ''
    const change = { kind: 'completed', text, ranges: rangesIn(whole, text, this.#own) } as const
    const sentTo: PeerIds | undefined = due.sent_to_json === null ? undefined : JSON.parse(due.sent_to_json)
    const ours = sentTo !== undefined
    const masterKey = message.groupV2?.masterKey
    const groupId = masterKey === undefined ? undefined : cipherOf(masterKey).id
    const author = groupId === undefined || ours ? {} : { authorAci: due.aci }
    const target = { ours, timestampMs: due.timestamp_ms, ...author }
    await this.#db.transaction().execute(async (transaction) => {
      const ids = { aci: due.aci, pni: undefined, e164: undefined }
      const by = idsOf((await findPeer(transaction, ids)) ?? ids)
      await this.#sink.amend({ by, with: sentTo, target, groupId, timestampMs: due.timestamp_ms, change }, transaction)
      await transaction
        .deleteFrom('signal_texts_due')
        .where('aci', '=', due.aci)
        .where('timestamp_ms', '=', due.timestamp_ms)
        .execute()
    })
    this.#sink.committed()
    return true
  }

  /** The message with its whole text, or with the reason why there is only its beginning. */
  async #whole(message: DataMessage, dueAtMs: number): Promise<DataMessage> {
    const pieces = message.attachments ?? []
    const attachments = pieces.filter((attachment) => !isLongText(attachment))
    const pointer = pieces.find(isLongText) ?? {}
    try {
      const blob = await this.#server.download(pointer, blobOctetsMax, this.#stopping.signal)
      return { ...message, body: openAttachment(blob, pointer).toString(), attachments }
    } catch (error) {
      const isHopeless = CausewayError.is(error) && error.retry === 'never'
      if (!isHopeless && this.#clock.now() - dueAtMs < keptMs) throw error
      const { message: why } = asCauseway(error)
      this.#log.warn({ code: asCauseway(error).code }, 'the rest of a long text cannot be had')
      return { ...message, body: `${message.body ?? ''}\n[the rest of this text cannot be had: ${why}]`, attachments }
    }
  }
}

/** As many whole characters as a body holds. */
function beginning(octets: Buffer): string {
  let end = bodyOctetsMax
  while (((octets[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return octets.subarray(0, end).toString()
}
