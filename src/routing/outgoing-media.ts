/** What is attached to a message, as a transport takes it. */
import type { OutgoingMedia } from '../domain/media.ts'
import { attachmentsOf } from '../store/attachments.ts'
import { storedBlob } from '../store/blob-rows.ts'
import type { Database } from '../store/database.ts'
import type { MessageRow } from '../store/tables/mailbox.ts'
import type { MediaDesk } from './media.ts'

/**
 * In order; each can be read again and again. Undefined where a file that belongs to the message is not here: it must
 * not leave without it.
 */
export async function outgoingMedia(
  db: Database,
  desk: Pick<MediaDesk, 'give'>,
  message: Pick<MessageRow, 'id' | 'attachments'>,
): Promise<OutgoingMedia[] | undefined> {
  const media: OutgoingMedia[] = []
  for (const row of (await attachmentsOf(db, [message])).get(message.id) ?? []) {
    const blob = await storedBlob(db, row.blob_id)
    if (blob === undefined) return undefined
    media.push({
      id: row.id,
      contentType: row.content_type,
      fileName: row.file_name ?? undefined,
      bytes: blob.bytes,
      width: row.width ?? undefined,
      height: row.height ?? undefined,
      voice: row.voice === 1,
      borderless: row.borderless === 1,
      viewOnce: row.view_once === 1,
      gif: row.gif === 1,
      caption: row.caption ?? undefined,
      blurhash: row.blurhash ?? undefined,
      read: () => desk.give(row.id, blob),
    })
  }
  return media
}
