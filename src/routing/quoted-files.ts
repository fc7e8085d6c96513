/**
 * The file of a message that another one answers to: what is said of it, and the small copy that goes along over Signal.
 *
 *   comes    the quoted message is here? its own file : what the quote tells, and its small copy, fetched as other files are
 *   goes     { kind, name, which file } with the message ─► before the first try: a smaller copy, kept as a row of the
 *            message, so that every try uploads the same octets
 *
 * A picture is an ornament of a quote: whatever is wrong with it, the message goes and comes without.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { IdSource } from '../domain/ids.ts'
import {
  contentTypeOf,
  type InboundMedia,
  isPicture,
  MAGIC_BYTES,
  type OutgoingMedia,
  QUOTED_BYTES_MAX,
  type StoredBlob,
  safeFileName,
} from '../domain/media.ts'
import type { InboundQuote } from '../domain/sink.ts'
import type { OutgoingAttempt } from '../domain/transport.ts'
import { messageByTime } from '../store/amendments.ts'
import { attachmentsOf, findAttachment, insertQuoted, quotedCopy } from '../store/attachments.ts'
import { storedBlob } from '../store/blob-rows.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { KeptQuote } from '../store/quoted.ts'
import type { ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import { keepThumbnail } from './kept-files.ts'
import type { MediaDesk } from './media.ts'
import { shownText } from './naming.ts'

/** Longer side of the copy that goes along. Signal's apps take 100 (Android) to 150 pixels (desktop). */
const EDGE_PX = 150
/** A message does not wait longer than this for the picture of its quote: others may be made smaller just now. */
const COPY_TIMEOUT_MS = 5_000

/** What a quote of this message says of its first file. Of what is to be looked at once: what kind of file it is. */
export async function quotedFileOf(tx: DatabaseTransaction, message: MessageRow): Promise<KeptQuote['file']> {
  const [file] = (await attachmentsOf(tx, [message])).get(message.id) ?? []
  if (file === undefined) return undefined
  const { id, content_type: contentType, file_name: fileName, state, view_once: once, voice } = file
  if (once === 1 || state === 'gone') return { contentType }
  return { contentType, ...(fileName === null || voice === 1 ? {} : { fileName }), attachmentId: id }
}

/** A copy of what a message that came quotes, to be put down with it. */
export interface ComingCopy {
  id: string
  facts: InboundMedia
  dueAtMs: number | null
}

/**
 * What a message that came quotes, as people read it: for the column that holds it, with the small copy to fetch for it, where
 * its file is not here. `isRequest`: its author is a stranger, of whom nothing is fetched.
 */
export async function takeQuote(
  { ids, media }: { ids: IdSource; media: Pick<MediaDesk, 'dueAtMs'> },
  tx: DatabaseTransaction,
  { id: conversationId }: Pick<ConversationRow, 'id'>,
  quote: InboundQuote | undefined,
  isRequest: boolean,
): Promise<{ json: string | null; copy: ComingCopy | undefined }> {
  if (quote === undefined) return { json: null, copy: undefined }
  const { file: told, ...words } = quote
  const named = quote.ranges === undefined ? {} : await shownText(tx, quote)
  const kept: KeptQuote = { ...words, ...named }
  if (told === undefined) return { json: JSON.stringify(kept), copy: undefined }
  const { ours, timestampMs, authorAci } = quote
  const quoted = await messageByTime(tx, { conversationId, ours, timestampMs, authorAci })
  const { file, isHere } = quoted === undefined ? { file: asTold(told), isHere: false } : await fileHere(tx, quoted)
  const thumbnail = isHere ? undefined : usable(told.thumbnail)
  if (thumbnail === undefined || file === undefined) {
    return { json: JSON.stringify({ ...kept, file }), copy: undefined }
  }
  const copy = { id: ids('att'), facts: thumbnail, dueAtMs: isRequest ? null : media.dueAtMs(thumbnail) }
  return { json: JSON.stringify({ ...kept, file: { ...file, attachmentId: copy.id } }), copy }
}

/** `isHere`: there is a picture of it, or will be, or must not be. */
async function fileHere(tx: DatabaseTransaction, quoted: MessageRow) {
  const isGone = quoted.deleted_at_ms !== null || quoted.disappeared_at_ms !== null || quoted.removed_at_ms !== null
  const file = isGone ? undefined : await quotedFileOf(tx, quoted)
  if (file?.attachmentId === undefined) return { file, isHere: true }
  const row = await findAttachment(tx, file.attachmentId)
  return { file, isHere: row !== undefined && hasPicture(row) }
}

function hasPicture({ state, thumbnail_id: thumbnail, due_at_ms: due, content_type: type }: AttachmentRow): boolean {
  return thumbnail !== null || (isPicture(type) && (state === 'fetching' || due !== null))
}

function asTold({ contentType, fileName }: NonNullable<InboundQuote['file']>): NonNullable<KeptQuote['file']> {
  const name = safeFileName(fileName)
  return { contentType, ...(name === undefined ? {} : { fileName: name }) }
}

/** A copy that says what it is and how large, within the bound. */
function usable(thumbnail: InboundMedia | undefined): InboundMedia | undefined {
  if (thumbnail?.bytes === undefined || thumbnail.bytes === 0 || thumbnail.bytes > QUOTED_BYTES_MAX) return undefined
  return isPicture(thumbnail.contentType) ? { ...thumbnail, fileName: undefined, caption: undefined } : undefined
}

interface GoingContext {
  db: Database
  ids: IdSource
  clock: () => number
  media: Pick<MediaDesk, 'blobs' | 'pictures' | 'give'>
}

/** What goes along with a message: its quote with the small copy of the file, made and kept where that has not been. */
export async function withCopy(
  context: GoingContext,
  messageId: string,
  quote: KeptQuote,
): Promise<OutgoingAttempt['quote']> {
  const { file, ...words } = quote
  if (file === undefined) return words
  const { attachmentId, ...told } = file
  if (attachmentId === undefined) return { ...words, file: told }
  const { db, media } = context
  const making = async () => (await quotedCopy(db, messageId)) ?? (await makeCopy(context, messageId, attachmentId))
  // Also where the disk refuses.
  const row = await making().catch(() => undefined)
  const blob = await storedBlob(db, row?.blob_id ?? null)
  if (row === undefined || blob === undefined) return { ...words, file: told }
  const thumbnail: OutgoingMedia = {
    id: row.id,
    contentType: row.content_type,
    fileName: undefined,
    bytes: blob.bytes,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    voice: false,
    borderless: false,
    viewOnce: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
    read: () => media.give(row.id, blob),
  }
  return { ...words, file: { ...told, thumbnail } }
}

/** Undefined where there is no picture of it, or none in time, or no room. */
async function makeCopy(
  context: GoingContext,
  messageId: string,
  attachmentId: string,
): Promise<AttachmentRow | undefined> {
  const { db, ids, clock, media } = context
  const source = await findAttachment(db, attachmentId)
  const small = await storedBlob(db, source?.thumbnail_id ?? null)
  if (small === undefined) return undefined
  const smaller = await smallerThan(media, small)
  const blob = smaller === undefined ? undefined : await keepThumbnail(media.blobs, smaller.octets)
  if (smaller === undefined || blob === undefined) return undefined
  try {
    const isKept = await db.transaction().execute(async (tx) => {
      // It may have been removed while the copy was made.
      if ((await findAttachment(tx, attachmentId))?.thumbnail_id !== small.id) return false
      await insertQuoted(tx, messageId, { id: ids('att'), facts: smaller.facts, blob }, clock())
      return true
    })
    if (!isKept) await media.blobs.remove(blob.id)
  } catch (error) {
    await media.blobs.remove(blob.id)
    throw error
  }
  return await quotedCopy(db, messageId)
}

async function smallerThan({ blobs, pictures }: GoingContext['media'], small: StoredBlob) {
  const given = new AbortController()
  const late = sleep(COPY_TIMEOUT_MS, undefined, { signal: given.signal, ref: false }).catch(() => undefined)
  // The thread tells by itself what it is handed.
  const looked = await Promise.race([
    pictures.look('image/jpeg', small.bytes, () => blobs.read(small), EDGE_PX),
    late,
  ]).finally(() => given.abort())
  if (looked === undefined) return undefined
  const facts = {
    contentType: contentTypeOf(looked.thumbnail.subarray(0, MAGIC_BYTES), undefined),
    fileName: undefined,
    bytes: looked.thumbnail.length,
    ...looked.thumbnailSize,
    voice: false,
    borderless: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
  }
  return { octets: looked.thumbnail, facts }
}
