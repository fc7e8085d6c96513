/**
 * Opens the one encrypted database (SQLCipher) and gives it to Kysely. The only file that imports
 * `@signalapp/sqlcipher`.
 *
 * One process, one connection: Kysely's connection mutex makes transactions serial, so inside a transaction every
 * query must go through that transaction; asking the `Database` instead would wait for itself. WAL,
 * `synchronous=FULL`, foreign keys on: what a transaction committed survives power loss.
 */
import { Database as SqlCipher } from '@signalapp/sqlcipher'
import { Kysely, Migrator, SqliteDialect, type Transaction } from 'kysely'
import { CausewayError } from '../domain/errors.ts'
import * as mailbox from './migrations/0001_mailbox.ts'
import * as signal from './migrations/0002_signal.ts'
import * as messageKinds from './migrations/0003_message_kinds.ts'
import * as lanes from './migrations/0004_lanes.ts'
import * as signalLife from './migrations/0005_signal_life.ts'
import * as groups from './migrations/0007_groups.ts'
import type { MailboxTables } from './tables/mailbox.ts'
import type { SignalTables } from './tables/signal.ts'

export interface Tables extends MailboxTables, SignalTables {}
export type Database = Kysely<Tables>
/** An open transaction; also accepted wherever a `Database` is read from. */
export type DatabaseTransaction = Transaction<Tables>

const migrations = {
  '0001_mailbox': mailbox,
  '0002_signal': signal,
  '0003_message_kinds': messageKinds,
  '0004_lanes': lanes,
  '0005_signal_life': signalLife,
  '0007_groups': groups,
}

export interface OpenDatabaseOptions {
  /** File path, or `:memory:`. */
  path: string
  /** 32 octets. */
  key: Uint8Array
}

/**
 * Opens (creating where absent) and migrates the database.
 * Throws CausewayError `db-key` when the key does not fit the file, `db-migration` when a migration failed (the file is
 * then as it was before).
 */
export async function openDatabase({ path, key }: OpenDatabaseOptions): Promise<Database> {
  if (key.length !== 32) throw new TypeError('the database key has 32 octets')
  const cipher = new SqlCipher(path, { cacheStatements: true })
  try {
    cipher.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`)
    cipher.pragma('journal_mode = WAL')
    cipher.pragma('synchronous = FULL')
    cipher.pragma('foreign_keys = ON')
    cipher.prepare('select count(*) from sqlite_master').get()
  } catch (cause) {
    cipher.close()
    throw new CausewayError({
      code: 'db-key',
      message: `The database ${path} does not open with this key. Restore the key file it was made with, or move the database away to begin anew.`,
      retry: 'after-human',
      cause,
    })
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(cipher) }) })
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    await db.destroy()
    throw new CausewayError({
      code: 'db-migration',
      message: `The database ${path} could not be brought up to date; it was left as it was.`,
      retry: 'after-human',
      cause: error,
    })
  }
  return db
}

/** Kysely expects the surface of better-sqlite3, of which SQLCipher's binding has all but `reader` and `iterate`. */
function adapt(cipher: SqlCipher) {
  return {
    close: () => cipher.close(),
    prepare: (sql: string) => {
      const statement = cipher.prepare(sql)
      return {
        reader: /^\s*(select|with|pragma|explain)\b/i.test(sql) || /\breturning\b/i.test(sql),
        all: (parameters: readonly unknown[]) => statement.all(parameters.map(bindable)),
        run: (parameters: readonly unknown[]) => {
          const { changes, lastInsertRowid } = statement.run(parameters.map(bindable))
          return { changes, lastInsertRowid }
        },
        iterate: (parameters: readonly unknown[]) => statement.all(parameters.map(bindable))[Symbol.iterator](),
      }
    },
  }
}

function bindable(value: unknown): string | number | null | Uint8Array<ArrayBuffer> {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new TypeError(`the database takes no ${typeof value}`)
}
