/**
 * Files that somebody hands in for messages to come: one after the other onto the disk as they arrive, then all of them or
 * none into the database, in one commit with their Idempotency-Key.
 */
import { CausewayError } from '../domain/errors.ts'
import type { IdSource } from '../domain/ids.ts'
import type { MediaFacts, PictureLooks, StoredBlob } from '../domain/media.ts'
import { findAttachment, insertUpload, type NewAttachment } from '../store/attachments.ts'
import type { Blobs } from '../store/blobs.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { claimKey } from '../store/idempotency.ts'
import type { AttachmentRow } from '../store/tables/media.ts'
import { keepFile, lookAt } from './kept-files.ts'

/** As it arrives; `octets` are read before the next file is asked for. */
export interface HandedIn {
  octets: AsyncIterable<Uint8Array>
  /** As whoever hands it in says. */
  contentType: string
}

/** What is told of a file. */
export type UploadFacts = Omit<MediaFacts, 'contentType' | 'bytes' | 'width' | 'height'>

export interface Uploaded {
  /** In the order in which the files came. */
  rows: readonly [AttachmentRow, ...AttachmentRow[]]
  /** They are those of the first time. */
  replayed: boolean
}

interface UploadTools {
  db: Database
  ids: IdSource
  clock: () => number
  blobs: Blobs
  pictures: PictureLooks
  settings: { bytesMax: number }
}

/**
 * Takes them. `factsOf` is asked once all have come, since a form may tell of a file behind it. The same key with the same
 * files is the files of the first time. Errors: CausewayError `media-too-large`, `media-empty`, `storage-full`,
 * `idempotency-mismatch`; what the files and `factsOf` throw. After an error nothing is kept.
 */
export async function takeUploads<File extends HandedIn>(
  { db, ids, clock, blobs, pictures, settings }: UploadTools,
  files: AsyncIterable<File>,
  factsOf: (file: File) => UploadFacts,
  idempotency?: { scope: string; key: string },
): Promise<Uploaded> {
  const kept: { file: File; sha256: string; media: Omit<NewAttachment, keyof UploadFacts> }[] = []
  let unused: (StoredBlob | undefined)[] = []
  try {
    for await (const file of files) {
      const { blob, sha256 } = await keepFile(blobs, file.octets, settings.bytesMax)
      unused.push(blob)
      const looked = await lookAt({ blobs, pictures }, blob, file.contentType)
      unused.push(looked.thumbnail)
      kept.push({ file, sha256, media: { ...looked, id: ids('att'), blob, bytes: blob.bytes } })
    }
    const all = some(kept.map(({ file, sha256, media }) => ({ ...media, ...factsOf(file), sha256 })))
    const taken = await db.transaction().execute(async (tx) => {
      const known = idempotency === undefined ? undefined : await repeated(tx, all, idempotency, clock())
      if (known !== undefined) return { rows: known, replayed: true }
      const rows: AttachmentRow[] = []
      for (const { sha256: _sha256, ...media } of all) rows.push(await insertUpload(tx, media, clock()))
      return { rows: some(rows), replayed: false }
    })
    if (!taken.replayed) unused = []
    return taken
  } finally {
    for (const { id } of unused.filter((one) => one !== undefined)) await blobs.remove(id)
  }
}

/** The files that the key stands for, while they are there; else the key is taken for these. */
async function repeated(
  tx: DatabaseTransaction,
  files: readonly (NewAttachment & { sha256: string })[],
  { scope, key }: { scope: string; key: string },
  nowMs: number,
): Promise<Uploaded['rows'] | undefined> {
  const prints = files.map(({ sha256, fileName, caption, voice }) => ['media', sha256, fileName, caption, voice])
  const fingerprint = JSON.stringify(prints.length === 1 ? prints[0] : prints)
  const ids = files.map(({ id }) => id).join(' ')
  const claim = await claimKey(tx, { scope, key, fingerprint }, ids, nowMs)
  if (claim.kind === 'new') return undefined
  const known: AttachmentRow[] = []
  for (const id of claim.messageId.split(' ')) {
    const row = await findAttachment(tx, id)
    if (row === undefined) return undefined
    known.push(row)
  }
  return some(known)
}

function some<Item>(items: readonly Item[]): readonly [Item, ...Item[]] {
  const [first, ...others] = items
  if (first !== undefined) return [first, ...others]
  throw new CausewayError({ code: 'media-empty', message: 'There is no file in it.', retry: 'never' })
}
