/** How long a silent Signal message to this person waits before a text follows, where the owner has said so; null: as the box. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table contacts add column fallback_after_ms integer check (fallback_after_ms >= 0)').execute(db)
}
