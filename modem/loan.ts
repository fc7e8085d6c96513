/**
 * Lends a modem's port to a connection that is dialled on it, where the module has no other. Texts stop meanwhile: what
 * comes is on the SIM afterwards, what is to go waits. How long it may last is bounded by `lentMaxMs`.
 */
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import type { Life, LifeEvent } from './lifecycle.ts'
import type { Link } from './link.ts'

export interface Lender {
  readonly life: Life
  /** What is on the port while it is open. */
  readonly link: Link | undefined
  /** Resolves when the port that is being closed is closed. */
  readonly closed: Promise<void>
  dispatch(event: LifeEvent): void
}

/**
 * Waits until nothing is under way on the port and resolves once it is closed, with what takes it back (any number of
 * times). Rejects with AtError `gone` or `queue-full` for a modem that does not run.
 */
export async function lendPort(lender: Lender): Promise<() => Promise<void>> {
  const before = lender.life.loan
  await lender.link?.channel.hold(Priority.poll, async () => lender.dispatch({ kind: 'lent' }))
  const { phase, loan, reason } = lender.life
  if (phase !== 'lent' || loan === before) throw new AtError('gone', 'queued', `the modem is not ready: ${reason}`)
  await lender.closed
  return async () => lender.dispatch({ kind: 'returned', loan })
}
