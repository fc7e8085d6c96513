/** Who is signed in here, and the ways in and out. */
import { computed, signal } from '@preact/signals'
import { ask, useCsrfToken, whenSignedOut } from '../api/client.ts'
import type { Session } from '../api/types.ts'
import { forgetEverything } from './vault.ts'

const PATH = '/api/v1/session'

/** Undefined: not known yet. */
export const session = signal<Session | undefined>(undefined)
/** Viewers read; everybody else writes as well. */
export const maySend = computed(() => session.value?.user !== undefined && session.value.user.role !== 'viewer')

/** Asks who we are. Throws ApiProblem. */
export async function findSession(): Promise<void> {
  whenSignedOut(() => {
    const now = session.peek()
    if (now?.state === 'signed-in') take({ state: 'signed-out', sandbox: now.sandbox })
  })
  take(await ask<Session>('GET', PATH))
}

/** Throws ApiProblem: 401 for a wrong name or password, 429 after too many. */
export async function signIn(name: string, password: string): Promise<void> {
  await ask('POST', PATH, { body: { name, password } })
  take(await ask<Session>('GET', PATH))
}

/** Makes the first administrator, with the code that the gateway showed. Throws ApiProblem. */
export async function setUp(code: string, name: string, password: string): Promise<void> {
  await ask('POST', '/api/v1/setup', { body: { code, password, name } })
  take(await ask<Session>('GET', PATH))
  if (session.peek()?.state === 'signed-out') await signIn(name, password)
}

/** Leaves nothing of this person in the browser. Throws ApiProblem. */
export async function signOut(): Promise<void> {
  await ask('DELETE', PATH)
  await forgetEverything()
  location.assign('/')
  location.reload()
}

function take(next: Session): void {
  useCsrfToken(next.csrf_token)
  session.value = next
}
