/**
 * Judges an import graph by a table of rooms. The table itself is in `architecture.test.ts`.
 */
import type { ImportEdge } from './graph.ts'

/** In place of a room: all of them. */
export const everything = '*'

/** An edge between two rooms, where the whole room may not import the whole other. */
export interface NarrowEdge {
  /** A room, a folder or a single file. */
  to: string
  /** Only this file or folder of the room; the whole room where absent. */
  from?: string
  /** Nothing of it may be there at run time. */
  typesOnly?: true
}

/** Room (folder or file, as a path) → what it may import besides itself. */
export type RoomTable = Readonly<Record<string, readonly (string | NarrowEdge)[]>>

/** The room a file belongs to: the longest path of the table that holds it. */
export function roomOf(table: RoomTable, file: string): string | undefined {
  return Object.keys(table)
    .filter((room) => holds(room, file))
    .sort((left, right) => right.length - left.length)[0]
}

/** The edges that the table does not allow, each in words. */
export function forbiddenEdges(table: RoomTable, edges: readonly ImportEdge[]): readonly string[] {
  return edges
    .filter(({ kind }) => kind === 'ours')
    .filter((edge) => !isAllowed(table, edge))
    .map(({ from, to, typesOnly }) => `${from} → ${to}${typesOnly ? ' (types only)' : ''}`)
}

/** Imports of packages outside the files that own them, and of packages that nobody owns, each in words. */
export function strayPackages(
  owners: Readonly<Record<string, readonly string[]>>,
  edges: readonly ImportEdge[],
): readonly string[] {
  return edges
    .filter(({ kind, from, to }) => kind === 'package' && !(owners[to] ?? []).some((owner) => holds(owner, from)))
    .map(({ from, to }) => `${from} → ${to}`)
}

function isAllowed(table: RoomTable, { from, to, typesOnly }: ImportEdge): boolean {
  const room = roomOf(table, from)
  const target = roomOf(table, to)
  if (room === undefined || target === undefined) return false
  if (room === target) return true
  return (table[room] ?? []).some((entry) => {
    const allowed: NarrowEdge = typeof entry === 'string' ? { to: entry } : entry
    if (allowed.to === everything) return true
    const rightFrom = allowed.from === undefined || holds(allowed.from, from)
    const rightTo = roomOf(table, allowed.to) === target && holds(allowed.to, to)
    return rightFrom && rightTo && (allowed.typesOnly === undefined || typesOnly)
  })
}

function holds(path: string, file: string): boolean {
  return file === path || file.startsWith(`${path}/`)
}
