/**
 * YAML as text: read into a tree, with the line of each key, and changed in one place so that all else (comments, order,
 * blank lines) stays as its author wrote it. The only file that knows the YAML library.
 */
import { isCollection, isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar, visit } from 'yaml'
import { CausewayError } from '../domain/errors.ts'
import { isTree, type Path, type Tree, type TreeValue } from './tree.ts'

export interface YamlTree {
  tree: Tree
  /** `causeway.yaml:12` of the value at (or nearest above) this path; undefined when nowhere. */
  origin(path: Path): string | undefined
}

const YAML_BYTES_MAX = 1_000_000
const ALIASES_MAX = 100

/** The failsafe schema keeps every scalar a string: `0000` stays a PIN, `+44…` a number. */
const READING = { schema: 'failsafe', uniqueKeys: true } as const

/** Throws CausewayError `config-syntax`. `name` is the file as errors call it, `short` as origins do. */
export function parseYaml(source: string, name: string, short = name): YamlTree {
  if (source.length > YAML_BYTES_MAX) throw syntaxError(name, 'it is too large to be a configuration')
  const lines = new LineCounter()
  const document = parseDocument(source, { ...READING, lineCounter: lines })
  const [error] = document.errors
  if (error !== undefined) throw syntaxError(name, error.message)
  let tree: unknown
  try {
    tree = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {}
  } catch (cause) {
    throw syntaxError(name, cause instanceof Error ? cause.message : String(cause))
  }
  if (tree === '') tree = {}
  if (!isTree(tree)) throw syntaxError(name, 'it must be a list of `key: value` lines')
  const origin = (path: Path) => {
    for (let end = path.length; end > 0; end--) {
      const offset = offsetOf(document, path.slice(0, end))
      if (offset !== undefined) return `${short}:${lines.linePos(offset).line}`
    }
    return undefined
  }
  return { tree, origin }
}

/** A value of the environment or the command line: what is in `[…]` or `{…}` is YAML. Throws as `parseYaml`. */
export function parseInline(value: string, name: string): TreeValue {
  // Not the address `[::1]:8420`.
  if (!/^\s*(\[.*\]|\{.*\})\s*$/s.test(value)) return value
  const document = parseDocument(value, READING)
  const [error] = document.errors
  if (error !== undefined) throw syntaxError(name, error.message)
  return document.toJS() as TreeValue
}

/**
 * The same text with another value at this path, or (undefined) without it. Throws CausewayError `config-edit` where that
 * cannot be done without touching what stands elsewhere (aliases, a value in the way).
 */
export function changedYaml(source: string, path: Path, value: TreeValue | undefined): string {
  const document = parseDocument(source, READING)
  const existing = document.getIn(path, true)
  // A scalar is exchanged where it stands, so that not one other character moves.
  if (typeof value === 'string' && isScalar(existing) && isInOneLine(existing)) {
    const [start, end] = existing.range
    return `${source.slice(0, start)}${start > 0 && /\S/.test(source.charAt(start - 1)) ? ' ' : ''}${scalarText(value)}${source.slice(end)}`
  }
  try {
    if (value === undefined) document.deleteIn(path)
    else {
      const depth =
        1 + path.findIndex((_, i) => i + 1 === path.length || isNothing(document.getIn(path.slice(0, i + 1), true)))
      const node = asWritten(document.createNode(nested(path.slice(depth), value)))
      if (isScalar(node) && isScalar(existing)) node.comment = existing.comment ?? null
      document.setIn(path.slice(0, depth), node)
    }
    if (isMap(document.contents) && document.contents.items.length === 0) return commentsOf(source)
    const text = document.toString({
      lineWidth: 0,
      flowCollectionPadding: !/\{[^\s}]/.test(source),
      indentSeq: !/:[ \t]*\r?\n- /.test(source),
    })
    return source.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text
  } catch (cause) {
    throw new CausewayError({
      code: 'config-edit',
      message: 'This cannot be changed without touching other lines of the file; please edit it by hand.',
      retry: 'after-human',
      cause,
    })
  }
}

function isNothing(node: unknown): boolean {
  return node == null || (isScalar(node) && (node.value === null || node.value === ''))
}

function nested(path: Path, value: TreeValue): TreeValue {
  return path.reduceRight<TreeValue>(
    (inner, part) => (typeof part === 'number' ? [inner] : { [String(part)]: inner }),
    value,
  )
}

/** What is left of a file whose last key is gone. */
function commentsOf(source: string): string {
  return source
    .split('\n')
    .filter((line) => /^\s*(#.*)?\r?$/.test(line))
    .join('\n')
}

function isInOneLine(scalar: Scalar): scalar is Scalar & { range: [number, number, number] } {
  const isPlain = scalar.type === 'PLAIN' || scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE'
  return isPlain && scalar.range != null && scalar.anchor === undefined && scalar.range[1] > scalar.range[0]
}

/** What every YAML reader takes for the same text, in a list on one line too. */
const PLAIN = /^[A-Za-z0-9/._][\w/.:-]*(?<!:)$/

function scalarText(value: string): string {
  return PLAIN.test(value) ? value : JSON.stringify(value)
}

function asWritten(node: Node): Node {
  visit(node, {
    Scalar: (_, scalar) => {
      if (!PLAIN.test(String(scalar.value))) scalar.type = 'QUOTE_DOUBLE'
    },
  })
  return node
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

function syntaxError(where: string, what: string): CausewayError {
  return new CausewayError({
    code: 'config-syntax',
    message: `${where} cannot be understood: ${what}`,
    retry: 'after-human',
  })
}
