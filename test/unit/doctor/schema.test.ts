/** What is said of a database of another version, and that looking at it leaves it as it was. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { examineSchema } from '../../../src/doctor/schema.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { freshDatabase } from '../../fresh-database.ts'

const key = new Uint8Array(randomBytes(32))
let directory: string
let path: string
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-schema-'))
  path = join(directory, 'causeway.db')
  writeFileSync(join(directory, 'db.key'), Buffer.from(key).toString('hex'), { mode: 0o600 })
  await (await freshDatabase({ path, key })).destroy()
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const config = () => loadConfig({ env: {}, directory, file: '/dev/null', flags: { data_dir: directory } })
const said = async () => (await examineSchema(config())).map(({ code, severity }) => `${code} ${severity}`)

/** Does to the database what another version would have done. */
async function change(sql: string): Promise<void> {
  const db = await openDatabase({ path, key })
  await db.executeQuery(CompiledQuery.raw(sql))
  await db.destroy()
}

const ADD = `insert into kysely_migration (name, timestamp) values ('9999_later', '2040')`
const REMOVE = `delete from kysely_migration where name = (select max(name) from kysely_migration)`

test('a database of this version is well, and as it was after the look', async () => {
  const before = [readFileSync(path), readdirSync(directory)]
  expect(await said()).toEqual(['db.migration_pending.ok ok'])
  expect([readFileSync(path), readdirSync(directory)]).toEqual(before)
})

test('one of an earlier version waits for the next start, and how many steps it will take is said', async () => {
  await change(REMOVE)
  const [finding] = await examineSchema(config())
  expect(finding).toMatchObject({ id: 'db.migration_pending', severity: 'info', values: { count: 1, directory } })
  // Looking has not made them.
  expect(await said()).toEqual(['db.migration_pending info'])
})

test('one of a later version is an error, by the doctor and by a start, which says to update', async () => {
  await change(ADD)
  expect(await said()).toEqual(['db.migration_pending.newer error'])
  const refused = { code: 'db-migration', message: expect.stringMatching(/later version.*Update Causeway/) }
  await expect(openDatabase({ path, key })).rejects.toMatchObject(refused)
  expect(await said()).toEqual(['db.migration_pending.newer error'])
})

test('where a step cannot be made, those before it are not made either: the database is left as it was', async () => {
  await change('drop index conversations_told')
  // The first of them can be made again, the second cannot.
  await change(`delete from kysely_migration where name >= '0048'`)
  const pending = async () => (await examineSchema(config()))[0]?.values['count']
  const before = await pending()
  expect(before).toBeGreaterThan(1)
  await expect(openDatabase({ path, key })).rejects.toMatchObject({ code: 'db-migration' })
  expect(await pending()).toBe(before)
})

test('of one that is not there, is empty, or has another key nothing is said', async () => {
  writeFileSync(join(directory, 'db.key'), 'ab'.repeat(32))
  expect(await said()).toEqual([])
  writeFileSync(path, '')
  expect(await said()).toEqual([])
  rmSync(path)
  expect(await said()).toEqual([])
  expect(readdirSync(directory)).toEqual(['db.key'])
})
