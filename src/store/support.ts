/** Counts for a support bundle: nothing of what messages, people and webhooks are. */
import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'

const MIGRATIONS = CompiledQuery.raw('select name from kysely_migration order by name') as CompiledQuery<{
  name: string
}>

/** The newest migration that was made, and how many there were. */
export async function migrationLevel(db: Database): Promise<{ newest: string | undefined; count: number }> {
  const { rows } = await db.executeQuery(MIGRATIONS)
  return { newest: rows.at(-1)?.name, count: rows.length }
}

/** Where webhooks lead, to be made unknowable in what is said of them. */
export async function webhookHosts(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('webhooks').select('url').execute()
  return rows.map(({ url }) => new URL(url).host)
}

/** Of how many webhooks deliveries are due, delivered and failed; the last by code and HTTP status, too. */
export async function webhookCounts(db: Database) {
  const webhooks = await db.selectFrom('webhooks').select(['active', 'disabled_code', 'failing_since_ms']).execute()
  const deliveries = await db
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => ['state', 'code', 'status', fn.countAll<number>().as('count')])
    .groupBy(['state', 'code', 'status'])
    .orderBy('state')
    .execute()
  return {
    active: webhooks.filter(({ active }) => active === 1).length,
    paused: webhooks.filter(({ active, disabled_code: code }) => active === 0 && code === null).length,
    disabled: webhooks.filter(({ active, disabled_code: code }) => active === 0 && code !== null).length,
    failing: webhooks.filter(({ active, failing_since_ms: since }) => active === 1 && since !== null).length,
    deliveries,
  }
}
