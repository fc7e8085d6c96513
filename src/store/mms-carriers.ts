/** What carriers call the picture messages that we sent, what they were found to take, and under which numbers they know us. */
import type { CarrierShelf } from '../domain/mms-record.ts'
import type { MmsReport } from '../domain/mms-report.ts'
import type { UnitOfWork } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { MessageRow } from './tables/mailbox.ts'
import { inUnit } from './unit.ts'

/** Reports whose message never got a name are forgotten after this. */
const REPORTS_KEPT_MS = 7 * 24 * 3_600_000
/** Numbers of our own that are learnt for one modem. */
const OWN_NUMBERS_MAX = 5

export class MmsCarriers implements CarrierShelf {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  sent(message: {
    messageId: string
    lane: string
    mmscMessageId: string
    atMs: number
  }): Promise<readonly MmsReport[]> {
    const { messageId: message_id, lane, mmscMessageId, atMs } = message
    return this.#db.transaction().execute(async (tx) => {
      await tx
        .insertInto('mms_sent')
        .orReplace()
        .values({ message_id, lane, mmsc_message_id: mmscMessageId, sent_at_ms: atMs })
        .execute()
      const early = await tx
        .deleteFrom('mms_reports')
        .where('lane', '=', lane)
        .where('mmsc_message_id', '=', mmscMessageId)
        .returningAll()
        .execute()
      return early.map(({ recipient, kind, status, at_ms }) => ({
        lane,
        mmscMessageId,
        recipient,
        kind,
        status,
        atMs: at_ms,
      }))
    })
  }

  async bytesMax(carrier: string): Promise<number | undefined> {
    const query = this.#db.selectFrom('mms_limits').select('bytes_max').where('carrier', '=', carrier)
    return (await query.executeTakeFirst())?.bytes_max
  }

  async learnBytesMax(carrier: string, bytesMax: number, nowMs: number): Promise<void> {
    const values = { carrier, bytes_max: bytesMax, learnt_at_ms: nowMs }
    await this.#db.insertInto('mms_limits').orReplace().values(values).execute()
  }

  ownNumbers(lane: string, unit?: UnitOfWork): Promise<readonly string[]> {
    return inUnit(this.#db, unit, async (tx) => {
      const rows = await tx.selectFrom('mms_own_numbers').select('e164').where('lane', '=', lane).execute()
      return rows.map(({ e164 }) => e164)
    })
  }

  learnOwnNumber(lane: string, e164: string, nowMs: number, unit: UnitOfWork): Promise<void> {
    return inUnit(this.#db, unit, async (tx) => {
      const known = await tx.selectFrom('mms_own_numbers').select('e164').where('lane', '=', lane).execute()
      if (known.length >= OWN_NUMBERS_MAX || known.some((row) => row.e164 === e164)) return
      await tx.insertInto('mms_own_numbers').values({ lane, e164, learnt_at_ms: nowMs }).execute()
    })
  }
}

/** Our message that this carrier calls so. */
export function messageNamed(
  tx: DatabaseTransaction,
  { lane, mmscMessageId }: Pick<MmsReport, 'lane' | 'mmscMessageId'>,
): Promise<MessageRow | undefined> {
  return tx
    .selectFrom('messages')
    .innerJoin('mms_sent', 'mms_sent.message_id', 'messages.id')
    .selectAll('messages')
    .where('mms_sent.lane', '=', lane)
    .where('mms_sent.mmsc_message_id', '=', mmscMessageId)
    .executeTakeFirst()
}

/** Keeps a report until its message has its name. */
export async function keepEarlyReport(tx: DatabaseTransaction, report: MmsReport): Promise<void> {
  const { lane, mmscMessageId, recipient, kind, status, atMs } = report
  await tx
    .insertInto('mms_reports')
    .values({ lane, mmsc_message_id: mmscMessageId, recipient, kind, status, at_ms: atMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Forgets early reports whose message has not come for too long. */
export async function pruneReports(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('mms_reports')
    .where('at_ms', '<', nowMs - REPORTS_KEPT_MS)
    .execute()
}
