/** What holds for a key, and who said so: flag, environment, file or default; secrets only as being there. Pure. */
import type { Layers } from './layers.ts'
import { mappingOf, type ShapeNode } from './shape.ts'
import { dotted, isTree, type Path, type TreeValue, valueAt } from './tree.ts'

export interface ConfigValue {
  key: string
  /** As one would write it; undefined: there is none, or it is a secret. */
  value: string | undefined
  source: 'flag' | 'environment' | 'file' | 'default'
  /** `causeway.yaml:12`, the variable, the flag; undefined for defaults. */
  where: string | undefined
  /** `secret` is never shown, `private` to the owner alone. */
  kind: 'open' | 'private' | 'secret'
}

/**
 * The key's value, or those of all keys in a section. `computed` has defaults (by dotted key) that the schema does not
 * know, since they depend on the machine.
 */
export function explainKey(
  layers: Layers,
  path: Path,
  node: ShapeNode,
  computed: Readonly<Record<string, string>>,
  kind: ConfigValue['kind'] = 'open',
): ConfigValue[] {
  const written = valueAt(layers.tree, path)
  const as = node.writeOnly === true ? 'secret' : node.private === true ? 'private' : kind
  const inner = (part: string | number, child: ShapeNode) => explainKey(layers, [...path, part], child, computed, as)
  const { items, additionalProperties: record } = node
  if (Array.isArray(written) && items !== undefined && mappingOf(items) !== undefined && written.length > 0) {
    return written.flatMap((_, i) => inner(i, items))
  }
  const mapping = mappingOf(node)
  // An optional section that is not there has no defaults in it.
  const isSection = written === undefined ? path.length === 0 || isTree(node.default) : isTree(written)
  if (mapping?.properties !== undefined && isSection) {
    return Object.entries(mapping.properties).flatMap(([name, child]) => inner(name, child))
  }
  if (isTree(written) && typeof record === 'object') return Object.keys(written).flatMap((name) => inner(name, record))
  const key = dotted(path)
  // What stands where it does not belong may hold anything, a PIN too.
  if (isTree(written) || (Array.isArray(written) && written.some((entry) => typeof entry !== 'string'))) {
    return [{ key, value: undefined, ...sourceOf(layers, path), kind: 'secret' }]
  }
  const value = written === undefined ? (computed[key] ?? defaultText(node)) : asText(written)
  const shown = as === 'secret' && value !== undefined ? undefined : value
  return [{ key, value: shown === undefined ? undefined : withoutUser(shown), ...sourceOf(layers, path), kind: as }]
}

function sourceOf(layers: Layers, path: Path): Pick<ConfigValue, 'source' | 'where'> {
  const origin = valueAt(layers.tree, path) === undefined ? undefined : layers.origin(path)
  if (origin === undefined) return { source: 'default', where: undefined }
  const [, source, where] = /^(flag|environment) (.*)$/.exec(origin) ?? []
  return { source: source === 'flag' || source === 'environment' ? source : 'file', where: where ?? origin }
}

function defaultText({ default: value }: ShapeNode): string | undefined {
  return value === undefined ? undefined : asText(value as TreeValue)
}

function asText(value: TreeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** User and password in an address are secrets of whoever gave them. */
function withoutUser(value: string): string {
  return value.replaceAll(/(\b[a-z][a-z+]*:\/\/)[^/@\s]+@/g, '$1…@')
}
