/** What waits for us elsewhere, as a conversation with the service that says so shows it. Pure. */
import type { WaitingNotice, WaitingType } from './inbound-notices.ts'

/** `count` null: something, its number was not told. A type that is absent: nothing waits. */
export type WaitingState = Partial<Record<WaitingType, { count: number | null; sinceMs: number }>>

/** The state after a notice; undefined when it says nothing new. */
export function afterNotice(
  state: WaitingState,
  { type, count, receivedAtMs }: Pick<WaitingNotice, 'type' | 'count' | 'receivedAtMs'>,
): WaitingState | undefined {
  const { [type]: before, ...others } = state
  if (count === 0) return before === undefined ? undefined : others
  const now = count ?? null
  if (before?.count === now) return undefined
  return { ...state, [type]: { count: now, sinceMs: receivedAtMs } }
}
