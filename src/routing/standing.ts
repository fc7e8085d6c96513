/**
 * What evidence does to a contact's standing on Signal. Every piece of evidence also says until when the directory need
 * not be asked (look-ups are rationed by Signal).
 */
import { negativeLookupMs, POSITIVE_LOOKUP_MS, type SignalStanding, STALE_REPROBE_MS } from '../domain/contact.ts'
import { isGroupId } from '../domain/ids.ts'
import { changeContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { ContactRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import { addPresenceLine } from './lines.ts'

/**
 * `registered`: they use it (a message, a receipt, the directory). `left`: the service says that the account is gone.
 * `silent`: they wrote a text while our last Signal message is undelivered. `absent`: the directory does not know them.
 * `unanswered`: the directory could not be asked; `retryAfterMs` says when it may be.
 */
export type Evidence =
  | { kind: 'registered' | 'left' | 'silent' | 'absent' }
  | { kind: 'unanswered'; retryAfterMs: number | undefined }

/** Fresh good news is not written again within this time. */
const REFRESH_GRAIN_MS = 3_600_000
/** The directory is asked again this long after it could not answer. */
const UNANSWERED_RETRY_MS = 60_000

/** The contact after the evidence. */
export async function noteEvidence(
  context: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
  evidence: Evidence,
): Promise<ContactRow> {
  if (isGroupId(contact.id)) return contact
  const { events, clock } = context
  const now = clock()
  const known = contact.signal_standing
  if (evidence.kind === 'unanswered') {
    const next = now + (evidence.retryAfterMs ?? UNANSWERED_RETRY_MS)
    return changeContact(tx, contact.id, { signal_next_check_at_ms: next }, now)
  }
  if (evidence.kind === 'registered') {
    if (known === 'registered' && now - (contact.signal_checked_at_ms ?? 0) < REFRESH_GRAIN_MS) return contact
    return change('registered', now + POSITIVE_LOOKUP_MS, 0)
  }
  if (evidence.kind === 'silent') {
    return known === 'registered' ? change('stale', now + STALE_REPROBE_MS, 0) : contact
  }
  const wasThere = known === 'registered' || known === 'stale'
  if (evidence.kind === 'left' || wasThere) return change('stale', now + STALE_REPROBE_MS, contact.signal_misses + 1)
  const misses = contact.signal_misses + 1
  return change('not-registered', now + negativeLookupMs(misses), misses)

  async function change(standing: SignalStanding, nextCheckAtMs: number, misses: number): Promise<ContactRow> {
    const changed = await changeContact(
      tx,
      contact.id,
      {
        signal_standing: standing,
        signal_checked_at_ms: now,
        signal_next_check_at_ms: nextCheckAtMs,
        signal_misses: misses,
      },
      now,
    )
    if (evidence.kind === 'left' || (evidence.kind === 'absent' && standing === 'stale')) {
      await addPresenceLine(context, tx, contact, 'left')
    } else if (standing === 'registered') await addPresenceLine(context, tx, contact, 'returned')
    if (standing !== known) {
      await events.append(tx, {
        type: 'contact.capability',
        contactId: contact.id,
        data: { signal: standing, previous: known, evidence: evidence.kind },
      })
    }
    return changed
  }
}
