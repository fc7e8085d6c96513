/** What a thread shows, in order: messages, the days between them, and what is not sent yet. Pure. */
import type { Message } from '../api/types.ts'
import type { Unsent } from '../model/outbox.ts'
import { type Tapback, tapbacksOf } from '../model/tapbacks.ts'

/** Messages of one side within this time stand close together. */
const RUN_MS = 5 * 60_000

export type Entry =
  | { kind: 'day'; key: string; at: string }
  /** `first`, `last`: of a run of messages of the same side. */
  | {
      kind: 'message'
      key: string
      message: Message
      first: boolean
      last: boolean
      /** Reactions that came as texts. */
      tapbacks: readonly Tapback[]
    }
  | { kind: 'unsent'; key: string; unsent: Unsent }

/** `dayOf`: what two times of one day have in common. */
export function entriesOf(
  all: readonly Message[],
  unsent: readonly Unsent[],
  dayOf: (at: string) => string,
): readonly Entry[] {
  const entries: Entry[] = []
  let day = ''
  const { to, texts } = tapbacksOf(all)
  const messages = texts.size === 0 ? all : all.filter(({ id }) => !texts.has(id))
  for (const [index, message] of messages.entries()) {
    const at = message.created_at ?? ''
    const today = dayOf(at)
    if (today !== day) entries.push({ kind: 'day', key: `day ${today}`, at })
    day = today
    const before = messages[index - 1]
    const after = messages[index + 1]
    entries.push({
      kind: 'message',
      key: message.id,
      message,
      tapbacks: to.get(message.id) ?? [],
      first: before === undefined || !isOneRun(before, message) || dayOf(before.created_at ?? '') !== today,
      last: after === undefined || !isOneRun(message, after) || dayOf(after.created_at ?? '') !== today,
    })
  }
  for (const row of unsent) entries.push({ kind: 'unsent', key: row.key, unsent: row })
  return entries
}

function isOneRun(one: Message, next: Message): boolean {
  return (
    one.direction === next.direction &&
    one.kind === 'text' &&
    next.kind === 'text' &&
    one.transport === next.transport &&
    one.author?.address === next.author?.address &&
    Date.parse(next.created_at ?? '') - Date.parse(one.created_at ?? '') < RUN_MS
  )
}
