/**
 * The durable notes of an attempt, as the transport sees them. What must be safe before the modem gets a part is committed
 * before the call resolves; what came of the last part is committed together with the end of the attempt, which follows at
 * once: each commit waits for the disk. States only go forward: a status report may overtake the modem's own answer.
 */
import type { AttemptJournal, PartRecord, PartState } from '../domain/transport.ts'
import { changePart, insertParts, nextConcatReference, partsOf } from '../store/attempts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { PartRow } from '../store/tables/mailbox.ts'

export interface JournalledLeg {
  messageId: string
  leg: number
  lane: string
  recipientDigits: string
}

/** What a report has proved, the transport does not take back. */
const REPORTED: ReadonlySet<PartState> = new Set(['delivered', 'failed'])

type PartChange = Parameters<AttemptJournal['part']>[1]

export class LegJournal implements AttemptJournal {
  readonly #db: Database
  readonly #of: JournalledLeg
  /** Planned in this attempt and not in the database yet: nothing has left, so nothing is lost with them. */
  #planned: readonly { part: number; tpduHex: string }[] = []
  #lastPart = 0
  /** What came of the last part, for the transaction that closes the attempt. */
  #outcome: { part: number; change: PartChange } | undefined
  /** Parts of this attempt that the network took, or may have. */
  taken = 0

  constructor(db: Database, of: JournalledLeg) {
    this.#db = db
    this.#of = of
  }

  async plan(parts: readonly { part: number; tpduHex: string }[]): Promise<readonly PartRecord[]> {
    const { messageId, leg, lane } = this.#of
    const stored = await partsOf(this.#db, messageId, leg)
    this.#lastPart = Math.max(0, ...(stored.length > 0 ? stored : parts).map(({ part }) => part))
    if (stored.length === 0) {
      this.#planned = parts
      return parts.map(({ part, tpduHex }) => ({
        part,
        tpduHex,
        state: 'pending',
        messageReference: undefined,
        submittedAtMs: undefined,
      }))
    }
    // Parts that are still here may go through another modem than planned; a report comes to where they went.
    const moved = stored.filter((row) => row.state === 'pending' && row.lane !== lane)
    if (moved.length > 0) {
      await this.#db.transaction().execute(async (tx) => {
        for (const { part } of moved) await changePart(tx, { messageId, leg, part }, { lane })
      })
    }
    return stored.map(recordOf)
  }

  async part(part: number, change: PartChange): Promise<void> {
    if (part === this.#lastPart && change.state !== 'submitting') {
      this.#outcome = { part, change }
      return
    }
    await this.#db.transaction().execute((tx) => this.#write(tx, part, change))
    this.#planned = []
  }

  nextConcatReference(recipient: string): Promise<number> {
    return this.#db.transaction().execute((tx) => nextConcatReference(tx, recipient))
  }

  /** Writes what is still to be written, in the transaction that closes the attempt. */
  async close(tx: DatabaseTransaction): Promise<void> {
    const outcome = this.#outcome
    this.#outcome = undefined
    if (outcome !== undefined) await this.#write(tx, outcome.part, outcome.change)
  }

  async #write(tx: DatabaseTransaction, part: number, change: PartChange): Promise<void> {
    const { messageId, leg } = this.#of
    if (this.#planned.length > 0) await insertParts(tx, this.#of, this.#planned)
    const row = (await partsOf(tx, messageId, leg)).find((stored) => stored.part === part)
    if (row === undefined) throw new RangeError(`part ${part} was never planned`)
    await changePart(
      tx,
      { messageId, leg, part },
      {
        state: REPORTED.has(row.state) ? row.state : change.state,
        ...(change.messageReference === undefined ? {} : { message_reference: change.messageReference }),
        ...(change.state === 'submitting' ? { submitted_at_ms: change.atMs } : {}),
        ...(change.detail === undefined ? {} : { detail: change.detail }),
      },
    )
    if (row.state === 'submitting' && (change.state === 'accepted' || change.state === 'uncertain')) this.taken += 1
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
