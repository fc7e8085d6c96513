/**
 * A database of its own for a test that is about something else: as `openDatabase` makes one, but the migrations run once
 * for each key and process; from then on their result is copied. What is there already is opened as it is.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, type OpenDatabaseOptions, openDatabase } from '../src/store/database.ts'

/** Octets of a migrated file, by the key that it was made with. */
const made = new Map<string, Promise<Buffer>>()

export async function freshDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { path, key } = options
  if (!existsSync(path)) {
    const name = Buffer.from(key).toString('hex')
    const octets = made.get(name) ?? make(key)
    made.set(name, octets)
    writeFileSync(path, await octets)
  }
  return openDatabase(options)
}

async function make(key: Uint8Array): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'cw-fresh-'))
  try {
    const path = join(folder, 'causeway.db')
    const db = await openDatabase({ path, key })
    // Closed, all of it is in the one file.
    await db.destroy()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
