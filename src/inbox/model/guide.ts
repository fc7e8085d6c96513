/**
 * The guided scene of the sandbox: what was done of it, told by what really happens. Kept in this browser, so that it can
 * be left and taken up; once it is done or sent away it does not come back.
 */
import { computed, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { GatewayEvent } from '../api/types.ts'
import { conversations } from './conversations.ts'
import { isAdmin, maySend, session } from './session.ts'

const KEY = 'causeway-guide'

export const GUIDE_STEPS = ['ana', 'ben', 'off', 'fallback'] as const
export type GuideStep = (typeof GUIDE_STEPS)[number]

/** Numbers of the sandbox's people (`src/sandbox/inhabitants.ts`). */
const NUMBERS = { ana: '+15550000201', ben: '+15550000202' } as const

interface Progress {
  done: readonly GuideStep[]
  /** Sent away, or gone through. */
  over: boolean
}

const progress = signal<Progress>(read())

export const guideStep = computed(() => GUIDE_STEPS.find((step) => !progress.value.done.includes(step)))

/** Of the sandbox alone, for who may write there; the world obeys administrators. */
export const isGuided = computed(() => {
  const { sandbox } = session.value ?? { sandbox: false }
  return sandbox && maySend.value && isAdmin.value && !progress.value.over
})

/** The conversation that a step is about. */
export function guidePlace(step: GuideStep | undefined): string | undefined {
  const number = step === 'ben' ? NUMBERS.ben : NUMBERS.ana
  return conversations.value.find(({ contact }) => contact?.address === number)?.id
}

/** What an event checks off. */
export function guideBy({ type, message }: GatewayEvent): void {
  if (!isGuided.peek() || message === undefined || message.direction !== 'out') return
  const isTo = (number: string) => message.contact?.address === number
  const hasArrived = message.status === 'delivered' || message.status === 'read'
  if (isTo(NUMBERS.ana) && hasArrived && message.transport === 'signal') check('ana')
  if (isTo(NUMBERS.ben) && (hasArrived || message.status === 'sent') && message.transport === 'sms') check('ben')
  if (isTo(NUMBERS.ana) && type === 'message.fallback' && progress.peek().done.includes('off')) check('fallback')
}

/** Ana's phone goes off; what is written to her then gets no receipt. Throws ApiProblem. */
export async function switchOff(): Promise<void> {
  await tellWorld('offline')
  check('off')
}

/** It is gone through, or not wanted: it does not come back, and Ana's phone is on again. */
export async function endGuide(): Promise<void> {
  const wasOff = progress.peek().done.includes('off')
  keep({ ...progress.peek(), over: true })
  if (wasOff) await tellWorld('online')
}

function tellWorld(action: 'offline' | 'online'): Promise<unknown> {
  return ask('POST', '/api/v1/simulator/actions', { body: { action, person: 'ana', on: 'signal' } })
}

function check(step: GuideStep): void {
  const { done, over } = progress.peek()
  if (!done.includes(step)) keep({ done: [...done, step], over })
}

function keep(next: Progress): void {
  progress.value = next
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // This browser keeps nothing; then it holds until the next reload.
  }
}

function read(): Progress {
  try {
    return { done: [], over: false, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Progress>) }
  } catch {
    return { done: [], over: false }
  }
}
