/**
 * Which PDUs of the modems are safe with us but not yet known to be deleted there. The same octets in the same slot are
 * the same message until the slot was emptied; afterwards they are a new one, so two honest identical texts both count.
 */
import { createHash } from 'node:crypto'
import type { IdSource } from '../domain/ids.ts'
import { type Database, withoutWaiting } from './database.ts'

/** A PDU as a modem names it. No slot: it was handed over directly (+CMT, +CDS). */
export interface SlottedPdu {
  modemId: string
  slot: { memory: string; index: number } | undefined
  pduHex: string
  receivedAtMs: number
}

/** The network repeats a PDU that was handed over directly and not acknowledged at most this long. */
const DIRECT_REPEAT_MS = 3_600_000
/** Released rows are kept this long for diagnosis. */
const RELEASED_KEPT_MS = 24 * 3_600_000
const DIRECT = { memory: 'direct', index: 0 }

export class InboundPdus {
  readonly #db: Database
  readonly #ids: IdSource
  readonly #clock: () => number

  constructor(db: Database, ids: IdSource, clock: () => number) {
    this.#db = db
    this.#ids = ids
    this.#clock = clock
  }

  /**
   * The key of this very PDU: the same until it is released, a new one after. The message that is kept under it follows in
   * a transaction that is waited for.
   */
  open(pdu: SlottedPdu): Promise<string> {
    return withoutWaiting(this.#db)
      .transaction()
      .execute(async (tx) => {
        if (pdu.slot === undefined) await this.#releaseOldDirect(tx, pdu.modemId)
        const known = await this.#find(tx, pdu).select('id').executeTakeFirst()
        if (known !== undefined) return known.id
        const { memory, index } = pdu.slot ?? DIRECT
        // Another PDU in this slot: whatever was in it is gone.
        if (pdu.slot !== undefined) await this.#release(tx, pdu.modemId, memory, index)
        const id = this.#ids('pdu')
        await tx
          .insertInto('inbound_pdus')
          .values({
            id,
            modem_id: pdu.modemId,
            memory,
            slot: index,
            pdu_sha256: sha256(pdu.pduHex),
            taken_at_ms: pdu.receivedAtMs,
            released_at_ms: null,
          })
          .execute()
        return id
      })
  }

  /** The modem has deleted or acknowledged it. A power cut may forget this, and `inventory` finds it out again. */
  async release(pdu: SlottedPdu): Promise<void> {
    const row = await this.#find(this.#db, pdu).select('id').executeTakeFirst()
    if (row === undefined) return
    await withoutWaiting(this.#db)
      .updateTable('inbound_pdus')
      .set({ released_at_ms: this.#clock() })
      .where('id', '=', row.id)
      .execute()
  }

  /** These slots are all there is in this memory: whatever was taken from another one has been deleted. */
  async inventory(modemId: string, memory: string, occupied: readonly number[]): Promise<void> {
    let query = this.#db
      .updateTable('inbound_pdus')
      .set({ released_at_ms: this.#clock() })
      .where('modem_id', '=', modemId)
      .where('memory', '=', memory)
      .where('released_at_ms', 'is', null)
    if (occupied.length > 0) query = query.where('slot', 'not in', [...occupied])
    await query.execute()
  }

  /** Forgets what was released long ago. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('inbound_pdus')
      .where('released_at_ms', '<', this.#clock() - RELEASED_KEPT_MS)
      .execute()
  }

  #find(db: Database, pdu: SlottedPdu) {
    const { memory, index } = pdu.slot ?? DIRECT
    return db
      .selectFrom('inbound_pdus')
      .where('modem_id', '=', pdu.modemId)
      .where('memory', '=', memory)
      .where('slot', '=', index)
      .where('pdu_sha256', '=', sha256(pdu.pduHex))
      .where('released_at_ms', 'is', null)
  }

  async #release(db: Database, modemId: string, memory: string, index: number): Promise<void> {
    await db
      .updateTable('inbound_pdus')
      .set({ released_at_ms: this.#clock() })
      .where('modem_id', '=', modemId)
      .where('memory', '=', memory)
      .where('slot', '=', index)
      .where('released_at_ms', 'is', null)
      .execute()
  }

  async #releaseOldDirect(db: Database, modemId: string): Promise<void> {
    await db
      .updateTable('inbound_pdus')
      .set({ released_at_ms: this.#clock() })
      .where('modem_id', '=', modemId)
      .where('memory', '=', DIRECT.memory)
      .where('released_at_ms', 'is', null)
      .where('taken_at_ms', '<', this.#clock() - DIRECT_REPEAT_MS)
      .execute()
  }
}

function sha256(hex: string): string {
  return createHash('sha256').update(hex.toUpperCase()).digest('hex')
}
