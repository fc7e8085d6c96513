/** Lets a rule of an older table give way, for migrations. */
import { type Kysely, sql } from 'kysely'

/**
 * The way that SQLite names for rules which do not change how rows are stored (lang_altertable, "simpler procedure"):
 * copying a table to which others refer would want the references switched off, which no transaction can do.
 */
export async function relax(db: Kysely<unknown>, table: string, before: string, after: string): Promise<void> {
  const { rows } = await sql<{ schema_version: number }>`pragma schema_version`.execute(db)
  await sql`pragma writable_schema = on`.execute(db)
  const { rows: changed } = await sql<{ sql: string }>`
    update sqlite_schema set sql = replace(sql, ${before}, ${after})
    where type = 'table' and name = ${table} and instr(sql, ${before}) > 0 returning sql`.execute(db)
  await sql.raw(`pragma schema_version = ${(rows[0]?.schema_version ?? 0) + 1}`).execute(db)
  await sql`pragma writable_schema = off`.execute(db)
  if (changed.length !== 1) throw new Error(`the rules of ${table} are not as expected`)
}
