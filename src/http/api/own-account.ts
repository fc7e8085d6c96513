/** The Signal account as a whole: who finds it by its number, and leaving Signal for good. */
import { z } from 'zod'
import type { ApiPorts } from '../ports.ts'
import { Problem } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'

const path = '/api/v1/signal/discoverability'

async function view(ports: ApiPorts) {
  const { discoverable, editable } = await ports.signal.discoverability().read()
  return { discoverable: discoverable ?? null, editable }
}

export const ownAccountRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path,
    scope: 'signal:read',
    summary:
      'Whether whoever knows the number finds the account on Signal (`discoverable`; null where only the phone knows).',
    handle: async ({ ports }) => ok(await view(ports)),
  }),
  route({
    method: 'PUT',
    path,
    scope: 'admin',
    summary:
      'Lets people who know the number find the account on Signal, or no longer. Who does not find it sends a text, or needs its username; whoever is in touch already stays so. 409 (`signal-not-primary`) on a linked device.',
    body: z.strictObject({ discoverable: z.boolean() }),
    handle: async ({ ports, body }) => {
      await ports.signal.discoverability().set(body.discoverable)
      return ok(await view(ports))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/signal/account',
    scope: 'admin',
    summary:
      'Deletes the account at Signal, for ever: its messages still at Signal, its profile and username are gone, its linked devices are signed out, its groups go on without it, and what waits here for Signal goes as a text or fails. Conversations stay here. The number can be registered again, as a new account that everybody meets anew. 204; 409 (`other-number`) unless `number` is that of the account, (`signal-not-primary`) on a linked device.',
    query: z.strictObject({
      number: z.string().min(1).max(20).describe('The number of the account, as a word that this is meant.'),
    }),
    handle: async ({ ports, query }) => {
      const { e164 } = ports.signal.status()
      if (e164 !== undefined && query.number !== e164) {
        throw new Problem({
          status: 409,
          code: 'other-number',
          title: 'That is not the number of this account',
          detail: 'Deleting cannot be undone: name the number of the account, in international form.',
        })
      }
      await ports.signal.deleteAccount()
      return { status: 204 }
    },
  }),
]
