/**
 * Attachments of messages that came: what is told of them, and fetching one so that nobody sees anything of it before
 * all of it was verified.
 *
 *   content server ─ resumed by Range ─► part (as encrypted as it came) ─► digest · MAC · decrypt ─► blob, or nothing
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ErrorCode } from '@signalapp/libsignal-client'
import { everyNthByte, ValidatingPassThrough } from '@signalapp/libsignal-client/dist/incremental_mac.js'
import { CausewayError } from '../domain/errors.ts'
import type { InboundMedia, MediaTarget, StoredBlob } from '../domain/media.ts'
import { AttachmentOpener, blobOctets } from './attachments.ts'
import { isLongText } from './content.ts'
import type { ContentServer } from './content-server.ts'
import { isCode } from './errors.ts'
import type { AttachmentPointer, DataMessage } from './proto/data-message.ts'
import { attachmentPointerCodec } from './proto/messages.ts'

/** `AttachmentPointer.flags`. */
const flags = { voice: 1, borderless: 2, gif: 8 } as const
/** Official clients attach less; what is beyond is not shown. */
const attachmentsMax = 32
const wordsMax = 2_000
const blurhashMax = 128
const pixelsMax = 100_000

/** What is attached to a message, but for the rest of its text; a sticker is a picture. */
export function mediaOf(message: DataMessage | undefined): { attachments: readonly InboundMedia[]; viewOnce: boolean } {
  const sticker = message?.sticker?.data
  const others = (message?.attachments ?? []).filter((pointer) => !isLongText(pointer))
  return {
    attachments: [
      ...others.slice(0, attachmentsMax).map((pointer) => inboundMedia(pointer, false)),
      ...(sticker === undefined ? [] : [inboundMedia(sticker, true)]),
    ],
    viewOnce: message?.isViewOnce === true,
  }
}

/** What a file is by its sender's word; octets where that is no type. */
export function contentTypeOf({ contentType }: { contentType?: string }): string {
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}/.exec(contentType ?? '')?.[0] ?? 'application/octet-stream'
}

/** What a pointer tells. */
export function inboundMedia(pointer: AttachmentPointer, sticker: boolean): InboundMedia {
  const has = (flag: number) => ((pointer.flags ?? 0) & flag) !== 0
  const pixels = (count: number | undefined) =>
    count !== undefined && count > 0 && count <= pixelsMax ? count : undefined
  return {
    contentType: contentTypeOf(pointer),
    fileName: pointer.fileName,
    bytes: pointer.size,
    width: pixels(pointer.width),
    height: pixels(pointer.height),
    voice: has(flags.voice),
    borderless: has(flags.borderless),
    gif: has(flags.gif),
    sticker,
    caption: pointer.caption?.slice(0, wordsMax),
    blurhash: pointer.blurHash !== undefined && pointer.blurHash.length <= blurhashMax ? pointer.blurHash : undefined,
    pointer: attachmentPointerCodec.encode(pointer),
  }
}

/** `AttachmentPointer.flags` of what we send. */
export function flagsOf(media: { voice: boolean; borderless: boolean; gif: boolean }): number {
  return (media.voice ? flags.voice : 0) | (media.borderless ? flags.borderless : 0) | (media.gif ? flags.gif : 0)
}

/**
 * Fetches what a pointer (as in `InboundMedia`) names into the target. A failure of the network keeps the part that has
 * come. Throws CausewayError `signal-attachment` (never), `signal-unreachable`, `storage-full`.
 */
export async function fetchAttachment(
  server: ContentServer,
  encoded: Uint8Array,
  target: MediaTarget,
  signal: AbortSignal,
): Promise<StoredBlob> {
  const pointer = decodePointer(encoded)
  if ((pointer.size ?? 0) > target.bytesMax) throw unusable('it is larger than what is taken')
  const octetsMax = blobOctets(target.bytesMax)
  const wasBegun = (await target.part.size()) > 0
  await server.downloadInto(pointer, target.part, octetsMax, signal)
  try {
    return await open(pointer, target, signal)
  } catch (error) {
    if (!CausewayError.is(error, 'signal-attachment')) throw error
    await target.part.discard()
    // After a power cut the part may end in octets that never were there: once more, from the beginning.
    if (!wasBegun) throw error
    await server.downloadInto(pointer, target.part, octetsMax, signal)
    return await open(pointer, target, signal)
  }
}

async function open(pointer: AttachmentPointer, target: MediaTarget, signal: AbortSignal): Promise<StoredBlob> {
  const { incrementalMac, chunkSize, key, digest } = pointer
  const isIncremental = digest === undefined && incrementalMac !== undefined && chunkSize !== undefined
  const opener = new AttachmentOpener(pointer, isIncremental)
  const writer = await target.create()
  const decrypt = async (octets: AsyncIterable<Uint8Array>) => {
    for await (const chunk of octets) for (const plain of opener.update(chunk)) await writer.write(plain)
    await writer.write(opener.final())
  }
  try {
    if (isIncremental) {
      const part = Readable.from(copies(target.part.read()), { highWaterMark: 1 })
      await pipeline(part, validator(key, chunkSize, incrementalMac), decrypt, { signal })
    } else await decrypt(until(signal, target.part.read()))
  } catch (error) {
    await writer.discard()
    if (isCode(error, ErrorCode.IncrementalMacVerificationFailed)) {
      throw unusable('its incremental authentication is wrong', error)
    }
    throw error
  }
  const blob = await writer.finish()
  await target.part.discard()
  return blob
}

/** For a stream, which reads ahead. */
async function* copies(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of octets) yield Buffer.from(chunk)
}

async function* until(signal: AbortSignal, octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of octets) {
    signal.throwIfAborted()
    yield chunk
  }
}

/** Fails on octets that the incremental MAC does not vouch for. */
function validator(key: Uint8Array | undefined, chunkSize: number, mac: Uint8Array): ValidatingPassThrough {
  try {
    return new ValidatingPassThrough(
      new Uint8Array((key ?? new Uint8Array()).subarray(32)),
      everyNthByte(chunkSize),
      new Uint8Array(mac),
    )
  } catch (cause) {
    throw unusable('its incremental authentication is malformed', cause)
  }
}

function decodePointer(encoded: Uint8Array): AttachmentPointer {
  try {
    return attachmentPointerCodec.decode(encoded)
  } catch (cause) {
    throw unusable('its pointer is unreadable', cause)
  }
}

function unusable(why: string, cause?: unknown): CausewayError {
  return new CausewayError({
    code: 'signal-attachment',
    message: `An attachment cannot be used: ${why}.`,
    retry: 'never',
    ...(cause === undefined ? {} : { cause }),
  })
}
