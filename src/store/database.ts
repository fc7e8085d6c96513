/**
 * Opens the one encrypted database (SQLCipher) and gives it to Kysely. The only file that imports
 * `@signalapp/sqlcipher`.
 *
 * One process, one connection: Kysely's connection mutex makes transactions serial, so inside a transaction every
 * query must go through that transaction; asking the `Database` instead would wait for itself. Write-ahead log, foreign
 * keys on, and commits that share their syncs (`driver.ts`): what a transaction has resolved for survives power loss.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { Database as SqlCipher } from '@signalapp/sqlcipher'
import { CompiledQuery, Kysely, Migrator, type Transaction } from 'kysely'
import { CausewayError } from '../domain/errors.ts'
import { GroupCommitDialect, runWithin, SharedDriver } from './driver.ts'
import * as mailbox from './migrations/0001_mailbox.ts'
import * as signal from './migrations/0002_signal.ts'
import * as messageKinds from './migrations/0003_message_kinds.ts'
import * as lanes from './migrations/0004_lanes.ts'
import * as signalLife from './migrations/0005_signal_life.ts'
import * as attachments from './migrations/0006_attachments.ts'
import * as groups from './migrations/0007_groups.ts'
import * as signalTalk from './migrations/0008_signal_talk.ts'
import * as signalAccount from './migrations/0009_signal_account.ts'
import * as modemHealing from './migrations/0010_modem_healing.ts'
import * as signalEdges from './migrations/0011_signal_edges.ts'
import * as signalRequests from './migrations/0012_signal_requests.ts'
import * as mediaOnce from './migrations/0013_media_once.ts'
import * as webhooks from './migrations/0014_webhooks.ts'
import * as incompleteTexts from './migrations/0015_incomplete_texts.ts'
import * as mms from './migrations/0016_mms.ts'
import * as inbox from './migrations/0017_inbox.ts'
import * as signalViews from './migrations/0018_signal_views.ts'
import * as messagePaths from './migrations/0019_message_paths.ts'
import * as signalNames from './migrations/0023_signal_names.ts'
import * as avatars from './migrations/0024_avatars.ts'
import * as earlyWords from './migrations/0025_early_words.ts'
import * as pictureSubjects from './migrations/0027_picture_subjects.ts'
import * as pinnedLane from './migrations/0029_pinned_lane.ts'
import * as queue from './migrations/0030_queue.ts'
import * as people from './migrations/0031_people.ts'
import * as backups from './migrations/0032_backups.ts'
import * as earlyChanges from './migrations/0033_early_changes.ts'
import * as signalDiscoverable from './migrations/0034_signal_discoverable.ts'
import * as leftOut from './migrations/0036_left_out.ts'
import * as forgotten from './migrations/0037_forgotten.ts'
import * as identityHistory from './migrations/0038_identity_history.ts'
import * as forgottenParts from './migrations/0039_forgotten_parts.ts'
import * as signalDeparture from './migrations/0040_signal_departure.ts'
import * as contactPace from './migrations/0042_contact_pace.ts'
import * as groupBlocks from './migrations/0043_group_blocks.ts'
import * as groupRequests from './migrations/0044_group_requests.ts'
import * as signalProfileKey from './migrations/0045_signal_profile_key.ts'
import * as quotedFiles from './migrations/0046_quoted_files.ts'
import * as toldValues from './migrations/0047_told_values.ts'
import * as unreadTotal from './migrations/0048_unread_total.ts'
import * as earlyDeletesAndHabits from './migrations/0049_early_deletes_and_habits.ts'
import * as legValues from './migrations/0050_leg_values.ts'
import { rollsBack, TableWrites, tableOf } from './table-writes.ts'
import type { BackupTables } from './tables/backup.ts'
import type { InboxTables } from './tables/inbox.ts'
import type { MailboxTables } from './tables/mailbox.ts'
import type { MediaTables } from './tables/media.ts'
import type { MmsTables } from './tables/mms.ts'
import type { SignalTables } from './tables/signal.ts'
import type { WebhookTables } from './tables/webhooks.ts'
import { WalSync } from './wal-sync.ts'

export interface Tables
  extends BackupTables,
    InboxTables,
    MailboxTables,
    MediaTables,
    MmsTables,
    SignalTables,
    WebhookTables {}
export type Database = Kysely<Tables>
/** An open transaction; also accepted wherever a `Database` is read from. */
export type DatabaseTransaction = Transaction<Tables>

const migrations = {
  '0001_mailbox': mailbox,
  '0002_signal': signal,
  '0003_message_kinds': messageKinds,
  '0004_lanes': lanes,
  '0005_signal_life': signalLife,
  '0006_attachments': attachments,
  '0007_groups': groups,
  '0008_signal_talk': signalTalk,
  '0009_signal_account': signalAccount,
  '0010_modem_healing': modemHealing,
  '0011_signal_edges': signalEdges,
  '0012_signal_requests': signalRequests,
  '0013_media_once': mediaOnce,
  '0014_webhooks': webhooks,
  '0015_incomplete_texts': incompleteTexts,
  '0016_mms': mms,
  '0017_inbox': inbox,
  '0018_signal_views': signalViews,
  '0019_message_paths': messagePaths,
  '0023_signal_names': signalNames,
  '0024_avatars': avatars,
  '0025_early_words': earlyWords,
  '0027_picture_subjects': pictureSubjects,
  '0029_pinned_lane': pinnedLane,
  '0030_queue': queue,
  '0031_people': people,
  '0032_backups': backups,
  '0033_early_changes': earlyChanges,
  '0034_signal_discoverable': signalDiscoverable,
  '0036_left_out': leftOut,
  '0037_forgotten': forgotten,
  '0038_identity_history': identityHistory,
  '0039_forgotten_parts': forgottenParts,
  '0040_signal_departure': signalDeparture,
  '0042_contact_pace': contactPace,
  '0043_group_blocks': groupBlocks,
  '0044_group_requests': groupRequests,
  '0045_signal_profile_key': signalProfileKey,
  '0046_quoted_files': quotedFiles,
  '0047_told_values': toldValues,
  '0048_unread_total': unreadTotal,
  '0049_early_deletes_and_habits': earlyDeletesAndHabits,
  '0050_leg_values': legValues,
}

export interface OpenDatabaseOptions {
  /** File path, or `:memory:`. */
  path: string
  /** 32 octets. */
  key: Uint8Array
  /** The disk has failed a sync: nothing more can be promised, the process should end. */
  broken?: (error: CausewayError) => void
}

/**
 * Octets of a page. Each page that a commit touches, be it for one entry of an index, is encrypted and written whole, and a
 * text on its way touches some forty: small ones cost a quarter of SQLCipher's usual 4,096.
 */
const PAGE_BYTES = 1_024
/** What a file has that nobody chose a size for: ours of before. */
const SQLCIPHER_PAGE_BYTES = 4_096
/** Octets of the log after which they are put into the database file; more of them make that rarer and longer. */
const CHECKPOINT_BYTES = 4 * 1_024 * 1_024
/** What the log holds until then: header, and each page with its frame header (SQLite's file format, section 4). */
const LOG_BYTES = 32 + Math.ceil((1.1 * CHECKPOINT_BYTES) / PAGE_BYTES) * (PAGE_BYTES + 24)

/** For each database its other face, whose writes do not wait for the disk. */
const hasty = new WeakMap<Database, Database>()

/**
 * The same database for writes that need not wait for the disk: they survive the death of the process at once, and a power
 * cut as soon as anything that was written after them does. For what a later write, which is waited for, stands on; and
 * for what is found out again anyway. Takes the database itself, not a transaction.
 */
export function withoutWaiting(db: Database): Database {
  const other = hasty.get(db)
  if (other === undefined) throw new TypeError('withoutWaiting takes a database that openDatabase has opened')
  return other
}

/**
 * Runs `work` inside an open transaction so that, where it throws, what it wrote is undone and what was written before it
 * stays. Not to be nested.
 */
export async function undoneAlone<T>(transaction: DatabaseTransaction, work: () => Promise<T>): Promise<T> {
  await runWithin(transaction, SAVEPOINT)
  try {
    return await work()
  } catch (error) {
    await runWithin(transaction, UNDO)
    throw error
  } finally {
    await runWithin(transaction, RELEASE)
  }
}

const SAVEPOINT = CompiledQuery.raw('savepoint here')
const UNDO = CompiledQuery.raw('rollback to here')
const RELEASE = CompiledQuery.raw('release here')

/** For each database what brings it to the disk. */
const syncs = new WeakMap<Database, WalSync>()

/**
 * Resolves when all that was committed before this call, `withoutWaiting` too, is on the disk. Many who wait share one
 * sync. Throws CausewayError `db-sync`, for good.
 */
export async function onDisk(db: Database): Promise<void> {
  const sync = syncs.get(db)
  if (sync === undefined) throw new TypeError('onDisk takes a database that openDatabase has opened')
  await sync.synced()
}

/**
 * Opens (creating where absent) and migrates the database.
 * Throws CausewayError `db-key` when the key does not fit the file, `db-migration` when a migration failed (the file is
 * then as it was before).
 */
export async function openDatabase({ path, key, broken }: OpenDatabaseOptions): Promise<Database> {
  if (key.length !== 32) throw new TypeError('the database key has 32 octets')
  const { cipher, pageBytes } = openCipher(path, key)
  const log = path === ':memory:' ? undefined : await open(`${path}-wal`, 'r+')
  if (log !== undefined) await lengthen(log)
  const sync = new WalSync(
    () => log?.datasync() ?? Promise.resolve(),
    (error) => broken?.(error),
  )
  const database = adapt(cipher, log)
  const shared = new SharedDriver({ database }, database, sync)
  const db = new Kysely<Tables>({ dialect: new GroupCommitDialect({ database }, shared, 'owner', true) })
  hasty.set(db, new Kysely<Tables>({ dialect: new GroupCommitDialect({ database }, shared, 'guest', false) }))
  syncs.set(db, sync)
  const error = (await isUpToDate(db)) ? undefined : await migrate(db)
  if (error !== undefined) {
    const isNewer = (await migrationsOf(db)).some((name) => !(name in migrations))
    await db.destroy()
    throw new CausewayError({
      code: 'db-migration',
      message: isNewer
        ? `The database ${path} was made by a later version of Causeway; it was left as it was. Update Causeway.`
        : `The database ${path} could not be brought up to date; it was left as it was.`,
      retry: 'after-human',
      cause: error,
    })
  }
  cipher.pragma('synchronous = NORMAL')
  cipher.pragma(`wal_autocheckpoint = ${Math.ceil(CHECKPOINT_BYTES / pageBytes)}`)
  return db
}

/** What went wrong, where anything did. */
async function migrate(db: Database): Promise<unknown> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  return (await migrator.migrateToLatest()).error
}

/**
 * Whether exactly our migrations were made. The migrator, which looks at every table first, takes a tenth of a second to say
 * so. Asked through Kysely, whose owner of the connection is opened by that.
 */
async function isUpToDate(db: Database): Promise<boolean> {
  const made = await migrationsOf(db)
  const known = Object.keys(migrations).sort()
  return made.length === known.length && made.every((name, i) => name === known[i])
}

/** By name, in order; none where nothing was ever made. */
async function migrationsOf(db: Database): Promise<string[]> {
  const tables = await db.executeQuery(MIGRATED)
  return tables.rows.length === 0 ? [] : (await db.executeQuery(MIGRATIONS)).rows.map(({ name }) => name)
}

/** How a database stands to this program. */
export interface SchemaStanding {
  /** Migrations of ours that it has not had. */
  pending: number
  /** Migrations that it has had and this program does not know: a later version has made them. */
  unknown: number
}

/**
 * Looks into a database that is there and that no gateway has open, and changes nothing of what it holds (what a crash left in
 * the write-ahead log is taken in, as at a start). Throws CausewayError `db-key`,
 * and what SQLite throws.
 */
export function schemaStanding(path: string, key: Uint8Array): SchemaStanding {
  const { cipher } = openCipher(path, key)
  try {
    const isEmpty = cipher.prepare(MIGRATED.sql).all().length === 0
    const made = isEmpty
      ? []
      : cipher
          .prepare(MIGRATIONS.sql)
          .all<{ name: string }>()
          .map(({ name }) => name)
    return {
      pending: Object.keys(migrations).filter((name) => !made.includes(name)).length,
      unknown: made.filter((name) => !(name in migrations)).length,
    }
  } finally {
    cipher.close()
  }
}

const MIGRATED = CompiledQuery.raw(`select name from sqlite_master where type = 'table' and name = 'kysely_migration'`)
const MIGRATIONS = CompiledQuery.raw('select name from kysely_migration order by name') as CompiledQuery<{
  name: string
}>

/**
 * Writes a copy of the database as it is now, under the same key, while others go on writing: it reads one state of the
 * log. Blocks for as long as that takes, so it is for a process of its own. Throws CausewayError `db-key`, `db-copy`.
 */
export function copyDatabase(path: string, key: Uint8Array, copy: string): void {
  const { cipher, pageBytes } = openCipher(path, key)
  try {
    const hex = Buffer.from(key).toString('hex')
    cipher.exec(`attach '${copy.replaceAll("'", "''")}' as copy key "x'${hex}'"`)
    cipher.exec(`pragma copy.cipher_page_size = ${pageBytes}`)
    cipher.exec('begin')
    cipher.exec(`select sqlcipher_export('copy')`)
    cipher.exec('commit')
    const [found] = cipher.prepare('pragma copy.quick_check').all<{ quick_check: string }>()
    if (found?.quick_check !== 'ok') {
      throw new CausewayError({
        code: 'db-copy',
        message:
          'The copy of the database is not sound. See to the disk: `causeway doctor` checks the database itself.',
        retry: 'after-human',
      })
    }
  } finally {
    cipher.close()
  }
}

/** The file is opened with pages as it was made with, and made with ours. Throws CausewayError `db-key`. */
function openCipher(path: string, key: Uint8Array): { cipher: SqlCipher; pageBytes: number } {
  let failure: unknown
  for (const pageBytes of [PAGE_BYTES, SQLCIPHER_PAGE_BYTES]) {
    const cipher = new SqlCipher(path, { cacheStatements: true })
    try {
      cipher.pragma(`key = "x'${Buffer.from(key).toString('hex')}'"`)
      cipher.pragma(`cipher_page_size = ${pageBytes}`)
      cipher.pragma('journal_mode = WAL')
      cipher.pragma('synchronous = FULL')
      cipher.pragma('foreign_keys = ON')
      cipher.prepare('select count(*) from sqlite_master').get()
      // Words of any script, for the search (0017_inbox).
      cipher.initTokenizer()
      return { cipher, pageBytes }
    } catch (cause) {
      cipher.close()
      failure ??= cause
    }
  }
  throw new CausewayError({
    code: 'db-key',
    message: `The database ${path} does not open with this key. Restore the key file it was made with, or move the database away to begin anew.`,
    retry: 'after-human',
    cause: failure,
  })
}

/**
 * Writes the log to its usual length once: a sync of what is overwritten in place costs a fraction of one that also has to
 * write down how the file has grown (0.3 ms and 3.5 ms on ext4). SQLite reads a log as far as its checksums go.
 */
async function lengthen(log: FileHandle): Promise<void> {
  const { size } = await log.stat()
  if (size < LOG_BYTES) await log.write(Buffer.alloc(LOG_BYTES - size), 0, LOG_BYTES - size, size)
}

/**
 * Kysely expects the surface of better-sqlite3, of which SQLCipher's binding has all but `reader` and `iterate`. `log` is
 * closed with the database.
 */
function adapt(cipher: SqlCipher, log: FileHandle | undefined) {
  let hasWritten = false
  const tableWrites = new TableWrites()
  const statements = new Map<string, ReturnType<typeof statementOf>>()
  const statementOf = (sql: string) => {
    const statement = cipher.prepare(sql)
    const reads = READS.test(sql)
    const writes = !reads && !TURNS.test(sql)
    const table = tableOf(sql)
    const undoes = rollsBack(sql)
    return {
      reader: reads || RETURNS.test(sql),
      all: (parameters: readonly unknown[]) => {
        const rows = statement.all(parameters.map(bindable))
        if (writes) {
          hasWritten = true
          if (rows.length > 0) tableWrites.note(table)
        }
        return rows
      },
      run: (parameters: readonly unknown[]) => {
        const { changes, lastInsertRowid } = statement.run(parameters.map(bindable))
        if (writes && changes > 0) {
          hasWritten = true
          tableWrites.note(table)
        } else if (undoes) tableWrites.note(undefined)
        return { changes, lastInsertRowid }
      },
      iterate: (parameters: readonly unknown[]) => statement.all(parameters.map(bindable))[Symbol.iterator](),
    }
  }
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = statementOf(sql)
    if (statements.size < STATEMENTS_MAX) statements.set(sql, made)
    return made
  }
  return {
    takeWritten: () => {
      const was = hasWritten
      hasWritten = false
      return was
    },
    close: () => {
      cipher.close()
      void log?.close()
    },
    prepare,
    writesTo: (table: string) => tableWrites.to(table),
    rows: (sql: string, parameters: readonly unknown[]): unknown[] => {
      const statement = prepare(sql)
      if (statement.reader) return statement.all(parameters)
      statement.run(parameters)
      return []
    },
  }
}

/** Statements kept ready; what has lists of its own length in it could be without number. */
const STATEMENTS_MAX = 1_000

const READS = /^\s*(select|with|pragma|explain)\b/i
const RETURNS = /\breturning\b/i
/** Begin or end a transaction, and write nothing by themselves. */
const TURNS = /^\s*(begin|commit|rollback|savepoint|release)\b/i

function bindable(value: unknown): string | number | null | Uint8Array<ArrayBuffer> {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new TypeError(`the database takes no ${typeof value}`)
}
