/** Network namespaces for tests of where packets go. */
import { execFileSync } from 'node:child_process'

/** Runs `ip`; throws with its words where it refuses. */
export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Why there can be no namespaces here, tried with one of this name; undefined where there can. */
export function obstacle(name: string): string | undefined {
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return undefined
  } catch {
    return 'ip netns add is not allowed on this machine'
  }
}
