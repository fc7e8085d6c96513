/** The steps of the first hour, as the gateway keeps them: what is done, skipped, open, and which comes next. */
import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { SetUp, SetUpStep } from '../api/types.ts'

const PATH = '/api/v1/setup'
const AWAY = 'causeway-setup-away'

export const setUpNow = signal<SetUp | undefined>(undefined)
/** The line that leads to what is open was put away in this browser. */
export const isSetUpAway = signal(readAway())

/** Throws ApiProblem. */
export async function loadSetUp(): Promise<void> {
  setUpNow.value = await ask<SetUp>('GET', PATH)
}

/** Throws ApiProblem. */
export async function markStep(step: SetUpStep, action: 'done' | 'skip'): Promise<void> {
  setUpNow.value = await ask<SetUp>('POST', `${PATH}/steps/${step}`, { body: { action } })
}

export function putSetUpAway(): void {
  isSetUpAway.value = true
  try {
    localStorage.setItem(AWAY, 'yes')
  } catch {
    // This browser keeps nothing; then it holds until the next reload.
  }
}

function readAway(): boolean {
  try {
    return localStorage.getItem(AWAY) !== null
  } catch {
    return false
  }
}
