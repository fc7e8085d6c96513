/** A body that is a file: read as a stream, or whole. */
import type { IncomingMessage } from 'node:http'
import { told } from '../domain/told.ts'
import { Problem } from './problem.ts'

/** The body; one that breaks off is the fault of whoever sent it. */
export async function* wholeBody(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // Not destroyed where it is too large: it is still to be answered.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  } catch {
    throw new Problem({ status: 400, code: 'incomplete', title: 'The body is not whole' })
  }
}

/** All of it. Throws Problem 413 once it is more than `bytesMax`, and 400 where it breaks off. */
export async function wholeFile(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let octets = 0
  for await (const chunk of wholeBody(request)) {
    octets += chunk.length
    if (octets > bytesMax) {
      const detail = `A file of at most ${bytesMax / 1024 / 1024} MiB is read here. Leave its pictures out, or divide it.`
      const title = 'The file is too large'
      throw new Problem({ ...told('too-large', { bytes_max: bytesMax }), status: 413, title, detail })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
