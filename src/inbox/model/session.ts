/** Who is signed in here, and the ways in and out. */
import { computed, signal } from '@preact/signals'
import { ask, useCsrfToken, whenSignedOut } from '../api/client.ts'
import type { Session } from '../api/types.ts'
import { forgetEverything, isOwner } from './vault.ts'

const PATH = '/api/v1/session'

/** Undefined: not known yet. */
export const session = signal<Session | undefined>(undefined)
/** Whoever runs the gateway. */
export const isAdmin = computed(() => session.value?.user?.role === 'admin')
/** Viewers read; everybody else writes as well. */
export const maySend = computed(() => session.value?.user !== undefined && session.value.user.role !== 'viewer')

/** Asks who we are. Throws ApiProblem. */
export async function findSession(): Promise<void> {
  whenSignedOut(() => {
    const now = session.peek()
    if (now?.state === 'signed-in') take({ state: 'signed-out', sandbox: now.sandbox })
  })
  await enter(await ask<Session>('GET', PATH))
}

/** Throws ApiProblem: 401 for a wrong name or password, 429 after too many. */
export async function signIn(name: string, password: string): Promise<void> {
  await enter(await ask<Session>('POST', PATH, { body: { name, password } }))
}

/** Makes the first administrator, with the code that the gateway showed. Throws ApiProblem. */
export async function setUp(code: string, name: string, password: string): Promise<void> {
  await enter(await ask<Session>('POST', '/api/v1/setup', { body: { code, password, name } }))
}

let leave = async () => {}

/** Run before somebody signs out, and before somebody else takes their place. */
export function whenLeaving(run: () => Promise<void>): void {
  leave = run
}

/** Leaves nothing of this person in the browser. Throws ApiProblem. */
export async function signOut(): Promise<void> {
  await ask('DELETE', PATH)
  await leave().catch(() => {})
  await forgetEverything()
  location.assign('/')
  location.reload()
}

/** What somebody else left in this browser is not shown to the next. */
async function enter(next: Session): Promise<void> {
  if (next.user !== undefined && !isOwner(next.user.id)) {
    await leave().catch(() => {})
    await forgetEverything()
    isOwner(next.user.id)
    location.reload()
    return
  }
  take(next)
}

function take(next: Session): void {
  useCsrfToken(next.csrf_token)
  session.value = next
}
