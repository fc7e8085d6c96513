import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery, type KyselyPlugin, SqliteQueryCompiler } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCursor } from '../../../src/store/cursor.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import {
  CONVERSATION_FILTERS,
  listContacts,
  listConversations,
  listMessages,
  unreadTotal,
} from '../../../src/store/mailbox.ts'
import { searchMessages, searchPeople } from '../../../src/store/search.ts'
import { reportedTexts } from '../../../src/store/text-reports.ts'

const directory = mkdtempSync(join(tmpdir(), 'causeway-plans-'))
let db: Database
let watched: Database
const asked: CompiledQuery[] = []

beforeAll(async () => {
  db = await openDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(1) })
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      asked.push(new SqliteQueryCompiler().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  }
  watched = db.withPlugin(plugin)
})
afterAll(async () => {
  await db.destroy()
  rmSync(directory, { recursive: true, force: true })
})

const cursor = encodeCursor({ ms: 1_700_000_000_000, id: 'x_1' })
const limit = 50

test.each<[string, (db: Database) => Promise<unknown>]>([
  ...CONVERSATION_FILTERS.map(
    (filter) =>
      [`conversations, ${filter}`, (on: Database) => listConversations(on, { limit, cursor, filter })] as [
        string,
        (db: Database) => Promise<unknown>,
      ],
  ),
  ['conversations that are pinned', (on) => listConversations(on, { limit, pinned: true, archived: false })],
  ['messages of a conversation', (on) => listMessages(on, { limit, cursor, conversationId: 'cnv_1' })],
  [
    'the oldest of a conversation',
    (on) => listMessages(on, { limit, cursor, conversationId: 'cnv_1', order: 'oldest' }),
  ],
  ['messages of all', (on) => listMessages(on, { limit, cursor })],
  [
    'texts of a modem, with their reports',
    (on) => reportedTexts(on, 'mdm_1', { sinceMs: 1, untilMs: 2, partsMax: limit }),
  ],
  ['contacts', (on) => listContacts(on, { limit, cursor })],
  ['search', (on) => searchMessages(on, 'word', { limit, cursor, conversationId: 'cnv_1' })],
  ['search for people', (on) => searchPeople(on, 'word')],
])('a page of %s reads no whole table and sorts nothing', async (_what, page) => {
  asked.length = 0
  await page(watched)
  expect(asked.length).toBeGreaterThan(0)
  for (const { sql, parameters } of asked) {
    const { rows } = await db.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]),
    )
    const bad = rows.map(({ detail }) => detail).filter((detail) => /TEMP B-TREE|^SCAN (?!.*INDEX)/.test(detail))
    expect([sql, bad, rows.map(({ detail }) => detail)]).toEqual([sql, [], expect.anything()])
  }
})

test('what is unread in all is counted in an index that has nothing else in it', async () => {
  asked.length = 0
  await unreadTotal(watched)
  const plans = await Promise.all(
    asked.map(({ sql, parameters }) =>
      db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])),
    ),
  )
  const details = plans.flatMap(({ rows }) => rows.map(({ detail }) => detail))
  expect(details).toEqual([expect.stringContaining('USING COVERING INDEX conversations_told')])
})
