/** What is unread over all conversations of which somebody wants to be told is counted without looking at the rest. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create index conversations_told on conversations (unread, muted, archived, removed_at_ms)
       where unread > 0 and muted = 0 and archived = 0 and removed_at_ms is null`,
    )
    .execute(db)
}
