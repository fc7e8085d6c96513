/**
 * The files that lie on disk, as rows. A file goes only after the commit that no longer names it: its row is doomed first,
 * and `doomedBlobs` are removed by whoever keeps the files (routing/media.ts).
 */
import type { StoredBlob } from '../domain/media.ts'
import type { Database, DatabaseTransaction } from './database.ts'

/** Rows for files that are on disk already; undefined ones are passed over. */
export async function insertBlobs(
  tx: DatabaseTransaction,
  blobs: readonly (StoredBlob | undefined)[],
  nowMs: number,
): Promise<void> {
  for (const blob of blobs) {
    if (blob !== undefined)
      await tx
        .insertInto('blobs')
        .values({ ...blob, created_at_ms: nowMs })
        .execute()
  }
}

/** Content and small copy as `Blobs.read` wants them; undefined when it is not here. */
export async function storedBlob(db: Database, id: string | null): Promise<StoredBlob | undefined> {
  if (id === null) return undefined
  return await db.selectFrom('blobs').select(['id', 'bytes']).where('id', '=', id).executeTakeFirst()
}

/** Ids of the files that rows name, and of the attachments of which a part may lie there. For the sweep at the start. */
export async function namedFiles(db: Database): Promise<{ blobs: Set<string>; partials: Set<string> }> {
  const blobs = await db.selectFrom('blobs').select('id').execute()
  const partials = await db
    .selectFrom('attachments')
    .select('id')
    .where('state', 'in', ['waiting', 'fetching'])
    .execute()
  return { blobs: new Set(blobs.map(({ id }) => id)), partials: new Set(partials.map(({ id }) => id)) }
}

/** These files go after the commit. */
export async function doomBlobs(tx: DatabaseTransaction, ids: readonly (string | null)[]): Promise<void> {
  const named = ids.filter((id) => id !== null)
  if (named.length > 0) await tx.updateTable('blobs').set({ doomed: 1 }).where('id', 'in', named).execute()
}

/** Ids of the files that no row names any more. */
export async function doomedBlobs(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('blobs').select('id').where('doomed', '=', 1).execute()
  return rows.map(({ id }) => id)
}

/** The file has gone from the disk. */
export async function forgetBlob(db: Database, id: string): Promise<void> {
  await db.deleteFrom('blobs').where('id', '=', id).execute()
}
