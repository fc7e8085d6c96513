/**
 * The send log: what was sent, for a recipient that could not read it and asks for it again (retries.ts). Bounded by count
 * here, with every entry, and by age where it is pruned.
 */
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../store/database.ts'
import { prepared } from '../store/prepared.ts'

/** Entries at most; the oldest go first. A message to a group has one for each member. */
const entriesMax = 20_000

/** Keeps what was sent, for a recipient that asks for it again. */
export async function rememberSent(
  transaction: DatabaseTransaction,
  outgoing: { to: string; timestampMs: number; urgent: boolean },
  content: Uint8Array,
  nowMs: number,
): Promise<void> {
  await putSent(transaction, {
    recipient: outgoing.to,
    timestampMs: outgoing.timestampMs,
    content,
    urgent: outgoing.urgent ? 1 : 0,
    nowMs,
  })
  await trimSent(transaction, { entriesMax })
}

type Sent = { recipient: string; timestampMs: number; content: Uint8Array; urgent: 0 | 1; nowMs: number }

const putSent = prepared((db, $: Sent) =>
  db
    .insertInto('signal_send_log')
    .values({
      recipient: $.recipient,
      timestamp_ms: $.timestampMs,
      content: $.content,
      urgent: $.urgent,
      sent_at_ms: $.nowMs,
    })
    .onConflict((conflict) => conflict.columns(['recipient', 'timestamp_ms']).doUpdateSet({ content: $.content })),
)

/** Row ids count up, so that this looks at nothing but what goes. */
const trimSent = prepared((db, $: { entriesMax: number }) =>
  db
    .deleteFrom('signal_send_log')
    .where(sql<boolean>`rowid <= (select max(rowid) from signal_send_log) - ${$.entriesMax}`),
)
