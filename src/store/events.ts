/**
 * The append-only event log: what happened, in order, numbered without gaps in time. Written inside the transaction of
 * the fact itself; listeners are told after the commit and then read from the log, so none can see what was rolled back.
 */
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared } from './prepared.ts'
import type { EventRow } from './tables/mailbox.ts'

export interface NewEvent {
  /** `message.received`, `message.<state>`, `message.fallback`, `contact.capability`, … */
  type: string
  messageId?: string | undefined
  conversationId?: string | undefined
  contactId?: string | undefined
  /** Codes, states and ids; no text, no numbers. */
  data?: Readonly<Record<string, unknown>>
}

/** Most events one reading returns. */
const EVENTS_PAGE_MAX = 1000
/** Events older than this are pruned. */
const RETENTION_MS = 30 * 24 * 3_600_000

const insertEvent = prepared((db, $: Omit<EventRow, 'id'>) =>
  db.insertInto('events').values({
    at_ms: $.at_ms,
    type: $.type,
    message_id: $.message_id,
    conversation_id: $.conversation_id,
    contact_id: $.contact_id,
    data_json: $.data_json,
  }),
)

const eventsAfter = prepared((db, $: { id: number; limit: number }) =>
  db.selectFrom('events').selectAll().where('id', '>', $.id).orderBy('id').limit($.limit),
)

export class EventLog {
  readonly #db: Database
  readonly #clock: () => number
  readonly #listeners = new Set<() => void>()

  constructor(db: Database, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Appends inside the caller's transaction; whoever commits it calls `poke` afterwards. */
  async append(tx: DatabaseTransaction, event: NewEvent): Promise<void> {
    await insertEvent(tx, {
      at_ms: this.#clock(),
      type: event.type,
      message_id: event.messageId ?? null,
      conversation_id: event.conversationId ?? null,
      contact_id: event.contactId ?? null,
      data_json: JSON.stringify(event.data ?? {}),
    })
  }

  /** Appends one event of its own, commits, and tells the listeners. */
  async record(event: NewEvent): Promise<void> {
    await this.#db.transaction().execute((tx) => this.append(tx, event))
    this.poke()
  }

  /** Events after number `id` (0: from the oldest that is kept), oldest first. `limit` is at most EVENTS_PAGE_MAX. */
  since(id: number, limit: number): Promise<EventRow[]> {
    return eventsAfter(this.#db, { id, limit: Math.min(limit, EVENTS_PAGE_MAX) })
  }

  /**
   * Whether all that happened behind event `id` is still here. It is not when some of that was forgotten, or when this log
   * never had that event, as after a backup was restored. 0 is before the oldest that is kept, whichever that is.
   */
  async goesOn(id: number): Promise<boolean> {
    if (id === 0) return true
    const { rows } = await sql<{ given: number; oldest: number | null; known: number }>`
      select (select coalesce(max(seq), 0) from sqlite_sequence where name = 'events') as given,
             (select min(id) from events) as oldest,
             exists (select 1 from events where id = ${id}) as known`.execute(this.#db)
    // Numbers are given out without holes, so the one before the oldest is the last that was forgotten.
    return rows.some(({ given, oldest, known }) => known === 1 || id === given || id + 1 === oldest)
  }

  /** The number of the newest event, 0 when there is none. */
  async latest(): Promise<number> {
    const row = await this.#db
      .selectFrom('events')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    return row?.id ?? 0
  }

  /** Calls back after commits that may have appended events. Returns the unsubscribe function. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Tells the listeners that a transaction with events was committed. */
  poke(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Forgets events past their retention. */
  async prune(): Promise<void> {
    await this.#db
      .deleteFrom('events')
      .where('at_ms', '<', this.#clock() - RETENTION_MS)
      .execute()
  }
}
