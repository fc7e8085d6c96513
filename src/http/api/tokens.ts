/** Tokens: created (the secret is shown once), listed, revoked. */
import { z } from 'zod'
import { createToken, listTokens, revokeToken } from '../../store/tokens.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { SCOPES } from '../scopes.ts'
import { time } from '../views.ts'
import { endStreamsOf } from './events.ts'

export const tokenRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/tokens',
    scope: 'admin',
    summary: 'Creates a token. Its secret is in this answer and nowhere else.',
    body: z.strictObject({
      name: z.string().min(1).max(100),
      scopes: z.array(z.enum(SCOPES)).min(1),
    }),
    shownOnce: 'token',
    handle: async ({ ports, body }) => {
      const { id, token } = await createToken(ports.db, ports, body)
      return { status: 201, body: { id, name: body.name, scopes: body.scopes, token } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tokens',
    scope: 'admin',
    summary: 'All tokens, without their secrets.',
    handle: async ({ ports }) => {
      const tokens = await listTokens(ports.db)
      return ok({
        data: tokens.map((token) => ({
          id: token.id,
          name: token.name,
          scopes: token.scopes,
          created_at: time(token.createdAtMs),
          last_used_at: time(token.lastUsedAtMs),
          revoked_at: time(token.revokedAtMs),
        })),
      })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/tokens/:id',
    scope: 'admin',
    summary: 'Revokes a token, from now on.',
    handle: async ({ ports, params }) => {
      const isRevoked = await revokeToken(ports.db, params['id'] ?? '', ports.clock())
      if (!isRevoked) throw notFound('token, or it was revoked before')
      endStreamsOf(ports, [params['id'] ?? ''])
      return { status: 204 }
    },
  }),
]
