/** The inbox's own door: who is signed in here, signing in and out, the first admin, the own password. */
import { z } from 'zod'
import { endSessions, type OpenSession } from '../../store/sessions.ts'
import { changeUser, hasAdmin } from '../../store/users.ts'
import { type Principal, principalOf } from '../auth.ts'
import { LANGUAGES } from '../languages.ts'
import type { ApiPorts } from '../ports.ts'
import { Problem } from '../problem.ts'
import { type Call, ok, type Reply, type Route, route } from '../route.ts'
import { newSetupCode } from '../setup-code.ts'
import { demandPassword, setUp, signIn, type Visitor } from '../sign-in.ts'
import { addressOf, cookieFor, isSecure } from '../visit.ts'
import { endStreamsOf } from './events.ts'

const PASSWORD_CHARS_MIN = 10
const PASSWORD_CHARS_MAX = 256
const NAME_CHARS_MAX = 64

export const newPassword = z
  .string()
  .min(PASSWORD_CHARS_MIN)
  .max(PASSWORD_CHARS_MAX)
  .describe(`${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX} characters.`)
/** Of one line, and with something to see. */
export const personName = z
  .string()
  .max(NAME_CHARS_MAX)
  .regex(/^[^\p{C}]*[\p{L}\p{N}][^\p{C}]*$/u, { message: 'A name of letters or digits, on one line.' })

async function sessionView(ports: ApiPorts, principal: Principal) {
  const { session } = principal
  const isIn = principal.scopes.length > 0
  return {
    state: isIn ? 'signed-in' : (await hasAdmin(ports.db)) ? 'signed-out' : 'setup',
    ...(session === undefined
      ? {}
      : {
          user: { id: session.user.id, name: session.user.name, role: session.user.role },
          csrf_token: session.csrfToken,
        }),
    sandbox: ports.sandbox,
    languages: LANGUAGES,
    version: ports.version,
  }
}

function visitorOf({ raw, header }: Pick<Call<unknown, unknown>, 'raw' | 'header'>): Visitor {
  return { address: addressOf(raw.request), userAgent: header('user-agent') }
}

async function entered(
  { ports, raw }: Pick<Call<unknown, unknown>, 'ports' | 'raw'>,
  status: number,
  opened: OpenSession & { secret: string },
): Promise<Reply> {
  return {
    status,
    body: await sessionView(ports, principalOf(opened, opened.secret)),
    headers: { 'Set-Cookie': cookieFor(opened.secret, isSecure(raw.request, ports.publicUrl)) },
  }
}

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/session',
    scope: 'public',
    summary:
      'Whether this browser is signed in: `setup` while there is no admin, `signed-out`, or `signed-in` with who it is and the `csrf_token` for `X-CSRF-Token`.',
    handle: async ({ ports, principal }) => ok(await sessionView(ports, principal)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/session',
    scope: 'public',
    summary: 'Signs in: sets the cookie `cw_session`. 401 wrong; 429 after wrong tries, with how long to wait.',
    body: z.strictObject({
      name: z.string().min(1).max(NAME_CHARS_MAX),
      password: z.string().min(1).max(PASSWORD_CHARS_MAX),
    }),
    repeats: 'itself',
    handle: async (call) => entered(call, 200, await signIn(call.ports, call.body, visitorOf(call))),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/session',
    scope: 'public',
    summary: 'Signs out: ends the session, and what it was pushed to.',
    handle: async ({ ports, principal, raw }) => {
      if (principal.session !== undefined) {
        await endSessions(ports.db, { id: principal.session.id })
        endStreamsOf(ports, [principal.session.id])
      }
      return {
        status: 204,
        headers: { 'Set-Cookie': cookieFor(undefined, isSecure(raw.request, ports.publicUrl)) },
      }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/session/password',
    scope: 'signed-in',
    summary: 'Changes the own password, and ends all other sessions of the same person.',
    body: z.strictObject({ current: z.string().min(1).max(PASSWORD_CHARS_MAX), password: newPassword }),
    repeats: 'itself',
    handle: async ({ ports, principal, body }) => {
      const { session } = principal
      if (session === undefined) {
        throw new Problem({ status: 409, code: 'no-session', title: 'Only a person who has signed in has a password' })
      }
      await demandPassword(ports, session.user, body.current)
      const passwordHash = await ports.passwords.hash(body.password)
      const { id } = session.user
      const ended = await ports.db.transaction().execute(async (tx) => {
        await changeUser(tx, id, { passwordHash }, ports.clock())
        return endSessions(tx, { userId: id, except: session.id })
      })
      endStreamsOf(ports, ended)
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/setup',
    scope: 'public',
    summary:
      'Makes the first admin and signs in, with the one-time setup code that the gateway printed at its start (or `causeway setup-code`). 409 once there is an admin.',
    body: z.strictObject({
      code: z.string().min(1).max(100),
      password: newPassword,
      name: personName.default('admin'),
    }),
    repeats: 'itself',
    handle: async (call) => entered(call, 201, await setUp(call.ports, call.body, visitorOf(call))),
  }),
  route({
    method: 'POST',
    path: '/api/v1/setup/code',
    scope: 'admin',
    summary: 'Makes a new setup code in place of the one before; 409 once there is an admin.',
    shownOnce: 'setup_code',
    handle: async ({ ports }) => {
      const code = await newSetupCode(ports)
      if (code !== undefined) return { status: 201, body: { setup_code: code } }
      throw new Problem({ status: 409, code: 'setup-done', title: 'There is an admin already' })
    },
  }),
]
