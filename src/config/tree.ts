/** The configuration as it is written: a tree of text, and paths into it. Knows no keys and no YAML. Pure. */

export type Tree = { [key: string]: TreeValue }
export type TreeValue = string | Tree | TreeValue[]
export type Path = readonly PropertyKey[]

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `modems[0].port`. */
export function dotted(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`)).join('')
}

/** The other way round, as people type it: `modems[0].port` or `modems.0.port`. Undefined: no key is written so. */
export function parsePath(text: string): (string | number)[] | undefined {
  const parts = text.replaceAll(/\[(\d{1,4})\]/g, '.$1').split('.')
  if (parts.some((part) => !/^[\w-]{1,80}$/.test(part))) return undefined
  return parts.map((part, i) => (i > 0 && /^\d{1,4}$/.test(part) ? Number(part) : part))
}

/** What stands there; undefined: nothing. */
export function valueAt(tree: Tree, path: Path): TreeValue | undefined {
  let at: TreeValue | undefined = tree
  for (const part of path) {
    if (Array.isArray(at)) at = typeof part === 'number' ? at[part] : undefined
    else at = isTree(at) && Object.hasOwn(at, String(part)) ? at[String(part)] : undefined
  }
  return at
}

/** Puts a value there, making the sections on the way to it. */
export function put(tree: Tree, path: readonly string[], value: TreeValue): void {
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
