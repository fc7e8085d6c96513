/**
 * The files of messages: keeps them, fetches what came, and lets go of what nobody names any more.
 *
 *   waiting ─due─► fetching ─► transport.fetch ─► type by its octets · small copy ─► here      one commit
 *      ▲ back-off      └─ cannot be had ─► failed, said once; a person may ask again
 *
 * What is due is on record, so that neither a crash nor a lost network forgets it. At most `FETCHES_MAX` at a time.
 */

import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import { type InboundMedia, type PictureLooks, QUOTED_BYTES_MAX, type StoredBlob } from '../domain/media.ts'
import { Rounds } from '../domain/rounds.ts'
import { keptValues } from '../domain/told.ts'
import type { Transport } from '../domain/transport.ts'
import type { Log } from '../log.ts'
import { versionTimes } from '../store/amendments.ts'
import { findAttachment, pruneUploads, spentOnce, unseenOnce, wipeAttachment } from '../store/attachments.ts'
import { moveAttachment, nextDue, nextDueAtMs, recoverFetching } from '../store/attachments-due.ts'
import { doomedBlobs, forgetBlob, insertBlobs, namedFiles, storedBlob } from '../store/blob-rows.ts'
import type { Blobs } from '../store/blobs.ts'
import type { Database } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { getMessage } from '../store/mailbox.ts'
import { forgetQuotedFile } from '../store/quoted.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import { tellOfFile } from './file-news.ts'
import { type LookedAt, lookAt, tooLarge } from './kept-files.ts'
import { type HandedIn, takeUploads, type Uploaded, type UploadFacts } from './uploads.ts'

const FETCHES_MAX = 2
/** First wait before a repetition; doubles with each… */
const BACK_OFF_MS = 5_000
/** …up to this. */
const BACK_OFF_MAX_MS = 15 * 60_000
/** Networks keep what is attached for some weeks; after that nothing is hoped for. */
const FETCH_FOR_MS = 45 * 24 * 3_600_000
/** What is to be looked at once, and was not, goes this long after it came: as Signal's own apps have it. */
const ONCE_KEPT_MS = 30 * 24 * 3_600_000
/** So many of them are let go of at a time. */
const ONCE_AT_A_TIME = 100
const NEVER_OPENED = { code: 'never-opened', reason: 'it was to be looked at once, and nobody did for 30 days' }
/** Beyond this part of all room nothing is fetched unasked, so that a stranger cannot fill it. */
const AUTOMATIC_SHARE = 0.9
/** A timer may not wait longer than this. */
const TIMER_MAX_MS = 3_600_000

export interface MediaSettings {
  /** Of one file. */
  bytesMax: number
  /** Larger ones are fetched when somebody asks. */
  automaticBytesMax: number
  /** Of all files. */
  totalBytesMax: number
}

export interface MediaOptions {
  db: Database
  events: EventLog
  ids: IdSource
  clock: () => number
  log: Log
  blobs: Blobs
  pictures: PictureLooks
  settings: MediaSettings
  transports: () => readonly Transport[]
}

export class MediaDesk {
  readonly #options: MediaOptions
  readonly #claims: Rounds
  readonly #collecting: Rounds
  readonly #fetches = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  /** Of what is being sent: octets taken by the transport. One entry for each that it reads at the moment. */
  readonly #given = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #started = false

  constructor(options: MediaOptions) {
    this.#options = options
    const failed = (error: unknown) => options.log.error({ err: error }, 'files of messages could not be looked after')
    this.#claims = new Rounds(() => this.#claim(), failed)
    this.#collecting = new Rounds(() => this.#collect(), failed)
  }

  get blobs(): Blobs {
    return this.#options.blobs
  }

  get pictures(): PictureLooks {
    return this.#options.pictures
  }

  /** Removes what no row names, takes up what a crash cut off, and begins to fetch. */
  async start(): Promise<void> {
    const { db, blobs, clock, log } = this.#options
    const { blobs: known, partials } = await namedFiles(db)
    const removed = await blobs.sweep(known, partials)
    if (removed > 0) log.info({ removed }, 'removed files that no message names')
    await recoverFetching(db, clock())
    this.#started = true
    this.poke()
  }

  async stop(): Promise<void> {
    this.#started = false
    clearTimeout(this.#timer)
    this.#stopping.abort()
    await this.#claims.stop()
    await this.#collecting.stop()
    await Promise.all(this.#fetches.values())
  }

  /** Something may be due, or to be let go of. Cheap; called after commits. */
  poke(): void {
    if (!this.#started) return
    void this.#claims.run().then(() => this.#wait())
    void this.#collecting.run()
  }

  /** The content for a transport that sends it; how far that is, `transferred` tells. */
  async *give(id: string, blob: StoredBlob): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      this.#given.set(id, 0)
      for await (const chunk of this.#options.blobs.read(blob)) {
        yield chunk
        this.#given.set(id, (this.#given.get(id) ?? 0) + chunk.length)
      }
    } finally {
      this.#given.delete(id)
    }
  }

  /** Octets of one that is being fetched or sent just now, as they lie at the network's server; else undefined. */
  async transferred({ id, state }: Pick<AttachmentRow, 'id' | 'state'>): Promise<number | undefined> {
    if (state !== 'fetching') return this.#given.get(id)
    return await this.#options.blobs.partial(id).size()
  }

  /** When to fetch a file that came: now, or (null) when somebody asks. */
  dueAtMs({ bytes }: Pick<InboundMedia, 'bytes'>): number | null {
    const { settings, clock, blobs } = this.#options
    const wanted = bytes ?? settings.automaticBytesMax
    const hasRoom = blobs.usedBytes + wanted <= settings.totalBytesMax * AUTOMATIC_SHARE
    return wanted <= settings.automaticBytesMax && hasRoom ? clock() : null
  }

  /** Takes a file that somebody hands in; errors as `addAll`. `announcedBytes`: what it is said to have. */
  async add(
    octets: AsyncIterable<Uint8Array>,
    { contentType, ...facts }: UploadFacts & { contentType: string },
    announcedBytes: number,
    idempotency?: { scope: string; key: string },
  ): Promise<{ row: AttachmentRow; replayed: boolean }> {
    const { bytesMax } = this.#options.settings
    if (announcedBytes > bytesMax) throw tooLarge(bytesMax)
    async function* one(): AsyncGenerator<HandedIn> {
      yield { octets, contentType }
    }
    const { rows, replayed } = await this.addAll(one(), () => facts, idempotency)
    return { row: rows[0], replayed }
  }

  /** Takes all of the files that somebody hands in, or none; see `takeUploads`. */
  addAll<File extends HandedIn>(
    files: AsyncIterable<File>,
    factsOf: (file: File) => UploadFacts,
    idempotency?: { scope: string; key: string },
  ): Promise<Uploaded> {
    return takeUploads(this.#options, files, factsOf, idempotency)
  }

  /** Asks for one that is not here; also for one that failed. Errors: `unknown-attachment`, `wrong-state`. */
  async fetch(id: string): Promise<AttachmentRow> {
    const { db, clock } = this.#options
    const row = await this.demand(id)
    if (row.state === 'here' || row.state === 'fetching') return row
    if (row.state === 'gone' || row.pointer === null)
      throw wrongState('It was removed here and cannot be fetched again.')
    const change = { state: 'waiting', due_at_ms: clock(), tries: 0, code: null, reason: null } as const
    const asked = await db.transaction().execute((tx) => moveAttachment(tx, row, change))
    this.poke()
    return asked ?? (await this.demand(id))
  }

  /** Removes the content; the message stays and says so. Errors: `unknown-attachment`. */
  async wipe(id: string, why = { code: 'removed', reason: 'it was removed here' }): Promise<AttachmentRow> {
    const { db, events } = this.#options
    const row = await this.demand(id)
    if (row.state === 'gone') return row
    await db.transaction().execute(async (tx) => {
      await wipeAttachment(tx, row, why)
      if (row.message_id !== null) {
        const message = isQuotable(row) ? await getMessage(tx, row.message_id) : undefined
        if (message !== undefined) await forgetQuotedFile(tx, message, await versionTimes(tx, message))
        await tellOfFile(this.#options, tx, row.message_id, { type: 'attachment.gone', data: { id, code: why.code } })
      }
    })
    events.poke()
    this.poke()
    return await this.demand(id)
  }

  /** Errors: `unknown-attachment`. */
  async demand(id: string): Promise<AttachmentRow> {
    const row = await findAttachment(this.#options.db, id)
    if (row !== undefined) return row
    throw new CausewayError({ code: 'unknown-attachment', message: 'There is no such attachment.', retry: 'never' })
  }

  /** Forgets what was handed in and never used, and lets go of what was to be looked at once and never was. */
  async prune(): Promise<void> {
    const { db, clock } = this.#options
    await db.transaction().execute((tx) => pruneUploads(tx, clock()))
    const beforeMs = clock() - ONCE_KEPT_MS
    let unseen: AttachmentRow[]
    do {
      unseen = await unseenOnce(db, beforeMs, ONCE_AT_A_TIME)
      for (const { id } of unseen) await this.wipe(id, NEVER_OPENED)
    } while (unseen.length === ONCE_AT_A_TIME)
    this.poke()
  }

  /** Begins to fetch the next one that is due. False when there is none, or enough are under way. */
  async #claim(): Promise<boolean> {
    const { db, clock } = this.#options
    if (this.#fetches.size >= FETCHES_MAX) return false
    const due = await nextDue(db, clock())
    if (due === undefined) return false
    const row = await db
      .transaction()
      .execute((tx) => moveAttachment(tx, due, { state: 'fetching', due_at_ms: null, tries: due.tries + 1 }))
    if (row === undefined) return true
    const fetching = this.#fetch(row)
      .catch((error: unknown) => this.#options.log.error({ err: error, id: row.id }, 'a file could not be kept'))
      .finally(() => {
        this.#fetches.delete(row.id)
        this.poke()
      })
    this.#fetches.set(row.id, fetching)
    return true
  }

  async #fetch(row: AttachmentRow): Promise<void> {
    const { blobs, settings, transports, db, events, clock } = this.#options
    const transport = transports().find(({ name }) => name === row.transport)
    let blob: StoredBlob | undefined
    try {
      if (transport?.fetch === undefined || row.pointer === null) throw noWay()
      const bytesMax = row.quoted === 1 ? Math.min(QUOTED_BYTES_MAX, settings.bytesMax) : settings.bytesMax
      const target = { part: blobs.partial(row.id), create: () => blobs.create(), bytesMax }
      blob = await transport.fetch(row.pointer, target, this.#stopping.signal)
      const looked = await lookAt(this.#options, blob, row.content_type, row.view_once === 1)
      await this.#arrived(row, blob, looked)
    } catch (error) {
      if (blob !== undefined) await blobs.remove(blob.id)
      const { code, message, retry, values } = CausewayError.is(error) ? error : internal(error)
      const isHopeless = retry === 'never' || clock() - row.created_at_ms > FETCH_FOR_MS
      if (isHopeless) await blobs.partial(row.id).discard()
      const waitMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(20, row.tries - 1))
      const why = { code, reason: message, values_json: keptValues(code, values) }
      const change = isHopeless
        ? ({ ...why, state: 'failed' } as const)
        : ({ ...why, state: 'waiting', due_at_ms: clock() + waitMs } as const)
      await db.transaction().execute(async (tx) => {
        const moved = await moveAttachment(tx, row, change)
        // Said once, not at every repetition; a quote without its picture is no news.
        if (moved === undefined || row.code === code || row.quoted === 1 || this.#stopping.signal.aborted) return
        const data = { id: row.id, code, state: moved.state }
        await tellOfFile(this.#options, tx, row.message_id, { type: `attachment.${moved.state}`, data })
      })
      events.poke()
      this.#options.log.info({ id: row.id, code, state: change.state }, 'a file of a message could not be fetched')
    }
  }

  async #arrived(row: AttachmentRow, blob: StoredBlob, looked: LookedAt): Promise<void> {
    const { db, events, clock, blobs } = this.#options
    const { thumbnail, contentType, width, height } = looked
    const moved = await db.transaction().execute(async (tx) => {
      await insertBlobs(tx, [blob, thumbnail], clock())
      const kept = await moveAttachment(tx, row, {
        state: 'here',
        blob_id: blob.id,
        thumbnail_id: thumbnail?.id ?? null,
        content_type: contentType,
        bytes: blob.bytes,
        width: width ?? row.width,
        height: height ?? row.height,
        code: null,
        reason: null,
      })
      // Taken back by its author while it came.
      if (kept === undefined)
        await tx.updateTable('blobs').set({ doomed: 1 }).where('id', 'in', idsOf(blob, thumbnail)).execute()
      else {
        const data = { id: row.id, content_type: contentType, bytes: blob.bytes }
        await tellOfFile(this.#options, tx, row.message_id, { type: 'attachment.here', data })
      }
      return kept
    })
    if (moved === undefined) await blobs.partial(row.id).discard()
    events.poke()
  }

  /** Removes what was seen once by whom it was for, and doomed files. */
  async #collect(): Promise<boolean> {
    const { db, blobs } = this.#options
    for (const { id } of await spentOnce(db)) {
      await this.wipe(id, { code: 'sent-once', reason: 'it was to be looked at once, and has been sent' })
    }
    const doomed = await doomedBlobs(db)
    for (const id of doomed) {
      await blobs.remove(id)
      await forgetBlob(db, id)
    }
    return false
  }

  async #wait(): Promise<void> {
    const { db, clock } = this.#options
    clearTimeout(this.#timer)
    if (!this.#started || this.#fetches.size >= FETCHES_MAX) return
    const at = await nextDueAtMs(db).catch(() => undefined)
    if (at === undefined || !this.#started) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.poke(), Math.min(TIMER_MAX_MS, Math.max(0, at - clock())))
  }
}

/** The content of one that is here. Errors: CausewayError `wrong-state` with why it is not. */
export async function contentOf(db: Database, row: AttachmentRow, which: 'content' | 'thumbnail'): Promise<StoredBlob> {
  const blob = await storedBlob(db, which === 'content' ? row.blob_id : row.thumbnail_id)
  if (blob !== undefined) return blob
  if (row.state === 'here') throw wrongState('There is no small copy of this one.')
  throw wrongState(row.reason ?? 'It is not here yet: ask for it to be fetched.')
}

/** Whether it is what a quote of its message shows. */
function isQuotable({ position, quoted, view_once: once }: AttachmentRow): boolean {
  return position === 0 && quoted === 0 && once === 0
}

function idsOf(...blobs: readonly (StoredBlob | undefined)[]): string[] {
  return blobs.flatMap((blob) => (blob === undefined ? [] : [blob.id]))
}

function wrongState(message: string): CausewayError {
  return new CausewayError({ code: 'wrong-state', message, retry: 'never' })
}

function noWay(): CausewayError {
  return new CausewayError({
    code: 'no-transport',
    message: 'Nothing here can fetch it now.',
    retry: 'same-transport',
  })
}

function internal(cause: unknown): CausewayError {
  return new CausewayError({
    code: 'internal',
    message: 'Something broke inside the gateway; it is tried again.',
    retry: 'same-transport',
    cause,
  })
}
