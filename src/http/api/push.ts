/** Wakes for the browser of a session: what it subscribes with, and its subscription. */
import { z } from 'zod'
import { addSubscription, removeSubscriptions } from '../../store/push.ts'
import type { Principal, SignedIn } from '../auth.ts'
import { Problem } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'

const ENDPOINT_CHARS_MAX = 1_000

function demandSession({ session }: Principal): SignedIn {
  if (session !== undefined) return session
  throw new Problem({ status: 409, code: 'no-session', title: 'Only the browser of a person who signed in is woken' })
}

export const pushRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/push/key',
    scope: 'signed-in',
    summary: 'The key to subscribe with: `applicationServerKey` of `pushManager.subscribe`, base64url.',
    handle: async ({ ports }) => ok({ key: ports.push.publicKey }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/push/subscriptions',
    scope: 'signed-in',
    summary:
      'Wakes this browser when a message or a call came, or one of ours failed or waits for a decision: an empty push (`TTL: 86400`, `Urgency: high`, `Topic: wake`), at most one in some seconds. No text ever goes to a push service. Ends with the session.',
    body: z.strictObject({
      endpoint: z.string().max(ENDPOINT_CHARS_MAX).describe('As `PushSubscription.toJSON()` gives it.'),
      expirationTime: z.number().nullable().optional(),
      keys: z.record(z.string().max(20), z.string().max(200)).optional().describe('Not needed, and not kept.'),
    }),
    repeats: 'itself',
    handle: async ({ ports, principal, body }) => {
      const { db, ids, clock, push } = ports
      const subscription = { sessionId: demandSession(principal).id, endpoint: push.parseEndpoint(body.endpoint) }
      const added = await addSubscription(db, ids, subscription, clock())
      return { status: 201, body: { id: added.id, created_at: time(added.created_at_ms) } }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/push/test',
    scope: 'signed-in',
    summary:
      'Wakes the browser of this session once, now, as a message would. 409 (`push-none`): it is not subscribed.',
    handle: async ({ ports, principal }) => {
      if ((await ports.push.wakeSession(demandSession(principal).id)) > 0) return { status: 202, body: {} }
      throw new Problem({ status: 409, code: 'push-none', title: 'This browser is not woken: turn that on first' })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/push/subscriptions',
    scope: 'signed-in',
    summary: 'Wakes the browser of this session no more.',
    handle: async ({ ports, principal }) => {
      await removeSubscriptions(ports.db, { sessionId: demandSession(principal).id })
      return { status: 204 }
    },
  }),
]
