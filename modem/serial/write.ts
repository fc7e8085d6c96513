/**
 * One write into a Node stream, with its own time limit: after an unplug the stream's callback may never come (H8).
 */
import type { Writable } from 'node:stream'
import { TransportError } from './pipe.ts'
import type { Clock } from './surroundings.ts'

/** Resolves once `stream` has taken `octets`; rejects with TransportError (`failed`, `write-timeout`). */
export function writeWithin(stream: Writable, octets: Uint8Array, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () =>
      reject(new TransportError('write-timeout', `the port took no data for ${timeoutMs} ms`)),
    )
    stream.write(octets, (error) => {
      cancel()
      if (error) reject(new TransportError('failed', `writing to the port failed: ${error.message}`, error))
      else resolve()
    })
  })
}
