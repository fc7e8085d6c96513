/** Which keys there are: the schema as a tree that can be walked by paths, as a person or a file writes them. */
import { z } from 'zod'
import { CausewayError } from '../domain/errors.ts'
import { nearest } from './nearest.ts'
import { configSchema } from './schema.ts'
import { dotted, type Path, parsePath } from './tree.ts'

export interface ShapeNode {
  description?: string
  type?: string | string[]
  default?: unknown
  enum?: unknown[]
  const?: unknown
  pattern?: string
  format?: string
  properties?: Record<string, ShapeNode>
  additionalProperties?: boolean | ShapeNode
  propertyNames?: ShapeNode
  items?: ShapeNode
  anyOf?: ShapeNode[]
  required?: string[]
  /** A secret: taken, and never shown. */
  writeOnly?: boolean
  /** Says who the owner is or whom they know: not for others. */
  private?: boolean
}

let known: ShapeNode | undefined

/** Made when it is asked for: a start without mistakes in the configuration never does. */
export function rootShape(): ShapeNode {
  known ??= z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as ShapeNode
  return known
}

/** Keys that may stand at this path. */
export function keysAt(path: Path): string[] {
  return Object.keys(mappingOf(nodeAt(path))?.properties ?? {})
}

/** Words that may stand at this path, where a mapping may stand there too. */
export function wordsAt(path: Path): string[] {
  return (
    nodeAt(path)
      ?.anyOf?.flatMap((choice) => choice.enum ?? [])
      .map(String) ?? []
  )
}

/** The node itself, or that of its choices which is a mapping. */
export function mappingOf(node: ShapeNode | undefined): ShapeNode | undefined {
  if (node?.properties !== undefined) return node
  return node?.anyOf?.find((choice) => choice.properties !== undefined)
}

/**
 * The key that a person names, as `fallback.after` or `modems[0].pin`. Throws CausewayError `config-unknown-key` with the
 * nearest one.
 */
export function demandKey(text: string): { path: (string | number)[]; node: ShapeNode } {
  const path: (string | number)[] = []
  let node = rootShape()
  for (const part of parsePath(text) ?? [text]) {
    const inner = childOf(node, part)
    if (inner === undefined) throw unknownKey(text, path, node, String(part))
    path.push(inner.part)
    node = inner.node
  }
  return { path, node }
}

function nodeAt(path: Path): ShapeNode | undefined {
  let node: ShapeNode | undefined = rootShape()
  for (const part of path) node = node === undefined ? undefined : childOf(node, part)?.node
  return node
}

/** A digit may be the place in a list or, as in `cdn_urls`, a key. */
function childOf(node: ShapeNode, part: PropertyKey): { part: string | number; node: ShapeNode } | undefined {
  const name = String(part)
  const mapping = mappingOf(node)
  const child = mapping?.properties?.[name]
  if (child !== undefined) return { part: name, node: child }
  if (node.items !== undefined) return typeof part === 'number' ? { part, node: node.items } : undefined
  const other = node.additionalProperties
  return typeof other === 'object' ? { part: name, node: other } : undefined
}

function unknownKey(text: string, path: Path, node: ShapeNode, part: string): CausewayError {
  const candidates = Object.keys(mappingOf(node)?.properties ?? {})
  const meant = nearest(part, candidates)
  const where = path.length === 0 ? '' : `${dotted(path)}.`
  const isList = node.items !== undefined
  const hint = isList
    ? `; ${dotted(path)} is a list, whose first entry is ${dotted([...path, 0])}`
    : meant === undefined
      ? '. All keys: causeway config reference'
      : `; did you mean ${where}${meant}?`
  return new CausewayError({
    code: 'config-unknown-key',
    message: `${text}: there is no such key${hint}`,
    retry: 'after-human',
  })
}
