/** Files at the sandbox's content server, as phones put them there and fetch them. */
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openAttachment } from '../signal/attachments.ts'
import { type Proto, sealAttachment } from './mock.ts'

/** A file as a phone fetched and decrypted it. */
export interface ReceivedFile {
  contentType: string
  fileName: string | undefined
  voice: boolean
  bytes: number
  /** Of the content, hex. */
  sha256: string
  /** Why it could not be used; then the two before say nothing. */
  problem: string | undefined
}

type Pointer = Proto.AttachmentPointer.Params

const voiceFlag = 1

export class ContentFiles {
  readonly #directory: string
  readonly #store: (key: string, blob: Buffer<ArrayBuffer>) => Promise<void>

  constructor(cdnDirectory: string, store: (key: string, blob: Buffer<ArrayBuffer>) => Promise<void>) {
    this.#directory = cdnDirectory
    this.#store = store
  }

  /** Encrypts and stores one, as a client does before it sends its message. */
  async put(
    content: Uint8Array,
    facts: { contentType: string; fileName: string | null; voice: boolean },
  ): Promise<Pointer> {
    const sealed = sealAttachment(Buffer.from(content))
    const cdnKey = randomBytes(12).toString('hex')
    await this.#store(cdnKey, sealed.blob)
    const { contentType, fileName, voice } = facts
    const place = { attachmentIdentifier: { cdnKey }, cdnNumber: 3 }
    return { ...sealed.pointer(cdnKey), ...place, contentType, fileName, flags: voice ? voiceFlag : 0 }
  }

  /** What a phone makes of an attachment: fetched, verified, decrypted. Never rejects. */
  async fetch(pointer: Pointer): Promise<ReceivedFile> {
    const { contentType, fileName, flags, attachmentIdentifier, key, digest, size } = pointer
    const file = { contentType: contentType ?? '', fileName: fileName ?? undefined }
    const voice = ((flags ?? 0) & voiceFlag) !== 0
    try {
      const cdnKey = String(attachmentIdentifier?.cdnKey)
      const blob = await readFile(join(this.#directory, 'attachments', basename(cdnKey)))
      const content = openAttachment(blob, {
        ...(key == null ? {} : { key }),
        ...(digest == null ? {} : { digest }),
        ...(size == null ? {} : { size }),
      })
      const sha256 = createHash('sha256').update(content).digest('hex')
      return { ...file, voice, bytes: content.length, sha256, problem: undefined }
    } catch (error) {
      return { ...file, voice, bytes: 0, sha256: '', problem: error instanceof Error ? error.message : String(error) }
    }
  }
}
