/**
 * Single files that the owner removed on another device before their messages came here: the two take different ways, and a
 * session that was lost holds up a message. What was said is kept for a while, in a bounded number, and holds when the message
 * comes. Whole messages are kept by the house itself.
 */
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { remembered } from '../store/prepared.ts'
import type { PeerIds, RemovedMessage, SignalSink } from './facts.ts'
import { pickFile } from './file-names.ts'
import type { AttachmentDelete } from './proto/sync-parts.ts'

/** A message that is that much later does not come any more. */
const keptMs = 24 * 3600_000
const rowsMax = 1_000
const uuidOctets = 16
const digestOctets = 32

/** Keeps it, unless it names nothing, or too much is kept already. `author`: of the message, us included. */
export async function keepRemovedFile(
  transaction: DatabaseTransaction,
  { author, timestampMs, names, atMs }: { author: string; timestampMs: number; names: AttachmentDelete; atMs: number },
): Promise<void> {
  const client_uuid = sized(names.clientUuid, uuidOctets)
  const digest = sized(names.fallbackDigest, digestOctets)
  if (client_uuid.length + digest.length === 0) return
  const { count } = await transaction
    .selectFrom('signal_removed_files')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= rowsMax) return
  await transaction
    .insertInto('signal_removed_files')
    .values({ author, timestamp_ms: timestampMs, client_uuid, digest, kept_at_ms: atMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** This message with files is on record now: what was removed of it goes. */
export async function dropRemovedFiles(
  transaction: DatabaseTransaction,
  sink: SignalSink,
  message: RemovedMessage & { author: string; with: PeerIds & { groupId?: string | undefined } },
): Promise<void> {
  if ((await anyKept(transaction, {})).length === 0) return
  const { author, with: other, ours, timestampMs, authorAci } = message
  const kept = await transaction
    .deleteFrom('signal_removed_files')
    .where('author', '=', author)
    .where('timestamp_ms', '=', timestampMs)
    .returning(['client_uuid', 'digest', 'kept_at_ms'])
    .execute()
  for (const { client_uuid: uuid, digest, kept_at_ms: atMs } of kept) {
    const named = { ours, timestampMs, ...(authorAci === undefined ? {} : { authorAci }) }
    const pick = pickFile(transaction, {
      clientUuid: Buffer.from(uuid, 'hex'),
      fallbackDigest: Buffer.from(digest, 'hex'),
    })
    await sink.removed({ with: other, atMs, what: 'file', message: named, pick }, transaction)
  }
}

/** Most of the time there is none. */
const anyKept = remembered('signal_removed_files', (db) =>
  db.selectFrom('signal_removed_files').select('author').limit(sql.lit(1)),
)

/** Forgets those whose message has not come for too long. */
export async function pruneRemovedFiles(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('signal_removed_files')
    .where('kept_at_ms', '<', nowMs - keptMs)
    .execute()
}

/** In hex; empty where it has another length than such a name has. */
function sized(octets: Uint8Array | undefined, length: number): string {
  return octets?.length === length ? Buffer.from(octets).toString('hex') : ''
}
