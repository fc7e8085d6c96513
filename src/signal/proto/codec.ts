/** Codecs of protobuf messages from their schema as text. The only file that imports protobufjs. */
import protobuf from 'protobufjs'

interface Codec<T> {
  encode(value: T): Uint8Array<ArrayBuffer>
  /** Throws (RangeError and others) on octets that are not this message. */
  decode(octets: Uint8Array): T
}

/** What makes the codec of each message of a schema. Fields that were not on the wire are absent; 64 bits are numbers, but
 * for `fixed64`: those are names, not counts, and so decimal text. */
export function codecsOf(schema: string): <T extends object>(name: string) => Codec<T> {
  const { root } = protobuf.parse(schema, { keepCase: true })
  return <T extends object>(name: string): Codec<T> => {
    const type = root.lookupType(name)
    const names = fieldsWithNames(type)
    return {
      encode: (value) => new Uint8Array(type.encode(type.fromObject(value)).finish()),
      decode: (octets) => {
        const message = type.decode(octets)
        const plain = type.toObject(message, { longs: Number, defaults: false })
        writeNames(names.get(type), message, plain, names)
        return plain as T
      },
    }
  }
}

type Fields = Record<string, unknown>

/** Of each type, from this one on, the fields that are a `fixed64`, or hold one somewhere; absent where there are none. */
type FieldsWithNames = ReadonlyMap<protobuf.Type, readonly protobuf.Field[]>

function fieldsWithNames(root: protobuf.Type): FieldsWithNames {
  const all = new Set<protobuf.Type>()
  const collect = (type: protobuf.Type) => {
    if (all.has(type)) return
    all.add(type)
    for (const field of type.fieldsArray) {
      const { resolvedType } = field.resolve()
      if (resolvedType instanceof protobuf.Type) collect(resolvedType)
    }
  }
  collect(root)
  const found = new Map<protobuf.Type, readonly protobuf.Field[]>()
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const type of all) if (withNames(type, found).length > 0) found.set(type, [])
  }
  for (const type of found.keys()) found.set(type, withNames(type, found))
  return found
}

function withNames(type: protobuf.Type, found: FieldsWithNames): protobuf.Field[] {
  return type.fieldsArray.filter(
    ({ type: kind, resolvedType }) =>
      kind === 'fixed64' || (resolvedType instanceof protobuf.Type && found.has(resolvedType)),
  )
}

/** A number has 53 bits: what was rounded is written again, as text. */
function writeNames(
  fields: readonly protobuf.Field[] | undefined,
  message: object,
  plain: Fields,
  names: FieldsWithNames,
): void {
  for (const { name, type: kind, resolvedType } of fields ?? []) {
    const value = plain[name]
    if (value === undefined) continue
    const whole = (message as Fields)[name]
    if (kind === 'fixed64') plain[name] = String(whole)
    else if (resolvedType instanceof protobuf.Type) {
      const wholes = Array.isArray(whole) ? whole : [whole]
      const values = Array.isArray(value) ? value : [value]
      for (const [index, inner] of values.entries()) writeNames(names.get(resolvedType), wholes[index], inner, names)
    }
  }
}
