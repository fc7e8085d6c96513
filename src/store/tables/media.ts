/** The newest schema of what is attached to messages; migrations/0006_attachments.ts has it as SQL with its rules. */
import type { Generated, Selectable } from 'kysely'
import type { AttachmentState } from '../../domain/media.ts'
import type { LeftOutReason } from '../../domain/mms-fitting.ts'
import type { TransportName } from '../../domain/transport.ts'

/** A file of `store/blobs.ts`. */
interface BlobsTable {
  id: string
  bytes: number
  /** No row names it any more: the file goes after the commit. */
  doomed: Generated<number>
  created_at_ms: number
}

interface AttachmentsTable {
  id: string
  /** null: handed in, and not yet part of a message. */
  message_id: string | null
  position: Generated<number>
  /** As its first octets say once it is here; before that as its sender says. */
  content_type: string
  file_name: string | null
  /** Of the content; before it is here as its sender says. */
  bytes: number | null
  width: number | null
  height: number | null
  voice: Generated<number>
  borderless: Generated<number>
  gif: Generated<number>
  sticker: Generated<number>
  /** Not attached to the message, but a small copy of what was attached to the one that it quotes. */
  quoted: Generated<number>
  /** Kept until it was opened once. */
  view_once: Generated<number>
  /** When the owner looked at it, or listened to it, first; of view-once and voice only. */
  viewed_at_ms: number | null
  caption: string | null
  blurhash: string | null
  /** What it came by, and where it is to be fetched: opaque to all but that transport. */
  transport: TransportName | null
  pointer: Uint8Array | null
  state: AttachmentState
  /** Why it is not here. */
  code: string | null
  reason: string | null
  /** Why the picture message that it belongs to has left without it; null: it has not, or goes along. */
  left_out: LeftOutReason | null
  tries: Generated<number>
  /** When it is fetched; null while nobody has asked for it. */
  due_at_ms: number | null
  blob_id: string | null
  thumbnail_id: string | null
  /** A copy of a recording that browsers play. */
  playable_id: string | null
  created_at_ms: number
}

export interface MediaTables {
  blobs: BlobsTable
  attachments: AttachmentsTable
}

export type AttachmentRow = Selectable<AttachmentsTable>
