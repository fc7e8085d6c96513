/** A modem's life as it is shown: pure. */
import type { ModemState } from './contract.ts'
import type { Life } from './lifecycle.ts'

/** What to show of a life: the state, and its reason in words unless it is `ready`. */
export function describeLife(life: Life): { state: ModemState; reason: string | undefined } {
  switch (life.phase) {
    case 'stopped':
      return { state: 'absent', reason: life.reason }
    case 'opening':
    case 'waiting':
    case 'held':
      return { state: life.heldAs, reason: withPower(life) }
    case 'starting':
    case 'cycling':
    case 'restarting':
    case 'replugging':
    case 'lent':
      return { state: 'starting', reason: withPower(life) }
    case 'running':
      if (life.resyncing) return { state: 'resyncing', reason: 'an answer is overdue, asking the modem where it is' }
      return life.registered
        ? { state: 'ready', reason: undefined }
        : { state: 'searching', reason: 'not registered with a network (coverage, antenna, SIM plan?)' }
  }
}

function withPower(life: Life): string {
  return life.powerProblem === undefined ? life.reason : `${life.reason}; ${life.powerProblem}`
}
