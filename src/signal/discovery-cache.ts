/**
 * What contact discovery has answered, over restarts: who has a number (24 h), who has none (1 h growing to 24 h), which
 * numbers it has counted against our ration and the token that says so, and what was new to it within a day.
 */
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { CdsiEntries } from './cdsi.ts'
import type { PeerIds } from './facts.ts'

/** With more counted numbers the token is given up, since each question names all of them. */
const countedMax = 5_000
const dayMs = 24 * 3600_000
/** As long as the router believes it of a contact (`domain/contact.ts`, which a driver does not know). */
const positiveMs = dayMs
const negativeFirstMs = 3600_000
const negativeMaxMs = dayMs

export class DiscoveryCache {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** What is still believed of these numbers; undefined behind a number: nobody has it. */
  async believed(e164s: readonly string[], nowMs: number): Promise<Map<string, PeerIds | undefined>> {
    const rows = await this.#db
      .selectFrom('signal_directory as known')
      .leftJoin('signal_peers as peer', 'peer.e164', 'known.e164')
      .select(['known.e164', 'known.aci', 'known.pni', 'known.asked_at_ms', 'peer.unregistered_at_ms'])
      .where('known.e164', 'in', e164s)
      .where('known.until_ms', '>', nowMs)
      .execute()
    return new Map(
      rows
        // Who has left since may have a new account.
        .filter(({ unregistered_at_ms: leftAtMs, asked_at_ms: askedAtMs }) => (leftAtMs ?? 0) <= askedAtMs)
        .map(({ e164, aci, pni }) => [
          e164,
          aci === null && pni === null ? undefined : { e164, aci: aci ?? undefined, pni: pni ?? undefined },
        ]),
    )
  }

  /** The token, and every number that it stands for. */
  async counted(): Promise<{ token: Uint8Array | undefined; e164s: string[] }> {
    const row = await this.#db.selectFrom('signal_directory_token').select('token').executeTakeFirst()
    if (row === undefined) return { token: undefined, e164s: [] }
    const rows = await this.#db.selectFrom('signal_directory').select('e164').where('counted', '=', 1).execute()
    if (rows.length <= countedMax) return { token: row.token, e164s: rows.map(({ e164 }) => e164) }
    await this.forgetToken()
    return { token: undefined, e164s: [] }
  }

  /** Signal has counted these numbers, whatever becomes of its answer. */
  async keepToken(token: Uint8Array, newE164s: readonly string[], nowMs: number): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.insertInto('signal_directory_token').orReplace().values({ id: 1, token }).execute()
      await noteNew(tx, newE164s.length, nowMs)
      for (const e164 of newE164s) {
        await tx
          .insertInto('signal_directory')
          .values({ e164, aci: null, pni: null, asked_at_ms: nowMs, until_ms: 0, counted: 1 })
          .onConflict((conflict) => conflict.column('e164').doUpdateSet({ counted: 1 }))
          .execute()
      }
    })
  }

  /** The server does not know the token (any more): every number is new to it again. */
  async forgetToken(): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom('signal_directory_token').execute()
      await tx.updateTable('signal_directory').set({ counted: 0 }).execute()
    })
  }

  /** Keeps the answer to a question about these numbers; `uncounted` of them were new, and no token told of it. */
  async keep(e164s: readonly string[], entries: CdsiEntries, uncounted: number, nowMs: number): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const e164 of e164s) {
        const { aci = null, pni = null } = found(entries, e164) ?? {}
        const before = await tx
          .selectFrom('signal_directory')
          .select('misses')
          .where('e164', '=', e164)
          .executeTakeFirst()
        const misses = aci === null && pni === null ? (before?.misses ?? 0) + 1 : 0
        const until_ms =
          nowMs + (misses === 0 ? positiveMs : Math.min(negativeMaxMs, negativeFirstMs * 2 ** Math.min(16, misses - 1)))
        const news = { aci, pni, asked_at_ms: nowMs, until_ms, misses }
        await tx
          .insertInto('signal_directory')
          .values({ e164, ...news })
          .onConflict((conflict) => conflict.column('e164').doUpdateSet(news))
          .execute()
      }
      await noteNew(tx, uncounted, nowMs)
    })
  }

  async use(nowMs: number): Promise<{ newToday: number; remembered: number }> {
    const { newToday } = await this.#db
      .selectFrom('signal_discoveries')
      .select(({ fn }) => fn.sum<number | null>('numbers').as('newToday'))
      .where('at_ms', '>', nowMs - dayMs)
      .executeTakeFirstOrThrow()
    const { remembered } = await this.#db
      .selectFrom('signal_directory')
      .select(({ fn }) => fn.countAll<number>().as('remembered'))
      .where('until_ms', '>', nowMs)
      .executeTakeFirstOrThrow()
    return { newToday: newToday ?? 0, remembered }
  }
}

async function noteNew(tx: DatabaseTransaction, numbers: number, nowMs: number): Promise<void> {
  await tx
    .deleteFrom('signal_discoveries')
    .where('at_ms', '<=', nowMs - dayMs)
    .execute()
  if (numbers > 0) await tx.insertInto('signal_discoveries').values({ at_ms: nowMs, numbers }).execute()
}

/** Ids in the form of the house; undefined for a number that nobody has. */
function found(entries: CdsiEntries, e164: string): { aci: string | null; pni: string | null } | undefined {
  const entry = entries.get(e164)
  if (entry?.aci === undefined && entry?.pni === undefined) return undefined
  return { aci: entry.aci ?? null, pni: entry.pni?.replace(/^PNI:/i, '') ?? null }
}
