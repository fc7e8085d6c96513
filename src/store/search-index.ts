/**
 * Puts into the index what the triggers of migrations/0017_inbox.ts have noted as due: many texts in one transaction, since
 * each alone would write as much as the message itself. A search does so first, so that it finds what has just come.
 */
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { withoutWaiting } from './database.ts'
import type { EventLog } from './events.ts'

/** Texts of one transaction. */
const BATCH = 500
/** What happens meanwhile is indexed together. */
const GATHER_MS = 1_000

/** Indexes everything that is due. */
export async function indexDue(db: Database): Promise<void> {
  while (await indexSome(db));
}

/** True when there may be more. */
async function indexSome(db: Database): Promise<boolean> {
  const head = db.selectFrom('message_search_due').select('id').where('id', '>', 0)
  const due = await head.orderBy('id').limit(BATCH).execute()
  const last = due.at(-1)
  if (last === undefined) return false
  // Lost in a power cut, it is due again.
  await withoutWaiting(db)
    .transaction()
    .execute(async (tx) => {
      const known = await tx
        .selectFrom('message_search_rows')
        .select(({ fn }) => fn.max('id').as('id'))
        .executeTakeFirst()
      await sql`insert into message_search_rows (message_id)
        select distinct m.id from message_search_due d join messages m on m.id = d.message_id
        where d.id <= ${last.id} and m.text <> '' and m.removed_at_ms is null and m.notice is null
          and not exists (select 1 from message_search_rows r where r.message_id = m.id)
        order by d.id`.execute(tx)
      await sql`insert into message_search (rowid, text, place)
        select id, text, place from message_search_texts where id > ${known?.id ?? 0}`.execute(tx)
      await tx.deleteFrom('message_search_due').where('id', '<=', last.id).execute()
    })
  return due.length === BATCH
}

export class SearchIndexer {
  readonly #db: Database
  readonly #events: Pick<EventLog, 'onAppended'>
  readonly #failed: (error: unknown) => void
  #unsubscribe = () => {}
  #timer: NodeJS.Timeout | undefined
  #indexing: Promise<void> = Promise.resolve()

  /** `failed` hears of what went wrong; it is tried again with the next event. */
  constructor(db: Database, events: Pick<EventLog, 'onAppended'>, failed: (error: unknown) => void) {
    this.#db = db
    this.#events = events
    this.#failed = failed
  }

  /** Begins with what an earlier life left over. */
  start(): void {
    this.#unsubscribe = this.#events.onAppended(() => this.#soon())
    this.#soon()
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    clearTimeout(this.#timer)
    await this.#indexing
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#indexing = indexDue(this.#db).catch(this.#failed)
    }, GATHER_MS)
  }
}
