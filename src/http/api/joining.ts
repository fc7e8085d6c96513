/** Who is who, as the owner says: two contacts are one person, or one was two. */
import { z } from 'zod'
import { etag } from '../if-match.ts'
import { ok, type Route, route } from '../route.ts'
import { contactView } from '../views.ts'

export const joiningRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/merge',
    scope: 'contacts:write',
    summary:
      'Says that two contacts are one person: `with` goes into this one, with its conversation, number or Signal account. The stricter of the two rules holds; what was verified stays so for its account alone. The old ids answer 308 with `merged_into`. 409 (`cannot-merge`) with why: two numbers or two accounts, messages that have not left yet, a request that waits.',
    body: z.strictObject({ with: z.string().min(1).max(64).describe('The id of the other contact.') }),
    handle: async ({ ports, params, body }) => {
      const contact = await ports.router.people.join(params['id'] ?? '', body.with)
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/split',
    scope: 'contacts:write',
    summary:
      'Takes the number or the Signal account out of a contact: `taken` is a contact of its own with a conversation of its own, and the messages that went over it. Nothing joins the two again but `merge`. 409 (`cannot-split`) with why.',
    body: z.strictObject({ take: z.enum(['number', 'account']).describe('What is somebody else.') }),
    handle: async ({ ports, params, body }) => {
      const { contact, taken } = await ports.router.people.split(params['id'] ?? '', body.take)
      return ok({ contact: contactView(contact), taken: contactView(taken) })
    },
  }),
]
