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
    const hasNames = namesWithin(type)
    return {
      encode: (value) => new Uint8Array(type.encode(type.fromObject(value)).finish()),
      decode: (octets) => {
        const message = type.decode(octets)
        const plain = type.toObject(message, { longs: Number, defaults: false })
        if (hasNames.has(type)) writeNames(type, message, plain, hasNames)
        return plain as T
      },
    }
  }
}

type Fields = Record<string, unknown>

/** The types, from this one on, that hold a `fixed64` somewhere. */
function namesWithin(root: protobuf.Type): ReadonlySet<protobuf.Type> {
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
  const found = new Set<protobuf.Type>()
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const type of all) {
      const holds = type.fieldsArray.some(
        ({ type: kind, resolvedType }) =>
          kind === 'fixed64' || (resolvedType instanceof protobuf.Type && found.has(resolvedType)),
      )
      if (holds) found.add(type)
    }
  }
  return found
}

/** A number has 53 bits: what was rounded is written again, as text. */
function writeNames(type: protobuf.Type, message: object, plain: Fields, hasNames: ReadonlySet<protobuf.Type>): void {
  for (const { name, type: kind, resolvedType } of type.fieldsArray) {
    const value = plain[name]
    const whole = (message as Fields)[name]
    if (value === undefined) continue
    if (kind === 'fixed64') plain[name] = String(whole)
    else if (resolvedType instanceof protobuf.Type && hasNames.has(resolvedType)) {
      const wholes = Array.isArray(whole) ? whole : [whole]
      const values = Array.isArray(value) ? value : [value]
      for (const [index, inner] of values.entries()) writeNames(resolvedType, wholes[index], inner, hasNames)
    }
  }
}
