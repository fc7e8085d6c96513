/**
 * The schema for editors. The program reads every value as text, so that a PIN keeps its zeros; an editor reads YAML as YAML,
 * where `100` is a number, `true` a truth and an empty value null, all of which are fine here.
 */
import { rootShape, type ShapeNode } from './shape.ts'

/** JSON Schema (2020-12) of `causeway.yaml`. */
export function configJsonSchema(): object {
  return {
    title: 'causeway.yaml',
    description: 'Configuration of a Causeway gateway. An empty value means the default.',
    ...asEditorsRead(rootShape()),
  }
}

function asEditorsRead(node: ShapeNode): ShapeNode {
  const { properties, additionalProperties: record, items, anyOf, private: _, ...rest } = node
  return {
    ...(node.anyOf === undefined ? leaf(rest) : rest),
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
    ...(record === undefined
      ? {}
      : { additionalProperties: typeof record === 'object' ? asEditorsRead(record) : record }),
    ...(items === undefined ? {} : { items: asEditorsRead(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(asEditorsRead) }),
  }
}

function mapped(properties: Record<string, ShapeNode>): Record<string, ShapeNode> {
  return Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, asEditorsRead(child)]))
}

function leaf(node: ShapeNode): ShapeNode {
  const words = node.const === undefined ? node.enum : [node.const]
  if (words !== undefined) {
    const { type: _, const: __, ...rest } = node
    return { ...rest, enum: [...words.flatMap(readings), null] }
  }
  if (node.type === 'string') return { ...node, type: ['string', 'number', 'boolean', 'null'] }
  if (node.type === 'object' || node.type === 'array') return { ...node, type: [node.type, 'null'] }
  return node
}

/** A word, and what YAML makes of it without quotes. */
function readings(word: unknown): unknown[] {
  if (word === 'true' || word === 'false') return [word === 'true', word]
  return typeof word === 'string' && /^\d+$/.test(word) ? [Number(word), word] : [word]
}
