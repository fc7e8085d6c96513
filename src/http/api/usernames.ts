/** Usernames of Signal: whose one is, and the account's own. */
import { z } from 'zod'
import { signalView } from '../driver-views.ts'
import { ok, type Route, route } from '../route.ts'

const path = '/api/v1/signal/username'

export const usernameRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/signal/usernames/:name',
    scope: 'contacts:read',
    summary:
      'Whose username (`name.01`) that is now, as an `address` to write to. 422 (`username-unknown`) when nobody’s.',
    handle: async ({ ports, params }) => {
      const { aci, username } = await ports.signal.usernames().find(params['name'] ?? '')
      return ok({ username, address: `signal:${aci}` })
    },
  }),
  route({
    method: 'PUT',
    path,
    scope: 'admin',
    summary:
      'Takes a username, by which people can write to the account without its number, in the place of the one it has. Without `discriminator` Signal gives digits that are free. 409 (`username-taken`, `signal-not-primary`).',
    body: z.strictObject({
      nickname: z.string().min(1).max(100).describe('3 to 32 letters a to z, digits or `_`, no digit first.'),
      discriminator: z
        .string()
        .regex(/^\d{2,9}$/, { message: 'Two to nine digits.' })
        .optional()
        .describe('The digits behind the dot.'),
    }),
    handle: async ({ ports, body }) => {
      await ports.signal.usernames().claim({ nickname: body.nickname, discriminator: body.discriminator })
      return ok(signalView(ports.signal.status()))
    },
  }),
  route({
    method: 'DELETE',
    path,
    scope: 'admin',
    summary: 'Gives the account’s username up, with its link. Somebody else can have it then.',
    handle: async ({ ports }) => {
      await ports.signal.usernames().release()
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: `${path}/link`,
    scope: 'admin',
    summary: 'Makes another link to the username; the one that people have leads nowhere from then on.',
    handle: async ({ ports }) => {
      await ports.signal.usernames().renewLink()
      return ok(signalView(ports.signal.status()))
    },
  }),
]
