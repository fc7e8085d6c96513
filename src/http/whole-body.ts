/** A body that is read as a stream. */
import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

/** The body; one that breaks off is the fault of whoever sent it. */
export async function* wholeBody(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* request as AsyncIterable<Buffer>
  } catch {
    throw new Problem({ status: 400, code: 'incomplete', title: 'The body is not whole' })
  }
}
