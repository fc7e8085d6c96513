/**
 * Reads the layers a configuration is made of (YAML, environment, flags) into one tree of strings, and remembers where
 * each value came from, so that an error can say `causeway.yaml:12`. Knows no keys: `schema.ts` does.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isCollection, LineCounter, parseDocument } from 'yaml'
import { CausewayError } from '../domain/errors.ts'

export type Tree = { [key: string]: TreeValue }
export type TreeValue = string | Tree | TreeValue[]
export type Path = readonly PropertyKey[]

export interface Layers {
  tree: Tree
  /** Where the value at (or nearest above) this path was written, in words; undefined when nowhere. */
  origin(path: Path): string | undefined
}

const ENV_PREFIX = 'CAUSEWAY__'
const YAML_BYTES_MAX = 1_000_000

/**
 * Reads the file (if one is given), lays `CAUSEWAY__SECTION__KEY` over it and `flags` (dotted path → value) over both.
 * Values that begin with `[` or `{` in environment and flags are read as YAML. An empty value means "the default".
 * Throws CausewayError `config-unreadable` or `config-syntax`.
 */
export function readLayers(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>>,
): Layers {
  const yaml = file === undefined ? undefined : readYaml(file)
  const tree = yaml?.tree ?? {}
  const origins = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || value === undefined) continue
    const path = name.slice(ENV_PREFIX.length).toLowerCase().split('__')
    put(tree, path, inline(value, name))
    origins.set(path.join('.'), `environment ${name}`)
  }
  for (const [dotted, value] of Object.entries(flags)) {
    put(tree, dotted.split('.'), inline(value, dotted))
    origins.set(dotted, `flag ${dotted}`)
  }
  const origin = (path: Path) => {
    for (let end = path.length; end > 0; end--) {
      const found = origins.get(path.slice(0, end).join('.'))
      if (found !== undefined) return found
    }
    return yaml?.origin(path)
  }
  return { tree: withoutEmpty(tree), origin }
}

function readYaml(file: string): Layers {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CausewayError({
      code: 'config-unreadable',
      message: `The configuration ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      retry: 'after-human',
      cause,
    })
  }
  if (source.length > YAML_BYTES_MAX) throw syntaxError(file, 'it is too large to be a configuration')
  const lines = new LineCounter()
  // The failsafe schema keeps every scalar a string: `0000` stays a PIN, `+44…` a number.
  const document = parseDocument(source, { schema: 'failsafe', lineCounter: lines, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) throw syntaxError(file, error.message)
  let tree: unknown
  try {
    tree = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (cause) {
    throw syntaxError(file, cause instanceof Error ? cause.message : String(cause))
  }
  if (tree === '') tree = {}
  if (!isTree(tree)) throw syntaxError(file, 'it must be a list of `key: value` lines')
  const origin = (path: Path) => {
    for (let end = path.length; end > 0; end--) {
      const offset = offsetOf(document, path.slice(0, end))
      if (offset !== undefined) return `${basename(file)}:${lines.linePos(offset).line}`
    }
    return undefined
  }
  return { tree, origin }
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isCollection(parent)) return undefined
  const last = path.at(-1)
  for (const [index, item] of parent.items.entries()) {
    const { key, range } = item as { key?: { value?: unknown; range?: [number, number, number] }; range?: [number] }
    if (key?.value === last) return key?.range?.[0]
    if (index === last) return range?.[0]
  }
  return undefined
}

function inline(value: string, name: string): TreeValue {
  if (!/^\s*[[{]/.test(value)) return value
  const document = parseDocument(value, { schema: 'failsafe' })
  const [error] = document.errors
  if (error !== undefined) throw syntaxError(name, error.message)
  return document.toJS() as TreeValue
}

function put(tree: Tree, path: readonly string[], value: TreeValue): void {
  let at = tree
  for (const key of path.slice(0, -1)) {
    const existing = at[key]
    const next = isTree(existing) ? existing : {}
    at[key] = next
    at = next
  }
  const last = path.at(-1)
  if (last !== undefined) at[last] = value
}

function withoutEmpty(tree: Tree): Tree {
  const entries = Object.entries(tree).filter(([, value]) => value !== '' && value !== '~' && value !== 'null')
  return Object.fromEntries(entries.map(([key, value]) => [key, prune(value)] satisfies [string, TreeValue]))
}

function prune(value: TreeValue): TreeValue {
  if (Array.isArray(value)) return value.map(prune)
  return isTree(value) ? withoutEmpty(value) : value
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function syntaxError(where: string, what: string): CausewayError {
  return new CausewayError({
    code: 'config-syntax',
    message: `${where} cannot be understood: ${what}`,
    retry: 'after-human',
  })
}
