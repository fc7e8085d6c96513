/**
 * One key of the file on disk given another value, or back to its default: checked before it is written, written so that
 * comments and order stay. Knows the file alone; what flags and environment say goes before it.
 */
import { existsSync } from 'node:fs'
import { CausewayError } from '../domain/errors.ts'
import { readConfigFile } from './layers.ts'
import { rewriteFile } from './rewrite.ts'
import { dotted, isTree, type Path, type TreeValue, valueAt } from './tree.ts'
import { changedYaml, parseInline, parseYaml } from './yaml-text.ts'

/** What is wrong with a tree that was read from the file: dotted keys, and words. */
export type Check = (text: string) => readonly { key: string; message: string }[]

export interface ConfigChange {
  /** Nothing was written where false: it already was so. */
  changed: boolean
  /** What was wrong elsewhere in the file, and still is. */
  remaining: readonly string[]
}

/**
 * `value` undefined takes the key out. Throws CausewayError `config-invalid` where the value cannot be, or where a file that
 * was right would not be any more; `config-edit`, `config-syntax`, `config-unreadable`, `config-unwritable`.
 */
export function changeConfigFile(file: string, path: Path, value: string | undefined, check: Check): ConfigChange {
  const key = dotted(path)
  const before = existsSync(file) ? readConfigFile(file) : ''
  demandUtf8(file, before)
  const { tree } = parseYaml(before, file)
  const wanted = value === undefined ? undefined : parseInline(value, key)
  const present = valueAt(tree, path)
  if (isSame(present, wanted)) return { changed: false, remaining: check(before).map(({ message }) => message) }
  demandPlace(tree, path)
  const after = changedYaml(before, path, wanted)
  demandOnly(file, after, path, wanted, before)
  const problems = check(after)
  const isOurs = (problem: { key: string }) =>
    problem.key === key || within(problem.key, key) || within(key, problem.key)
  const wrong = check(before).length === 0 ? problems : problems.filter(isOurs)
  if (wrong.length > 0) {
    throw new CausewayError({
      code: 'config-invalid',
      message: `Nothing was written:\n${wrong.map(({ message }) => `  ${message}`).join('\n')}`,
      retry: 'after-human',
    })
  }
  rewriteFile(file, after)
  return { changed: true, remaining: problems.map(({ message }) => message) }
}

/** Octets that are no UTF-8, in a comment of long ago, would be written back as something else. */
function demandUtf8(file: string, text: string): void {
  if (!text.includes('\uFFFD')) return
  throw new CausewayError({
    code: 'config-edit',
    message: `${file} is not written in UTF-8 throughout; save it as UTF-8, or edit it by hand.`,
    retry: 'after-human',
  })
}

/** An entry of a list can be changed and added behind the last one, not somewhere beyond it. */
function demandPlace(tree: TreeValue, path: Path): void {
  for (const [depth, part] of path.entries()) {
    if (typeof part !== 'number') continue
    const list = isTree(tree) ? valueAt(tree, path.slice(0, depth)) : undefined
    const length = Array.isArray(list) ? list.length : 0
    if (part <= length) continue
    const name = dotted(path.slice(0, depth))
    throw new CausewayError({
      code: 'config-edit',
      message: `${name} has ${length} entries in the file; the next one is ${name}[${length}].`,
      retry: 'after-human',
    })
  }
}

/** The editing of text is believed only after it was read again. */
function demandOnly(file: string, after: string, path: Path, wanted: TreeValue | undefined, before: string): void {
  const { tree } = parseYaml(after, file)
  const same =
    isSame(valueAt(tree, path), wanted) && isSame(without(tree, path), without(parseYaml(before, file).tree, path))
  if (same) return
  throw new CausewayError({
    code: 'config-edit',
    message: `${dotted(path)} cannot be changed without touching other keys of ${file}; please edit it by hand.`,
    retry: 'after-human',
  })
}

/** Without what stands at the path (undefined: nothing), and without what is empty then. */
function without(value: TreeValue, path: Path | undefined): TreeValue | undefined {
  const [part, ...rest] = path ?? []
  if (path !== undefined && part === undefined) return undefined
  const left = (name: string | number, inner: TreeValue) =>
    without(inner, part !== undefined && String(name) === String(part) ? rest : undefined)
  if (Array.isArray(value)) {
    const entries = value.map((entry, i) => left(i, entry)).filter((entry) => entry !== undefined)
    return entries.length === 0 ? undefined : entries
  }
  if (!isTree(value)) return value === '' ? undefined : value
  const entries = Object.entries(value).flatMap(([name, inner]): [string, TreeValue][] => {
    const remains = left(name, inner)
    return remains === undefined ? [] : [[name, remains]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function within(key: string, section: string): boolean {
  return key.startsWith(`${section}.`) || key.startsWith(`${section}[`)
}

function isSame(left: TreeValue | undefined, right: TreeValue | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
