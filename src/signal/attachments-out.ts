/**
 * Attachments of messages that go: uploaded before the message is encrypted, once. Place, keys and progress are on
 * record, so that a restart goes on where the server is, and a repeated attempt of the message takes the same pointer.
 * The blob is made anew from content and keys each time: it is never held anywhere.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  chunkSizeInBytes,
  DigestingPassThrough,
  inferChunkSize,
} from '@signalapp/libsignal-client/dist/incremental_mac.js'
import { CausewayError } from '../domain/errors.ts'
import type { OutgoingMedia } from '../domain/media.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { type AttachmentKeys, AttachmentSealer, blobOctets, freshKeys } from './attachments.ts'
import { flagsOf } from './attachments-in.ts'
import type { Chat } from './chat.ts'
import type { Clock, Random } from './clock.ts'
import type { ContentServer } from './content-server.ts'
import { askForForm, type UploadForm, upload } from './content-upload.ts'
import type { AttachmentPointer, DataMessage } from './proto/data-message.ts'
import { attachmentPointerCodec, type Content } from './proto/messages.ts'

/** Content servers keep things for weeks; a pointer older than this is not handed out any more. */
const pointerKeptMs = 3 * 24 * 3600_000
/** A begun upload older than this is unknown to the server by now. */
const formKeptMs = 20 * 3600_000
/** Nobody asks again for what was uploaded before that. */
const uploadKeptMs = 7 * 24 * 3600_000

interface Plan {
  form: UploadForm
  keys: AttachmentKeys
  begun: boolean
  location: string | undefined
}

export class Uploads {
  readonly #db: Database
  readonly #chat: Pick<Chat, 'authenticated'>
  readonly #server: ContentServer
  readonly #clock: Clock
  readonly #random: Random

  constructor(parts: {
    db: Database
    chat: Pick<Chat, 'authenticated'>
    server: ContentServer
    clock: Clock
    random: Random
  }) {
    this.#db = parts.db
    this.#chat = parts.chat
    this.#server = parts.server
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** The pointer to this content, uploaded where needed. Errors as `SignalAccount.sendMessage`. */
  async pointerTo(media: OutgoingMedia, signal: AbortSignal): Promise<AttachmentPointer> {
    const row = await this.#row(media.id)
    if (row?.pointer != null && this.#clock.now() - row.created_at_ms < pointerKeptMs) {
      return attachmentPointerCodec.decode(row.pointer)
    }
    const isOpen = row !== undefined && row.pointer === null && this.#clock.now() - row.created_at_ms < formKeptMs
    const plan = isOpen
      ? {
          form: { cdn: row.cdn, key: row.cdn_key, url: row.url, headers: JSON.parse(row.headers_json) },
          keys: { key: row.key, iv: row.iv },
          begun: row.begun === 1,
          location: row.location ?? undefined,
        }
      : await this.#plan(media, signal)
    let digest: Buffer | undefined
    const octets = async function* () {
      digest = yield* sealed(media, plan.keys)
    }
    try {
      await this.#upload(media, plan, octets, signal)
    } catch (error) {
      // The server has forgotten it, or never took it: the next attempt begins anew.
      if (CausewayError.is(error, 'signal-upload-lost')) await this.#forget(media.id)
      throw error
    }
    const pointer = await describe(media, plan, digest, this.#clock.now(), signal)
    await this.#db
      .updateTable('signal_uploads')
      .set({ pointer: attachmentPointerCodec.encode(pointer), created_at_ms: this.#clock.now() })
      .where('attachment_id', '=', media.id)
      .execute()
    return pointer
  }

  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('signal_uploads')
      .where('created_at_ms', '<', this.#clock.now() - uploadKeptMs)
      .execute()
  }

  async #plan(media: OutgoingMedia, signal: AbortSignal): Promise<Plan> {
    const form = await askForForm(this.#chat.authenticated(), blobOctets(media.bytes), signal)
    const keys = freshKeys(this.#random)
    await this.#db
      .replaceInto('signal_uploads')
      .values({
        attachment_id: media.id,
        key: keys.key,
        iv: keys.iv,
        cdn: form.cdn,
        cdn_key: form.key,
        url: form.url,
        headers_json: JSON.stringify(form.headers),
        created_at_ms: this.#clock.now(),
      })
      .execute()
    return { form, keys, begun: false, location: undefined }
  }

  async #upload(
    media: OutgoingMedia,
    plan: Plan,
    blob: () => AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const { form, begun, location } = plan
    await upload(
      this.#server,
      {
        form,
        octets: blobOctets(media.bytes),
        begun,
        location,
        from: (offset) => skipping(blob(), offset),
        begin: async (at) => {
          await this.#db
            .updateTable('signal_uploads')
            .set({ begun: 1, location: at ?? null })
            .where('attachment_id', '=', media.id)
            .execute()
        },
      },
      signal,
    )
  }

  #row(id: string) {
    return this.#db.selectFrom('signal_uploads').selectAll().where('attachment_id', '=', id).executeTakeFirst()
  }

  async #forget(id: string): Promise<void> {
    await this.#db.deleteFrom('signal_uploads').where('attachment_id', '=', id).execute()
  }
}

/** The name of a file of ours for all devices that get it: 16 octets (a UUID of version 8, RFC 9562 §5.8), always the same. */
export function fileUuid(attachmentId: string): Uint8Array {
  const octets = createHash('sha256').update(attachmentId).digest().subarray(0, 16)
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x80
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80
  return octets
}

/**
 * An edit says the whole message anew: what was attached to it goes along, under the pointers that it was sent with, and so
 * does the small picture of what it quotes (`thumbnailId`).
 */
export async function keepAttachments(
  transaction: DatabaseTransaction,
  content: Content,
  attachmentIds: readonly string[],
  thumbnailId?: string,
): Promise<Content> {
  const { editMessage } = content
  const ids = [...attachmentIds, ...(thumbnailId === undefined ? [] : [thumbnailId])]
  if (editMessage === undefined || ids.length === 0) return content
  const rows = await transaction
    .selectFrom('signal_uploads')
    .select(['attachment_id', 'pointer'])
    .where('attachment_id', 'in', ids)
    .execute()
  const pointerTo = (id: string | undefined) => {
    const pointer = rows.find(({ attachment_id: of }) => of === id)?.pointer
    return pointer == null ? [] : [attachmentPointerCodec.decode(pointer)]
  }
  const attachments = attachmentIds.flatMap(pointerTo)
  const [thumbnail] = pointerTo(thumbnailId)
  const { dataMessage } = editMessage
  const whole = { ...(thumbnail === undefined ? dataMessage : showingQuoted(dataMessage ?? {}, thumbnail)) }
  return { editMessage: { ...editMessage, dataMessage: { ...whole, attachments } } }
}

/** The message with the picture of the file that it quotes. */
export function showingQuoted(message: DataMessage, thumbnail: AttachmentPointer): DataMessage {
  const { quote } = message
  const [file, ...others] = quote?.attachments ?? []
  if (quote === undefined || file === undefined) return message
  return { ...message, quote: { ...quote, attachments: [{ ...file, thumbnail }, ...others] } }
}

/** The blob in order; returns its digest. */
async function* sealed(media: OutgoingMedia, keys: AttachmentKeys): AsyncGenerator<Uint8Array, Buffer, undefined> {
  const sealer = new AttachmentSealer(keys)
  yield sealer.begin()
  for await (const chunk of media.read()) yield sealer.update(chunk)
  yield* sealer.end()
  return sealer.digest()
}

async function* skipping(octets: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset
  for await (const chunk of octets) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

/**
 * What the pointer tells. `uploadedDigest`: of the blob that went through just now; without it, and for films (which are
 * looked at while they are fetched, and so have an incremental MAC), the blob is made once more.
 */
async function describe(
  media: OutgoingMedia,
  { form, keys }: Plan,
  uploadedDigest: Uint8Array | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<AttachmentPointer> {
  let digest = uploadedDigest
  const octets = async function* () {
    digest = yield* sealed(media, keys)
  }
  let incremental: Pick<AttachmentPointer, 'incrementalMac' | 'chunkSize'> = {}
  if (media.contentType.startsWith('video/')) {
    const choice = inferChunkSize(blobOctets(media.bytes))
    const mac = new DigestingPassThrough(new Uint8Array(keys.key.subarray(32)), choice)
    await pipeline(Readable.from(octets(), { highWaterMark: 1 }), mac, drain, { signal })
    incremental = { incrementalMac: mac.getFinalDigest(), chunkSize: chunkSizeInBytes(choice) }
  } else if (digest === undefined) await drain(octets())
  if (digest === undefined) throw new Error('a blob without a digest')
  return {
    contentType: media.contentType,
    key: keys.key,
    size: media.bytes,
    digest,
    flags: flagsOf(media),
    uploadTimestamp: nowMs,
    cdnNumber: form.cdn,
    cdnKey: form.key,
    clientUuid: fileUuid(media.id),
    ...incremental,
    ...(media.fileName === undefined ? {} : { fileName: media.fileName }),
    ...(media.width === undefined ? {} : { width: media.width }),
    ...(media.height === undefined ? {} : { height: media.height }),
    ...(media.caption === undefined ? {} : { caption: media.caption }),
    ...(media.blurhash === undefined ? {} : { blurHash: media.blurhash }),
  }
}

async function drain(octets: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of octets);
}
