/**
 * The durable notes of an attempt, as the transport sees them. What must be safe before the modem gets a part is committed
 * before the call resolves; what came of the last part is committed together with the end of the attempt, which follows at
 * once: each commit waits for the disk. States only go forward: a status report may overtake the modem's own answer.
 *
 * The attempt itself may begin with the first of these writes (`begin`), so that the two are one commit.
 */
import type { AttemptJournal, PartRecord } from '../domain/transport.ts'
import { noteLeftOut } from '../store/attachments.ts'
import { changePart, insertParts, nextConcatReference, partsOf, settlePart } from '../store/attempts.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { PartRow } from '../store/tables/sending.ts'

export interface JournalledLeg {
  messageId: string
  leg: number
  lane: string
  recipientDigits: string
  /** The same of another recipient, where parts are not all for one. */
  digitsOf: (number: string) => string
  /** This is the first attempt of the leg: nothing is journalled yet. */
  isFirst: boolean
}

/** What is written together with the first note of an attempt, at the latest with its end. */
export interface Beginning {
  /** Throws `Superseded` when the attempt may not be made any more: then nothing has left. */
  write: (tx: DatabaseTransaction) => Promise<void>
  /** It has been committed. */
  committed: () => void
}

/** Somebody decided otherwise about the message before anything of it had left. */
export class Superseded extends Error {}

type PartChange = Parameters<AttemptJournal['part']>[1]

export class LegJournal implements AttemptJournal {
  readonly #db: Database
  readonly #of: JournalledLeg
  /** Undefined once it is in the database. */
  #beginning: Beginning | undefined
  /** Planned in this attempt and not in the database yet: nothing has left, so nothing is lost with them. */
  #planned: readonly PlannedPart[] = []
  #lastPart = 0
  /** What came of the last part, for the transaction that closes the attempt. */
  #outcome: { part: number; change: PartChange } | undefined
  /** Parts that this attempt has given to the modem and not heard of since. */
  readonly #handedOver = new Set<number>()
  #wasReported = false
  /** Parts of this attempt that the network took, or may have. */
  taken = 0

  constructor(db: Database, of: JournalledLeg, beginning?: Beginning) {
    this.#db = db
    this.#of = of
    this.#beginning = beginning
  }

  async plan(parts: readonly PlannedPart[]): Promise<readonly PartRecord[]> {
    const { messageId, leg, lane, isFirst } = this.#of
    const stored = isFirst ? [] : await partsOf(this.#db, messageId, leg)
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
    const beginning = this.#beginning
    await this.#db.transaction().execute(async (tx) => {
      await beginning?.write(tx)
      await this.#note(tx, part, change)
    })
    this.#planned = []
    this.#beginning = undefined
    beginning?.committed()
  }

  nextConcatReference(recipient: string): Promise<number> {
    return this.#db.transaction().execute((tx) => nextConcatReference(tx, recipient))
  }

  /** Writes what is still to be written, in the transaction that closes the attempt. */
  async close(tx: DatabaseTransaction): Promise<void> {
    const outcome = this.#outcome
    this.#outcome = undefined
    await this.#beginning?.write(tx)
    if (outcome !== undefined) await this.#note(tx, outcome.part, outcome.change)
    this.#planned = []
  }

  /** Status reports may have come before the end of the attempt, so that they have not moved the message yet. */
  get mayBeReported(): boolean {
    return this.#wasReported || !this.#of.isFirst || this.#lastPart > 1
  }

  #insert(tx: DatabaseTransaction, more: (part: PlannedPart) => { submittedAtMs?: number }): Promise<void> {
    const { recipientDigits, digitsOf } = this.#of
    const parts = this.#planned.map((planned) => ({
      part: planned.part,
      tpduHex: planned.tpduHex,
      recipientDigits: planned.recipient === undefined ? recipientDigits : digitsOf(planned.recipient),
      ...more(planned),
    }))
    return insertParts(tx, this.#of, parts)
  }

  async #note(tx: DatabaseTransaction, part: number, change: PartChange): Promise<void> {
    const { messageId, leg } = this.#of
    if (change.leftOut !== undefined) await noteLeftOut(tx, messageId, change.leftOut)
    const isNew = this.#planned.some((planned) => planned.part === part)
    if (change.state === 'submitting') this.#handedOver.add(part)
    if (isNew && change.state === 'submitting') {
      const { atMs: submittedAtMs } = change
      await this.#insert(tx, (planned) => (planned.part === part ? { submittedAtMs } : {}))
      return
    }
    if (isNew) await this.#insert(tx, () => ({}))
    const stored = await settlePart(
      tx,
      { messageId, leg, part },
      {
        state: change.state,
        ...(change.messageReference === undefined ? {} : { message_reference: change.messageReference }),
        ...(change.state === 'submitting' ? { submitted_at_ms: change.atMs } : {}),
        ...(change.detail === undefined ? {} : { detail: change.detail }),
      },
    )
    if (stored === undefined) throw new RangeError(`part ${part} was never planned`)
    if (stored !== change.state) this.#wasReported = true
    const mayBeTaken = change.state === 'accepted' || change.state === 'uncertain'
    if (mayBeTaken && this.#handedOver.delete(part)) this.taken += 1
  }
}

type PlannedPart = Parameters<AttemptJournal['plan']>[0][number]

function recordOf(row: PartRow): PartRecord {
  return {
    part: row.part,
    tpduHex: row.tpdu_hex,
    state: row.state,
    messageReference: row.message_reference ?? undefined,
    submittedAtMs: row.submitted_at_ms ?? undefined,
  }
}
