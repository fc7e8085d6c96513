/** The figures in the words of a reason, beside its code: for those who say it in another language. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of [
    'messages add column values_json text',
    'messages add column fallback_values_json text',
    'attachments add column values_json text',
    'mms_notifications add column values_json text',
  ])
    await sql.raw(`alter table ${column}`).execute(db)
}
