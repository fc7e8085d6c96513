/** The configuration's reference page, read off the schema. Pure. */
import { mappingOf, rootShape, type ShapeNode } from './shape.ts'

/** `docs/config.md`. */
export function configReference(): string {
  return `${INTRODUCTION}\n${table(rootShape(), '').join('\n')}\n`
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

function table(node: ShapeNode, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = `${prefix}${key}`
    const inner = mappingOf(child)
    const items = mappingOf(child.items)
    const isSection = child.anyOf === undefined && inner !== undefined
    const required = node.required?.includes(key) ?? false
    const row = `| \`${name}\` | ${isSection ? '' : fallback(child, required)} | ${child.description ?? ''}${choices(child)} |`
    if (items !== undefined) return [row, ...table(items, `${name}[].`)]
    return inner === undefined ? [row] : [row, ...table(inner, `${name}.`)]
  })
}

function fallback(node: ShapeNode, required: boolean): string {
  if (node.default !== undefined)
    return `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``
  return required ? '*required*' : '—'
}

function choices(node: ShapeNode): string {
  const words = node.enum ?? []
  return words.length === 0 ? '' : ` One of ${words.map((word) => `\`${String(word)}\``).join(', ')}.`
}
