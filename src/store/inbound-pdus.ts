/**
 * Which PDUs of the modems are safe with us but not yet known to be deleted there. The same octets in the same slot are
 * the same message until the slot was emptied; afterwards they are a new one, so two honest identical texts both count.
 */
import { createHash } from 'node:crypto'
import type { IdSource } from '../domain/ids.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import { type Database, withoutWaiting } from './database.ts'
import { prepared } from './prepared.ts'
import { asUnit, inUnit } from './unit.ts'

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

  /** Runs `work` in one transaction; resolves when that is on the disk. */
  together<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute((tx) => work(asUnit(tx)))
  }

  /** The key of this very PDU, inside `together`: the same until it is released, a new one after. */
  open(pdu: SlottedPdu, unit: UnitOfWork): Promise<string> {
    return inUnit(this.#db, unit, async (tx) => {
      if (pdu.slot === undefined) await this.#releaseOldDirect(tx, pdu.modemId)
      const pduSha256 = sha256(pdu.pduHex)
      const [known] = await openPdu(tx, { modemId: pdu.modemId, ...placeOf(pdu), pduSha256 })
      if (known !== undefined) return known.id
      const { memory, slot } = placeOf(pdu)
      // Another PDU in this slot: whatever was in it is gone.
      if (pdu.slot !== undefined) await emptySlot(tx, { modemId: pdu.modemId, memory, slot, nowMs: this.#clock() })
      const id = this.#ids('pdu')
      await insertPdu(tx, { id, modemId: pdu.modemId, memory, slot, pduSha256, takenAtMs: pdu.receivedAtMs })
      return id
    })
  }

  /** The modem has deleted or acknowledged it. A power cut may forget this, and `inventory` finds it out again. */
  async release(pdu: SlottedPdu): Promise<void> {
    const key = { modemId: pdu.modemId, ...placeOf(pdu), pduSha256: sha256(pdu.pduHex) }
    await releasePdu(withoutWaiting(this.#db), { ...key, nowMs: this.#clock() })
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

interface Place {
  modemId: string
  memory: string
  slot: number
}

const openPdu = prepared((db, $: Place & { pduSha256: string }) =>
  db
    .selectFrom('inbound_pdus')
    .select('id')
    .where('modem_id', '=', $.modemId)
    .where('memory', '=', $.memory)
    .where('slot', '=', $.slot)
    .where('pdu_sha256', '=', $.pduSha256)
    .where('released_at_ms', 'is', null),
)

const releasePdu = prepared((db, $: Place & { pduSha256: string; nowMs: number }) =>
  db
    .updateTable('inbound_pdus')
    .set({ released_at_ms: $.nowMs })
    .where('modem_id', '=', $.modemId)
    .where('memory', '=', $.memory)
    .where('slot', '=', $.slot)
    .where('pdu_sha256', '=', $.pduSha256)
    .where('released_at_ms', 'is', null),
)

const emptySlot = prepared((db, $: Place & { nowMs: number }) =>
  db
    .updateTable('inbound_pdus')
    .set({ released_at_ms: $.nowMs })
    .where('modem_id', '=', $.modemId)
    .where('memory', '=', $.memory)
    .where('slot', '=', $.slot)
    .where('released_at_ms', 'is', null),
)

const insertPdu = prepared((db, $: Place & { id: string; pduSha256: string; takenAtMs: number }) =>
  db.insertInto('inbound_pdus').values({
    id: $.id,
    modem_id: $.modemId,
    memory: $.memory,
    slot: $.slot,
    pdu_sha256: $.pduSha256,
    taken_at_ms: $.takenAtMs,
    released_at_ms: null,
  }),
)

function placeOf({ slot = DIRECT }: SlottedPdu): { memory: string; slot: number } {
  return { memory: slot.memory, slot: slot.index }
}

function sha256(hex: string): string {
  return createHash('sha256').update(hex.toUpperCase()).digest('hex')
}
