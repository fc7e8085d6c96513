/**
 * What is attached to messages, as rows: what came, what was handed in, small copies of what is quoted, and how content is
 * taken away again. The files themselves are rows of `blob-rows.ts`, and when which is to be fetched says `attachments-due.ts`.
 */
import { sql } from 'kysely'
import { type InboundMedia, type MediaFacts, type StoredBlob, safeFileName } from '../domain/media.ts'
import type { LeftOut, TransportName } from '../domain/transport.ts'
import { doomBlobs, insertBlobs } from './blob-rows.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { listed, prepared } from './prepared.ts'
import type { MessageRow } from './tables/mailbox.ts'
import type { AttachmentRow } from './tables/media.ts'

/** What was handed in and never became part of a message is forgotten after this. */
const UNUSED_KEPT_MS = 24 * 3_600_000

export interface NewAttachment extends MediaFacts {
  id: string
  blob: StoredBlob
  thumbnail: StoredBlob | undefined
}

/** Notes what is attached to a message that came; `dueAtMs` for each: when to fetch it, null when somebody must ask. */
export async function insertInboundMedia(
  tx: DatabaseTransaction,
  message: Pick<MessageRow, 'id'>,
  media: readonly { id: string; facts: InboundMedia; dueAtMs: number | null }[],
  more: { transport: TransportName; viewOnce: boolean; nowMs: number },
): Promise<void> {
  for (const [position, { id, facts, dueAtMs }] of media.entries()) {
    await tx
      .insertInto('attachments')
      .values({
        ...columns(facts),
        id,
        message_id: message.id,
        position,
        sticker: facts.sticker ? 1 : 0,
        view_once: more.viewOnce ? 1 : 0,
        transport: more.transport,
        pointer: facts.pointer,
        state: 'waiting',
        due_at_ms: dueAtMs,
        created_at_ms: more.nowMs,
      })
      .execute()
  }
}

/** A file that somebody handed in, to be part of a message soon. */
export async function insertUpload(
  tx: DatabaseTransaction,
  media: NewAttachment,
  nowMs: number,
): Promise<AttachmentRow> {
  await insertBlobs(tx, [media.blob, media.thumbnail], nowMs)
  return await tx
    .insertInto('attachments')
    .values({
      ...columns(media),
      id: media.id,
      bytes: media.blob.bytes,
      state: 'here',
      blob_id: media.blob.id,
      thumbnail_id: media.thumbnail?.id ?? null,
      created_at_ms: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Makes what was handed in part of a message, in this order. False when one of them is not there, or was used. */
export async function useUploads(
  tx: DatabaseTransaction,
  messageId: string,
  ids: readonly string[],
  viewOnce: boolean,
): Promise<boolean> {
  for (const [position, id] of ids.entries()) {
    const used = await tx
      .updateTable('attachments')
      .set({ message_id: messageId, position, view_once: viewOnce ? 1 : 0 })
      .where('id', '=', id)
      .where('message_id', 'is', null)
      .where('state', '=', 'here')
      .returning('id')
      .executeTakeFirst()
    if (used === undefined) return false
  }
  return true
}

/** Which files what is handed over of a message leaves without: these, and no others. */
export async function noteLeftOut(
  tx: DatabaseTransaction,
  messageId: string,
  leftOut: readonly LeftOut[],
): Promise<void> {
  await tx
    .updateTable('attachments')
    .set({ left_out: null })
    .where('message_id', '=', messageId)
    .where('left_out', 'is not', null)
    .execute()
  for (const { id, reason } of leftOut) {
    await tx
      .updateTable('attachments')
      .set({ left_out: reason })
      .where('id', '=', id)
      .where('message_id', '=', messageId)
      .execute()
  }
}

export function findAttachment(db: Database, id: string): Promise<AttachmentRow | undefined> {
  return db.selectFrom('attachments').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Of these messages, in their order, by message. */
export async function attachmentsOf(
  db: Database,
  messages: Iterable<Pick<MessageRow, 'id' | 'attachments'>>,
): Promise<Map<string, AttachmentRow[]>> {
  const ids = [...messages].filter(({ attachments }) => attachments > 0).map(({ id }) => id)
  const found = new Map<string, AttachmentRow[]>()
  if (ids.length === 0) return found
  const rows = await attachmentsIn(db, { messageIds: JSON.stringify(ids) })
  for (const row of rows) {
    const list = found.get(row.message_id ?? '') ?? []
    found.set(row.message_id ?? '', [...list, row])
  }
  return found
}

/** `messageIds`: as a JSON array. */
const attachmentsIn = prepared((db, $: { messageIds: string }) =>
  db
    .selectFrom('attachments')
    .selectAll()
    .where('message_id', 'in', listed($.messageIds))
    .where('quoted', '=', 0)
    .orderBy('position'),
)

/** Above that of any attachment, of which a message has some dozens. */
const QUOTED_POSITION = 1_000

/**
 * A small copy of what a message quotes: with `pointer` it is still to be fetched (at `dueAtMs`; null: when its sender is let
 * in), else `blob` has it.
 */
export async function insertQuoted(
  tx: DatabaseTransaction,
  messageId: string,
  copy:
    | { id: string; facts: InboundMedia; dueAtMs: number | null; transport: TransportName }
    | { id: string; facts: MediaFacts; blob: StoredBlob },
  nowMs: number,
): Promise<void> {
  const where =
    'blob' in copy
      ? { state: 'here' as const, blob_id: copy.blob.id, bytes: copy.blob.bytes }
      : {
          state: 'waiting' as const,
          due_at_ms: copy.dueAtMs,
          pointer: copy.facts.pointer,
          transport: copy.transport,
        }
  if ('blob' in copy) await insertBlobs(tx, [copy.blob], nowMs)
  await tx
    .insertInto('attachments')
    .values({
      ...columns(copy.facts),
      ...where,
      id: copy.id,
      message_id: messageId,
      position: QUOTED_POSITION,
      quoted: 1,
      created_at_ms: nowMs,
    })
    .execute()
}

/** The small copy of what a message quotes. */
export function quotedCopy(db: Database, messageId: string): Promise<AttachmentRow | undefined> {
  return db
    .selectFrom('attachments')
    .selectAll()
    .where('message_id', '=', messageId)
    .where('quoted', '=', 1)
    .executeTakeFirst()
}

/** Nothing stays of the small copies of what these messages quote. */
export async function dropQuoted(tx: DatabaseTransaction, messageIds: readonly string[]): Promise<void> {
  const rows = await tx
    .deleteFrom('attachments')
    .where('message_id', 'in', [...messageIds])
    .where('quoted', '=', 1)
    .returningAll()
    .execute()
  for (const row of rows) await doom(tx, row)
}

/** The owner has looked at it, or listened to it. */
export async function markViewed(tx: DatabaseTransaction, id: string, nowMs: number): Promise<void> {
  await tx.updateTable('attachments').set({ viewed_at_ms: nowMs }).where('id', '=', id).execute()
}

/** Takes the content away; the row stays and says why. */
export async function wipeAttachment(
  tx: DatabaseTransaction,
  row: AttachmentRow,
  why: { code: string; reason: string },
): Promise<void> {
  await tx
    .updateTable('attachments')
    .set({
      ...why,
      state: 'gone',
      blob_id: null,
      thumbnail_id: null,
      playable_id: null,
      due_at_ms: null,
      pointer: null,
    })
    .where('id', '=', row.id)
    .execute()
  await doom(tx, row)
}

/** What we sent to be looked at once, and has left: nobody looks at it here any more. */
export function spentOnce(db: Database): Promise<AttachmentRow[]> {
  return (
    db
      .selectFrom('attachments')
      .innerJoin('messages', 'messages.id', 'attachments.message_id')
      .selectAll('attachments')
      // Word for word as in the index attachments_once.
      .where(sql<boolean>`attachments.view_once = 1 and attachments.state = 'here'`)
      .where('messages.view_once', '=', 1)
      .where('messages.state', 'in', ['sent', 'delivered', 'read'])
      .execute()
  )
}

/** What came before then to be looked at once, and still can be: at most so many. For the hourly clean-up, as it walks the table. */
export function unseenOnce(db: Database, beforeMs: number, rowsMax: number): Promise<AttachmentRow[]> {
  return db
    .selectFrom('attachments')
    .selectAll()
    .where('view_once', '=', 1)
    .where('state', '<>', 'gone')
    .where('transport', 'is not', null)
    .where('created_at_ms', '<=', beforeMs)
    .limit(rowsMax)
    .execute()
}

const TAKEN_BACK = { code: 'taken-back', reason: 'its author has taken it back' }

/**
 * Nothing of what was attached stays, nor what it was called, since its author has taken the message back or for another
 * reason.
 */
export async function wipeAttachmentsOf(
  tx: DatabaseTransaction,
  message: MessageRow,
  why: { code: string; reason: string } = TAKEN_BACK,
): Promise<void> {
  for (const row of (await attachmentsOf(tx, [message])).get(message.id) ?? []) {
    if (row.state !== 'gone') await wipeAttachment(tx, row, why)
    const words = { file_name: null, caption: null, blurhash: null }
    await tx.updateTable('attachments').set(words).where('id', '=', row.id).execute()
  }
  if (message.quote_json !== null) await dropQuoted(tx, [message.id])
}

/** Forgets what was handed in a day ago and never used. */
export async function pruneUploads(tx: DatabaseTransaction, nowMs: number): Promise<void> {
  const rows = await tx
    .deleteFrom('attachments')
    .where('message_id', 'is', null)
    .where('created_at_ms', '<', nowMs - UNUSED_KEPT_MS)
    .returningAll()
    .execute()
  for (const row of rows) await doom(tx, row)
}

async function doom(tx: DatabaseTransaction, row: AttachmentRow): Promise<void> {
  await doomBlobs(tx, [row.blob_id, row.thumbnail_id, row.playable_id])
}

/**
 * Keeps the copy that browsers play; beyond `copiesMax` the oldest ones go. False when the recording has gone, or has a copy
 * already: then this one goes.
 */
export async function keepPlayable(
  tx: DatabaseTransaction,
  row: AttachmentRow,
  copy: StoredBlob,
  copiesMax: number,
  nowMs: number,
): Promise<boolean> {
  await insertBlobs(tx, [copy], nowMs)
  const kept = await tx
    .updateTable('attachments')
    .set({ playable_id: copy.id })
    .where('id', '=', row.id)
    .where('blob_id', '=', row.blob_id)
    .where('playable_id', 'is', null)
    .returning('id')
    .executeTakeFirst()
  const spare = await tx
    .selectFrom('attachments')
    .innerJoin('blobs', 'blobs.id', 'attachments.playable_id')
    .select(['attachments.id', 'attachments.playable_id'])
    .where('attachments.playable_id', 'is not', null)
    .orderBy('blobs.created_at_ms', 'desc')
    .orderBy('blobs.id', 'desc')
    .limit(copiesMax)
    .offset(copiesMax)
    .execute()
  for (const { id } of spare) {
    await tx.updateTable('attachments').set({ playable_id: null }).where('id', '=', id).execute()
  }
  const doomed = spare.map(({ playable_id: id }) => id ?? '')
  if (kept === undefined) doomed.push(copy.id)
  await doomBlobs(tx, doomed)
  return kept !== undefined
}

function columns(facts: MediaFacts) {
  return {
    content_type: facts.contentType,
    file_name: safeFileName(facts.fileName) ?? null,
    bytes: facts.bytes ?? null,
    width: facts.width ?? null,
    height: facts.height ?? null,
    voice: facts.voice ? 1 : 0,
    borderless: facts.borderless ? 1 : 0,
    gif: facts.gif ? 1 : 0,
    caption: facts.caption ?? null,
    blurhash: facts.blurhash ?? null,
  }
}
