/** Tokens: created (the secret is shown once), listed, revoked. */
import { z } from 'zod'
import { createToken, parseScopes } from '../auth.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { SCOPES } from '../scopes.ts'
import { time } from '../views.ts'

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
    handle: async ({ ports, body }) => {
      const { id, token } = await createToken(ports, body)
      return { status: 201, body: { id, name: body.name, scopes: body.scopes, token } }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tokens',
    scope: 'admin',
    summary: 'All tokens, without their secrets.',
    handle: async ({ ports }) => {
      const rows = await ports.db.selectFrom('tokens').selectAll().orderBy('id').execute()
      return ok({
        data: rows.map((row) => ({
          id: row.id,
          name: row.name,
          scopes: parseScopes(row.scopes_json),
          created_at: time(row.created_at_ms),
          last_used_at: time(row.last_used_at_ms),
          revoked_at: time(row.revoked_at_ms),
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
      const { numUpdatedRows } = await ports.db
        .updateTable('tokens')
        .set({ revoked_at_ms: ports.clock() })
        .where('id', '=', params['id'] ?? '')
        .where('revoked_at_ms', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw notFound('token, or it was revoked before')
      return { status: 204 }
    },
  }),
]
