/**
 * The durable notes of an attempt, as the transport sees them. Every call is committed before it resolves. States only
 * go forward: a status report may overtake the modem's own answer.
 */
import type { AttemptJournal, PartRecord, PartState } from '../domain/transport.ts'
import { changePart, insertParts, nextConcatReference, partsOf } from '../store/attempts.ts'
import type { Database } from '../store/database.ts'
import type { PartRow } from '../store/tables/mailbox.ts'

export interface JournalledLeg {
  messageId: string
  leg: number
  lane: string
  recipientDigits: string
}

/** What a report has proved, the transport does not take back. */
const REPORTED: ReadonlySet<PartState> = new Set(['delivered', 'failed'])

export class LegJournal implements AttemptJournal {
  readonly #db: Database
  readonly #of: JournalledLeg
  /** Parts of this attempt that the network took, or may have. */
  taken = 0

  constructor(db: Database, of: JournalledLeg) {
    this.#db = db
    this.#of = of
  }

  plan(parts: readonly { part: number; tpduHex: string }[]): Promise<readonly PartRecord[]> {
    const { messageId, leg, lane } = this.#of
    return this.#db.transaction().execute(async (tx) => {
      const stored = await partsOf(tx, messageId, leg)
      if (stored.length > 0) {
        // Parts that are still here may go through another modem than planned; a report comes to where they went.
        for (const { part, state } of stored) {
          if (state === 'pending') await changePart(tx, { messageId, leg, part }, { lane })
        }
        return stored.map(recordOf)
      }
      await insertParts(tx, this.#of, parts)
      return (await partsOf(tx, messageId, leg)).map(recordOf)
    })
  }

  part(
    part: number,
    change: { state: PartState; messageReference?: number; atMs: number; detail?: string },
  ): Promise<void> {
    const key = { messageId: this.#of.messageId, leg: this.#of.leg, part }
    return this.#db.transaction().execute(async (tx) => {
      const row = (await partsOf(tx, key.messageId, key.leg)).find((stored) => stored.part === part)
      if (row === undefined) throw new RangeError(`part ${part} was never planned`)
      await changePart(tx, key, {
        state: REPORTED.has(row.state) ? row.state : change.state,
        ...(change.messageReference === undefined ? {} : { message_reference: change.messageReference }),
        ...(change.state === 'submitting' ? { submitted_at_ms: change.atMs } : {}),
        ...(change.detail === undefined ? {} : { detail: change.detail }),
      })
      if (row.state === 'submitting' && (change.state === 'accepted' || change.state === 'uncertain')) this.taken += 1
    })
  }

  nextConcatReference(recipient: string): Promise<number> {
    return this.#db.transaction().execute((tx) => nextConcatReference(tx, recipient))
  }
}

function recordOf(row: PartRow): PartRecord {
  return {
    part: row.part,
    tpduHex: row.tpdu_hex,
    state: row.state,
    messageReference: row.message_reference ?? undefined,
    submittedAtMs: row.submitted_at_ms ?? undefined,
  }
}
