/**
 * The configuration's reference page and the list of keys at a path, both read off the schema. Pure.
 */
import { z } from 'zod'
import type { Path } from './layers.ts'
import { configSchema } from './schema.ts'

interface Node {
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Node>
  items?: Node
  anyOf?: Node[]
  required?: string[]
}

let known: Node | undefined

/** Made when it is asked for: a start without mistakes in the configuration never does. */
function root(): Node {
  known ??= z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node
  return known
}

/** Keys that may stand at this path. */
export function keysAt(path: Path): string[] {
  return Object.keys(mapping(nodeAt(path))?.properties ?? {})
}

/** Words that may stand at this path, where a mapping may stand there too. */
export function wordsAt(path: Path): string[] {
  return (
    nodeAt(path)
      ?.anyOf?.flatMap((choice) => choice.enum ?? [])
      .map(String) ?? []
  )
}

/** `docs/config.md`. */
export function configReference(): string {
  return `${INTRODUCTION}\n${table(root(), '').join('\n')}\n`
}

const INTRODUCTION = `# Configuration

\`causeway serve --config FILE\` reads one YAML file. Without \`--config\` it takes \`/etc/causeway/causeway.yaml\` where that
exists, and else \`./causeway.yaml\`; without any file the defaults hold. What wins: flags (\`--set key=value\`), then
the environment (\`CAUSEWAY__SECTION__KEY\`, as \`CAUSEWAY__HTTP__LISTEN=127.0.0.1:9000\`; lists as YAML), then the file, then
the defaults. A key that does not exist is an error, and so is a value that cannot be. Relative paths in a file begin at
the file's folder, all others at the working directory. \`causeway config check\` only looks.

Spans of time are ISO 8601 (\`PT15M\`, \`P1D\`) or short (\`15m\`, \`1d\`).

This page is generated from the schema by \`causeway config reference\`.

\`\`\`yaml
region: GB
modems:
  - port: /dev/serial/by-id/usb-Quectel_EC25-if02-port0
    label: kitchen
    pin: 0000
fallback: { default: auto, after: PT15M }
signal: { profile_name: Home }
\`\`\`

| key | default | what it does |
|---|---|---|`

function table(node: Node, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = `${prefix}${key}`
    const inner = mapping(child)
    const items = mapping(child.items)
    const isSection = child.anyOf === undefined && inner !== undefined
    const required = node.required?.includes(key) ?? false
    const row = `| \`${name}\` | ${isSection ? '' : fallback(child, required)} | ${child.description ?? ''}${choices(child)} |`
    if (items !== undefined) return [row, ...table(items, `${name}[].`)]
    return inner === undefined ? [row] : [row, ...table(inner, `${name}.`)]
  })
}

function nodeAt(path: Path): Node | undefined {
  let node: Node | undefined = root()
  for (const part of path) {
    const properties: Record<string, Node> | undefined = mapping(node)?.properties
    node = typeof part === 'number' ? node?.items : properties?.[String(part)]
  }
  return node
}

function mapping(node: Node | undefined): Node | undefined {
  if (node?.properties !== undefined) return node
  return node?.anyOf?.find((choice) => choice.properties !== undefined)
}

function fallback(node: Node, required: boolean): string {
  if (node.default !== undefined)
    return `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``
  return required ? '*required*' : '—'
}

function choices(node: Node): string {
  const words = node.enum ?? []
  return words.length === 0 ? '' : ` One of ${words.map((word) => `\`${String(word)}\``).join(', ')}.`
}
