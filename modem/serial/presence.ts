/** Watches for a device file that goes and comes back: somebody has replugged the modem. */
import { access } from 'node:fs/promises'
import type { Clock } from './surroundings.ts'

/**
 * Calls `returned` once when `port` was seen to be gone and is there again. Ports that are no files are never seen to go.
 * Gives how to stop looking.
 */
export function watchReturn(port: string, everyMs: number, clock: Clock, returned: () => void): () => void {
  if (!port.startsWith('/')) return () => {}
  let stopped = false
  let gone = false
  let cancel = () => {}
  const look = () => {
    cancel = clock.after(everyMs, async () => {
      const there = await access(port).then(
        () => true,
        () => false,
      )
      if (stopped) return
      if (there && gone) {
        returned()
        return
      }
      gone ||= !there
      look()
    })
  }
  look()
  return () => {
    stopped = true
    cancel()
  }
}
