/** Page cursors: opaque to callers, the place `(time, id)` after which the next page begins. */
import { type RawBuilder, sql } from 'kysely'
import { CausewayError } from '../domain/errors.ts'

export interface Place {
  ms: number
  id: string
}

export interface Page<T> {
  data: T[]
  nextCursor: string | undefined
}

/** Most rows on a page. */
export const PAGE_MAX = 200

/** How many rows a page has that was to have so many: one at least. */
export function pageLimit(wanted: number): number {
  return Math.max(1, Math.min(PAGE_MAX, Math.trunc(wanted)))
}

/** The place as callers hand it back. */
export function encodeCursor({ ms, id }: Place): string {
  return Buffer.from(`${ms}.${id}`).toString('base64url')
}

/** Errors: CausewayError `invalid-cursor`. */
export function decodeCursor(cursor: string): Place {
  const match = /^(\d{1,16})\.([A-Za-z0-9_]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (match === null) {
    throw new CausewayError({
      code: 'invalid-cursor',
      message: 'This is not a cursor of ours; begin without one.',
      retry: 'never',
    })
  }
  return { ms: Number(match[1]), id: match[2] ?? '' }
}

/** Of rows that are listed by their creation, newest first: those behind the cursor. Errors: CausewayError `invalid-cursor`. */
export function createdBefore(cursor: string): RawBuilder<boolean> {
  return before('created_at_ms', cursor)
}

/** The same, oldest first. */
export function createdAfter(cursor: string): RawBuilder<boolean> {
  const { ms, id } = decodeCursor(cursor)
  return sql<boolean>`(created_at_ms, id) > (${ms}, ${id})`
}

/** Of rows that are listed by such a time, newest first. As a row value, an index finds the place at once. */
export function before(
  column: 'created_at_ms' | 'last_message_at_ms' | 'received_at_ms',
  cursor: string,
): RawBuilder<boolean> {
  const { ms, id } = decodeCursor(cursor)
  return sql<boolean>`(${sql.ref(column)}, id) < (${ms}, ${id})`
}

/** Cuts `limit` rows out of `limit + 1` fetched ones, and says where the next page begins. */
export function pageOf<T>(rows: T[], limit: number, place: (row: T) => Place): Page<T> {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  return { data, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : undefined }
}
