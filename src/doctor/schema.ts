/**
 * Whether the database is of this version of the program, which only a start would tell else. Looked at without a gateway
 * alone: one that runs has brought it up to date.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Finding } from '../domain/finding.ts'
import { type SchemaStanding, schemaStanding } from '../store/database.ts'
import { readKeyFile } from '../store/keyfile.ts'
import { found } from './found.ts'

/** Nothing where there is no database yet, or none that this user can open (of its key, `db.key_missing` speaks). */
export async function examineSchema({ dataDir: directory, store }: Config): Promise<Finding[]> {
  const path = join(directory, 'causeway.db')
  const standing = await look(path, store.keyFile).catch(() => undefined)
  if (standing === undefined) return []
  const { pending: count, unknown } = standing
  if (unknown > 0) return [found('db.migration_pending.newer', 'error', { directory })]
  if (count > 0) return [found('db.migration_pending', 'info', { count, directory })]
  return [found('db.migration_pending.ok', 'ok', {})]
}

async function look(path: string, keyFile: string): Promise<SchemaStanding | undefined> {
  if (statSync(path).size === 0) return undefined
  return schemaStanding(path, await readKeyFile(keyFile, { mayCreate: false, mayBeShared: true }))
}
