/**
 * Reads the layers a configuration is made of (YAML, environment, flags) into one tree of strings, and remembers where
 * each value came from, so that an error can say `causeway.yaml:12`. Knows no keys: `schema.ts` does.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { CausewayError } from '../domain/errors.ts'
import { isTree, type Path, put, type Tree, type TreeValue } from './tree.ts'
import { parseInline, parseYaml, type YamlTree } from './yaml-text.ts'

export interface Layers {
  tree: Tree
  /** Where the value at (or nearest above) this path was written, in words; undefined when nowhere. */
  origin(path: Path): string | undefined
}

const ENV_PREFIX = 'CAUSEWAY__'

/**
 * Reads the file (if one is given), lays `CAUSEWAY__SECTION__KEY` over it and `flags` (dotted path → value) over both.
 * Values in `[…]` or `{…}` in environment and flags are read as YAML. An empty value means "the default".
 * Throws CausewayError `config-unreadable` or `config-syntax`.
 */
export function readLayers(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>>,
): Layers {
  return layersOver(file === undefined ? undefined : fileLayer(readConfigFile(file), file), env, flags)
}

/** A file's text alone, as if nothing else were said. Throws CausewayError `config-syntax`. */
export function fileLayers(text: string, file: string): Layers {
  return layersOver(fileLayer(text, file), {}, {})
}

function fileLayer(text: string, file: string): YamlTree {
  return parseYaml(text, file, basename(file))
}

function layersOver(
  yaml: YamlTree | undefined,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>>,
): Layers {
  const tree = yaml?.tree ?? {}
  const origins = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || value === undefined) continue
    const path = name.slice(ENV_PREFIX.length).toLowerCase().split('__')
    put(tree, path, parseInline(value, name))
    origins.set(path.join('.'), `environment ${name}`)
  }
  for (const [dotted, value] of Object.entries(flags)) {
    put(tree, dotted.split('.'), parseInline(value, dotted))
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

/** The text of the file. Throws CausewayError `config-unreadable`. */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CausewayError({
      code: 'config-unreadable',
      message: `The configuration ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      retry: 'after-human',
      cause,
    })
  }
}

function withoutEmpty(tree: Tree): Tree {
  const entries = Object.entries(tree).filter(([, value]) => value !== '' && value !== '~' && value !== 'null')
  return Object.fromEntries(entries.map(([key, value]) => [key, prune(value)] satisfies [string, TreeValue]))
}

function prune(value: TreeValue): TreeValue {
  if (Array.isArray(value)) return value.map(prune)
  return isTree(value) ? withoutEmpty(value) : value
}
