/** Watches for a device file to go: somebody unplugs the modem. */
import { access } from 'node:fs/promises'
import type { Clock } from './surroundings.ts'

/** Calls `gone` once when `port` is no longer there. Ports that are no files never go. Gives how to stop looking. */
export function watchGone(port: string, everyMs: number, clock: Clock, gone: () => void): () => void {
  if (!port.startsWith('/')) return () => {}
  let stopped = false
  let cancel = () => {}
  const look = () => {
    cancel = clock.after(everyMs, async () => {
      const there = await access(port).then(
        () => true,
        () => false,
      )
      if (stopped) return
      if (there) look()
      else gone()
    })
  }
  look()
  return () => {
    stopped = true
    cancel()
  }
}
