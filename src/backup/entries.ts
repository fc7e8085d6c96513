/**
 * What is inside a backup, one entry behind the other, so that neither side needs all of it at once:
 *
 *   length of the head 2 · head as JSON {name, bytes} · content …      the last one is `end` and counts the others
 *
 * Names are from a closed list (`manifest`, `key`, `config`, `database`, and `file:` with the id of a stored file): nothing in
 * a backup says where on the disk it goes.
 */
import { damaged } from './envelope.ts'

export interface Entry {
  name: string
  bytes: number
}

export interface Manifest {
  takenAtMs: number
  version: string
  /** Its Signal account, for a person to recognise. */
  account: string | null
}

/** Takes an entry's content as it comes; `end` when all of it was given. */
export interface EntrySink {
  begin(entry: Entry): Promise<void>
  content(octets: Buffer): Promise<void>
  end(entry: Entry): Promise<void>
}

const HEAD_LENGTH_BYTES = 2
const HEAD_BYTES_MAX = 1_024
const NAME = /^(manifest|key|config|database|end|file:blb_[0-9A-Z]{26})$/
/** Of an entry that is taken into memory. */
export const SMALL_BYTES_MAX = 1024 * 1024

/** The head of an entry. */
export function headOf(entry: Entry): Buffer {
  const json = Buffer.from(JSON.stringify(entry))
  const head = Buffer.alloc(HEAD_LENGTH_BYTES + json.length)
  head.writeUInt16BE(json.length)
  json.copy(head, HEAD_LENGTH_BYTES)
  return head
}

/**
 * Hands all entries to `sink` in their order. Throws CausewayError `backup-damaged` where they are not what we write; what
 * the sink throws goes through.
 */
export async function readEntries(chunks: AsyncIterable<Buffer>, sink: EntrySink): Promise<void> {
  let waiting: Buffer = Buffer.alloc(0)
  let entry: Entry | undefined
  let left = 0
  let count = 0
  let hasEnded = false
  for await (const chunk of chunks) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    for (;;) {
      if (entry === undefined) {
        const head = takeHead(waiting)
        if (head === undefined) break
        if (hasEnded) throw damaged('something follows its end')
        entry = head.entry
        left = entry.bytes
        waiting = waiting.subarray(head.length)
        if (entry.name === 'end') {
          if (entry.bytes !== count) throw damaged('some of its content is missing')
          hasEnded = true
          entry = undefined
          continue
        }
        count += 1
        await sink.begin(entry)
      }
      const part = waiting.subarray(0, Math.min(left, waiting.length))
      if (part.length > 0) await sink.content(part)
      left -= part.length
      waiting = waiting.subarray(part.length)
      if (left > 0) break
      await sink.end(entry)
      entry = undefined
    }
  }
  if (!hasEnded || waiting.length > 0) throw damaged('its content has no end')
}

function takeHead(octets: Buffer): { entry: Entry; length: number } | undefined {
  if (octets.length < HEAD_LENGTH_BYTES) return undefined
  const jsonLength = octets.readUInt16BE()
  if (jsonLength > HEAD_BYTES_MAX) throw damaged('its content is not what was written')
  const length = HEAD_LENGTH_BYTES + jsonLength
  if (octets.length < length) return undefined
  return { entry: entryFrom(octets.subarray(HEAD_LENGTH_BYTES, length)), length }
}

function entryFrom(json: Buffer): Entry {
  try {
    const { name, bytes } = JSON.parse(json.toString()) as Partial<Entry>
    if (
      typeof name === 'string' &&
      NAME.test(name) &&
      Number.isSafeInteger(bytes) &&
      bytes !== undefined &&
      bytes >= 0
    ) {
      return { name, bytes }
    }
  } catch (cause) {
    throw damaged('its content is not what was written', cause)
  }
  throw damaged('its content is not what was written')
}
