/** People who may sign in to the inbox, and where they are signed in. */
import { z } from 'zod'
import { ROLES } from '../../domain/roles.ts'
import { endSessions, endsAtMs, listSessions, type OpenSession } from '../../store/sessions.ts'
import type { UserRow } from '../../store/tables/inbox.ts'
import { addUser, changeUser, demandUser, listUsers, removeUser } from '../../store/users.ts'
import { allows, type Principal } from '../auth.ts'
import { etag, ifMatch } from '../if-match.ts'
import { notFound, Problem } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'
import { endStreamsOf } from './events.ts'
import { newPassword, personName } from './session.ts'

function userView(user: UserRow, seenAtMs: number | null = null) {
  return {
    id: user.id,
    name: user.name,
    role: user.role,
    version: user.version,
    created_at: time(user.created_at_ms),
    updated_at: time(user.updated_at_ms),
    last_seen_at: time(seenAtMs),
  }
}

function sessionView(principal: Principal, { session, user }: OpenSession) {
  return {
    id: session.id,
    user: { id: user.id, name: user.name, role: user.role },
    current: principal.session?.id === session.id,
    user_agent: session.user_agent,
    address: session.address,
    created_at: time(session.created_at_ms),
    seen_at: time(session.seen_at_ms),
    expires_at: time(endsAtMs(session)),
  }
}

/** Those of the person; an admin sees everybody's. */
function whose(principal: Principal): string | undefined {
  return allows(principal, 'admin') ? undefined : principal.session?.user.id
}

export const userRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/users',
    scope: 'admin',
    summary: 'People who may sign in to the inbox.',
    handle: async ({ ports }) =>
      ok({ data: (await listUsers(ports.db)).map((user) => userView(user, user.seen_at_ms)) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/users',
    scope: 'admin',
    summary: 'Adds somebody. `viewer` reads, `sender` also writes and changes contacts, `admin` does everything.',
    body: z.strictObject({ name: personName, role: z.enum(ROLES), password: newPassword }),
    handle: async ({ ports, body }) => {
      const { db, ids, clock, passwords } = ports
      const user = { name: body.name, role: body.role, passwordHash: await passwords.hash(body.password) }
      const added = await db.transaction().execute((tx) => addUser(tx, ids, user, clock()))
      return { status: 201, body: userView(added), headers: { ...etag(added), Location: `/api/v1/users/${added.id}` } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/users/:id',
    scope: 'admin',
    summary: 'One of them.',
    handle: async ({ ports, params }) => {
      const user = await demandUser(ports.db, params['id'] ?? '')
      return ok(userView(user), etag(user))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/users/:id',
    scope: 'admin',
    summary: 'Changes name, role or password; another role or password ends their sessions. The last admin stays one.',
    body: z.strictObject({
      name: personName.optional(),
      role: z.enum(ROLES).optional(),
      password: newPassword.optional(),
    }),
    handle: async ({ ports, params, body, principal, header }) => {
      const { db, clock, passwords } = ports
      const id = params['id'] ?? ''
      const version = ifMatch(header('if-match'))
      const passwordHash = body.password === undefined ? undefined : await passwords.hash(body.password)
      const { user, ended } = await db.transaction().execute(async (tx) => {
        const before = await demandUser(tx, id)
        if (version !== undefined && version !== before.version) {
          throw new Problem({ status: 412, code: 'version-mismatch', title: 'It has another version' })
        }
        const change = {
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.role === undefined ? {} : { role: body.role }),
          ...(passwordHash === undefined ? {} : { passwordHash }),
        }
        const user = await changeUser(tx, id, change, clock())
        const ends = passwordHash !== undefined || user.role !== before.role
        return { user, ended: ends ? await endSessions(tx, { userId: id, except: principal.session?.id }) : [] }
      })
      endStreamsOf(ports, ended)
      return ok(userView(user), etag(user))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/users/:id',
    scope: 'admin',
    summary: 'Removes somebody, with their sessions. The last admin cannot be removed.',
    handle: async ({ ports, params }) => {
      const id = params['id'] ?? ''
      const ended = await ports.db.transaction().execute(async (tx) => {
        const sessions = await endSessions(tx, { userId: id })
        await removeUser(tx, id)
        return sessions
      })
      endStreamsOf(ports, ended)
      return { status: 204 }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions',
    scope: 'signed-in',
    summary: 'Where one is signed in; an admin sees everybody. The last used first.',
    handle: async ({ ports, principal }) => {
      const sessions = await listSessions(ports.db, whose(principal), ports.clock())
      return ok({ data: sessions.map((session) => sessionView(principal, session)) })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/sessions',
    scope: 'signed-in',
    summary: 'Ends all other sessions of the same person; asked for with an admin’s token, everybody’s.',
    handle: async ({ ports, principal }) => {
      const { session } = principal
      const ended = await endSessions(
        ports.db,
        session === undefined ? {} : { userId: session.user.id, except: session.id },
      )
      endStreamsOf(ports, ended)
      return { status: 204 }
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/sessions/:id',
    scope: 'signed-in',
    summary: 'Ends one session: an own one, or as an admin any.',
    handle: async ({ ports, principal, params }) => {
      const ended = await endSessions(ports.db, { id: params['id'] ?? '', userId: whose(principal) })
      if (ended.length === 0) throw notFound('session')
      endStreamsOf(ports, ended)
      return { status: 204 }
    },
  }),
]
