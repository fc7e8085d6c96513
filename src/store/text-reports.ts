/** Whether the texts that a modem has sent of late were reported on: every part of a text asks for a status report. */
import type { Database } from './database.ts'

/** What a modem's last texts came to. */
export interface ReportedTexts {
  texts: number
  /** Different ones. */
  recipients: number
  /** Parts of which a report spoke, whatever it said. */
  reports: number
}

/** Of the last parts, at most `partsMax`, that the network took from this modem from `sinceMs` to before `untilMs`. */
export async function reportedTexts(
  db: Database,
  lane: string,
  { sinceMs, untilMs, partsMax }: { sinceMs: number; untilMs: number; partsMax: number },
): Promise<ReportedTexts> {
  const parts = await db
    .selectFrom('parts')
    .select(['message_id', 'recipient_digits', 'settled_at_ms', 'message_reference'])
    .where('lane', '=', lane)
    .where('submitted_at_ms', 'is not', null)
    .where('submitted_at_ms', '>=', sinceMs)
    .where('submitted_at_ms', '<', untilMs)
    .orderBy('submitted_at_ms', 'desc')
    .limit(partsMax)
    .execute()
  // What has no reference was refused, or nobody knows whether it left.
  const taken = parts.filter((part) => part.message_reference !== null)
  return {
    texts: new Set(taken.map((part) => part.message_id)).size,
    recipients: new Set(taken.map((part) => part.recipient_digits)).size,
    // Only a report settles a part.
    reports: taken.filter((part) => part.settled_at_ms !== null).length,
  }
}
