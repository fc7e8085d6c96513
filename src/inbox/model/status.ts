/** How the box is: modems, the Signal account, what waits, the mode. For the strip at the top, and for what leaves how. */
import { computed, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Mode, Modem, Page, Pause, Queue, QueueRow, Settings, SignalAccount } from '../api/types.ts'
import type { Mms } from './expectation.ts'

/** Events within this time make one round of requests. */
const REFRESH_AFTER_MS = 400

export const modems = signal<readonly Modem[] | undefined>(undefined)
export const account = signal<SignalAccount | undefined>(undefined)
export const settings = signal<Settings | undefined>(undefined)
export const mode = computed<Mode>(() => settings.value?.mode ?? 'integrated')
const queue = signal<readonly QueueRow[]>([])
export const pauses = signal<readonly Pause[]>([])
/** Why nothing that is queued leaves, in the gateway's words. */
export const queueProblem = signal<string | null>(null)
/** Grows with each round of questions, which events bring about. */
export const rounds = signal(0)
/** The event stream is open. */
export const online = signal(false)

/** What every carrier takes as far as is known, in octets of the whole message; as the gateway has it. */
const PICTURE_BYTES_DEFAULT = 307_200

/** Picture messages: whether they can leave, and how large they may be. Not known yet counts as ready. */
export const pictures = computed((): { mms: Mms; bytesMax: number } => {
  const set = (modems.value ?? []).flatMap(({ mms }) => (mms === null ? [] : [mms]))
  const ready = set.filter(({ available }) => available)
  const mms = modems.value === undefined || ready.length > 0 ? 'there' : set.length > 0 ? 'away' : 'absent'
  const sizes = (ready.length > 0 ? ready : set).map(({ bytes_max: bytesMax }) => bytesMax ?? PICTURE_BYTES_DEFAULT)
  return { mms, bytesMax: sizes.length === 0 ? PICTURE_BYTES_DEFAULT : Math.min(...sizes) }
})

/** Messages that are still to leave by themselves. */
export const queued = computed(() =>
  queue.value
    .filter(({ status }) => status === 'queued' || status === 'sending')
    .reduce((total, { count }) => total + count, 0),
)

let timer: ReturnType<typeof setTimeout> | undefined

/** Asks again, soon. */
export function refreshStatus(): void {
  if (timer !== undefined) return
  timer = setTimeout(() => {
    timer = undefined
    void loadStatus()
  }, REFRESH_AFTER_MS)
}

/** What cannot be had (this role may not see it) stays as it was. */
export async function loadStatus(): Promise<void> {
  const take = <T>(path: string, keep: (answer: T) => void) => ask<T>('GET', path).then(keep, () => {})
  await Promise.all([
    take<Page<Modem>>('/api/v1/modems', ({ data }) => {
      modems.value = data
    }),
    take<SignalAccount>('/api/v1/signal/account', (answer) => {
      account.value = answer
    }),
    take<Settings>('/api/v1/settings', (answer) => {
      settings.value = answer
    }),
    take<Queue>('/api/v1/queue', ({ data, paused, problem }) => {
      queue.value = data
      pauses.value = paused
      queueProblem.value = problem
    }),
  ])
  rounds.value += 1
}
