/** Forgets what nobody needs any more, each kind after its own time. */
import { pruneDataMessages } from '../store/data-messages.ts'
import type { Database } from '../store/database.ts'
import { pruneEarlyChanges } from '../store/early-changes.ts'
import { pruneEarlyReceipts } from '../store/early-receipts.ts'
import { pruneKeys } from '../store/idempotency.ts'
import { InboundPdus } from '../store/inbound-pdus.ts'
import { pruneReports } from '../store/mms-carriers.ts'
import { pruneQuarantine } from '../store/quarantine.ts'
import { pruneSeen } from '../store/seen.ts'
import { expireSegments } from '../store/segments.ts'
import type { RowContext } from './context.ts'
import type { MediaDesk } from './media.ts'

/** All of it, once. */
export async function cleanUp(context: RowContext & { db: Database; media: Pick<MediaDesk, 'prune'> }): Promise<void> {
  const { db, events, ids, clock } = context
  const now = clock()
  await expireSegments(db, now)
  await pruneQuarantine(db)
  await pruneDataMessages(db)
  await pruneSeen(db, now)
  await pruneReports(db, now)
  await pruneKeys(db, now)
  await pruneEarlyReceipts(db, now)
  await pruneEarlyChanges(db, now)
  await new InboundPdus(db, ids, clock).prune()
  await context.media.prune()
  await events.prune()
}
