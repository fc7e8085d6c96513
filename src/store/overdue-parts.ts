/**
 * Long texts whose missing parts are overdue. Each is taken in the one transaction that also holds what is made of it, so
 * that a crash leaves it either waiting or shown, never both.
 */
import type { KeptSegment } from '../domain/sink.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { Database } from './database.ts'
import { segmentsOf } from './segments.ts'
import { asUnit } from './unit.ts'

export class OverdueParts {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Hands `show` the parts of one text of which the last came before `beforeMs`, in order; it says whether they are shown
   * now. What is not is left for the quarantine. False when there is none. Throws what `show` throws, changing nothing.
   */
  take(
    beforeMs: number,
    show: (parts: readonly KeptSegment[], unit: UnitOfWork) => Promise<boolean>,
  ): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      const overdue = await tx
        .selectFrom('segments')
        .select('set_id')
        .where('whole_at_ms', 'is', null)
        .where('shown', 'is', null)
        .where('received_at_ms', '<', beforeMs)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('segments as later')
                .select('later.set_id')
                .whereRef('later.set_id', '=', 'segments.set_id')
                .where('later.received_at_ms', '>=', beforeMs),
            ),
          ),
        )
        .orderBy('received_at_ms')
        .limit(1)
        .executeTakeFirst()
      if (overdue === undefined) return false
      const isShown = await show(await segmentsOf(tx, overdue.set_id), asUnit(tx))
      await tx
        .updateTable('segments')
        .set({ shown: isShown ? 1 : 0 })
        .where('set_id', '=', overdue.set_id)
        .execute()
      return true
    })
  }
}
