/** Codecs of protobuf messages from their schema as text. The only file that imports protobufjs. */
import protobuf from 'protobufjs'

interface Codec<T> {
  encode(value: T): Uint8Array<ArrayBuffer>
  /** Throws (RangeError and others) on octets that are not this message. */
  decode(octets: Uint8Array): T
}

/** What makes the codec of each message of a schema. Fields that were not on the wire are absent; 64 bits are numbers. */
export function codecsOf(schema: string): <T extends object>(name: string) => Codec<T> {
  const { root } = protobuf.parse(schema, { keepCase: true })
  return <T extends object>(name: string): Codec<T> => {
    const type = root.lookupType(name)
    return {
      encode: (value) => new Uint8Array(type.encode(type.fromObject(value)).finish()),
      decode: (octets) => type.toObject(type.decode(octets), { longs: Number, defaults: false }) as T,
    }
  }
}
