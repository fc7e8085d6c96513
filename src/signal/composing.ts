/**
 * Makes the content of a message whole: what every message of ours has, a text that is too long for it, and what is
 * attached. The last two are uploaded first, once, however often the message is tried.
 */
import type { OutgoingMedia } from '../domain/media.ts'
import { showingQuoted, type Uploads } from './attachments-out.ts'
import type { Credentials } from './credentials.ts'
import type { LongTexts } from './long-texts.ts'
import type { AttachmentPointer, DataMessage } from './proto/data-message.ts'
import type { Content } from './proto/messages.ts'

/** The first version of the protocol that knew files by where they lie now; whoever knows it knows of looking once. */
const filesVersion = 5
/** For the small picture of what is quoted. */
const ornamentTimeoutMs = 10_000

export class Composer {
  readonly #credentials: Credentials
  readonly #texts: LongTexts
  readonly #uploads: Uploads

  constructor(parts: { credentials: Credentials; texts: LongTexts; uploads: Uploads }) {
    this.#credentials = parts.credentials
    this.#texts = parts.texts
    this.#uploads = parts.uploads
  }

  /**
   * A message, or an edit of one, as it is to be encrypted. `quoted`: the small picture of what it quotes, without which it
   * leaves where that cannot be uploaded. Errors as `SignalAccount.sendText`.
   */
  async complete(
    { dataMessage, editMessage }: Content,
    timestampMs: number,
    media: readonly OutgoingMedia[],
    signal: AbortSignal,
    quoted?: OutgoingMedia,
  ): Promise<Content> {
    const thumbnail = quoted === undefined ? undefined : await this.#ornament(quoted, signal)
    const complete = async (message: DataMessage): Promise<DataMessage> => {
      const { attachments: longText = [], ...packed } =
        message.body === undefined ? {} : await this.#texts.pack(message.body)
      const attachments = [...(message.attachments ?? []), ...longText]
      for (const item of media) attachments.push(await this.#uploads.pointerTo(item, signal))
      const once = media.some(({ viewOnce }) => viewOnce)
      return {
        ...message,
        ...packed,
        requiredProtocolVersion: Math.max(
          message.requiredProtocolVersion ?? 0,
          attachments.length === 0 ? 0 : filesVersion,
        ),
        ...(attachments.length === 0 ? {} : { attachments }),
        ...(once ? { isViewOnce: true } : {}),
        timestamp: timestampMs,
        profileKey: this.#credentials.profileKey.serialize(),
      }
    }
    if (dataMessage !== undefined) {
      return {
        dataMessage: await complete(thumbnail === undefined ? dataMessage : showingQuoted(dataMessage, thumbnail)),
      }
    }
    return { editMessage: { ...editMessage, dataMessage: await complete(editMessage?.dataMessage ?? {}) } }
  }

  /** Undefined where it cannot be had in time: no message waits for the picture of its quote. */
  async #ornament(quoted: OutgoingMedia, signal: AbortSignal): Promise<AttachmentPointer | undefined> {
    try {
      return await this.#uploads.pointerTo(quoted, AbortSignal.any([signal, AbortSignal.timeout(ornamentTimeoutMs)]))
    } catch {
      return undefined
    }
  }
}
