/**
 * Finds messages by their words and people by their names and numbers, in any script: beginnings of words, and any part of a
 * number. What is searched for is never read as the index's own query language. The index is kept by triggers
 * (migrations/0017_inbox.ts) and `search-index.ts`.
 */
import { sql } from 'kysely'
import { decodeCursor, type Page, pageOf } from './cursor.ts'
import type { Database } from './database.ts'
import { indexDue } from './search-index.ts'

/** Of what was typed. */
const TERMS_MAX = 12
const NUMBER_DIGITS_MIN = 3
/** Marks around what was found, as the index writes them. */
const OPEN = '\u0002'
const CLOSE = '\u0003'
/** Most people that one search finds. */
const PEOPLE_MAX = 50

export interface FoundMessage {
  /** Place in the index, which grows with time. */
  ms: number
  id: string
  /** Its text, with marks around what was found. */
  marked: string
}

/** Where in the text, in UTF-16 code units. */
export interface FoundRange {
  start: number
  length: number
}

/** Messages that hold all the words, the newest first. Errors: CausewayError `invalid-cursor`. */
export async function searchMessages(
  db: Database,
  query: string,
  page: { limit: number; cursor?: string | undefined; conversationId?: string | undefined },
): Promise<Page<FoundMessage>> {
  const match = matchOf(query)
  if (match === undefined) return { data: [], nextCursor: undefined }
  await indexDue(db)
  const place = page.conversationId?.replaceAll('"', '')
  const within = place === undefined ? '' : ` AND place : "${place}"`
  const before = page.cursor === undefined ? sql`` : sql` and message_search.rowid < ${decodeCursor(page.cursor).ms}`
  const { rows } = await sql<FoundMessage>`
    select s.id as ms, s.message_id as id, highlight(message_search, 0, ${OPEN}, ${CLOSE}) as marked
    from message_search
    join message_search_rows s on s.id = message_search.rowid
    where message_search match ${`text : (${match})${within}`}${before}
    order by message_search.rowid desc limit ${page.limit + 1}`.execute(db)
  return pageOf(rows, page.limit, ({ ms, id }) => ({ ms, id }))
}

/** Contacts and groups that bear all the words in their names, or the digits in their number. */
export async function searchPeople(db: Database, query: string): Promise<{ contactIds: string[]; groupIds: string[] }> {
  const match = numberOf(query) ?? matchOf(query)
  if (match === undefined) return { contactIds: [], groupIds: [] }
  const { rows } = await sql<{ contact_id: string | null; group_id: string | null }>`
    select s.contact_id, s.group_id from people_search
    join people_search_rows s on s.id = people_search.rowid
    where people_search match ${match} order by people_search.rowid desc limit ${PEOPLE_MAX}`.execute(db)
  return {
    contactIds: rows.flatMap(({ contact_id: id }) => id ?? []),
    groupIds: rows.flatMap(({ group_id: id }) => id ?? []),
  }
}

/** Takes the marks of the index out of a text again. Pure. */
export function foundRanges(marked: string): { text: string; ranges: FoundRange[] } {
  let text = ''
  let start = 0
  const ranges: FoundRange[] = []
  for (const part of marked.split(/([\u0002\u0003])/)) {
    if (part === OPEN) start = text.length
    else if (part === CLOSE) {
      if (text.length > start) ranges.push({ start, length: text.length - start })
    } else text += part
  }
  return { text, ranges }
}

/** Each word in quotes, where the index takes nothing for a command, and as a beginning. */
function matchOf(query: string): string | undefined {
  const words = query
    .replaceAll(/\p{Cc}/gu, ' ')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}\p{S}]/u.test(word))
  if (words.length === 0) return undefined
  return words
    .slice(0, TERMS_MAX)
    .map((word) => `"${word.replaceAll('"', '""')}"*`)
    .join(' ')
}

/** Digits, however they were grouped; the trunk zeros of a national form say nothing. */
function numberOf(query: string): string | undefined {
  if (!/^[\s\d+()./-]+$/.test(query)) return undefined
  const digits = query.replaceAll(/\D/g, '').replace(/^0+/, '')
  return digits.length < NUMBER_DIGITS_MIN ? undefined : `"${digits}"*`
}
