/** Contacts: what is remembered about a person, how they want to be written to, and whether it is still them. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { page, pageQuery, readCursor } from '../page.ts'
import { Problem } from '../problem.ts'
import { findContact, listContacts } from '../reads.ts'
import { ok, type Route, route } from '../route.ts'
import { capabilityView, contactEtag, contactView, time } from '../views.ts'

const change = z
  .strictObject({
    name: z.string().min(1).max(100).nullable().optional(),
    policy: z.enum(CONTACT_POLICIES).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { message: 'Say what to change.' })

/** The version that `If-Match` names; undefined when it is absent or `*`. Throws Problem 412 when it is none of ours. */
function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const version = /^"(\d{1,15})"$/.exec(header)?.[1]
  if (version !== undefined) return Number(version)
  throw new Problem({ status: 412, code: 'version-mismatch', title: 'The contact has another version' })
}

export const contactRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/contacts',
    scope: 'contacts:read',
    summary: 'Contacts, newest first.',
    query: z.strictObject({
      ...pageQuery,
      address: z.string().max(100).optional().describe('One exact number, sender, or `signal:<aci>`.'),
    }),
    handle: async (call) => {
      const { ports, query } = call
      const options = { limit: query.limit, cursor: readCursor(query.cursor) }
      const rows = await listContacts(ports.db, { address: query.address }, options)
      return page(call, rows, (row) => ({ atMs: row.created_at_ms, id: row.id }), contactView)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id',
    scope: 'contacts:read',
    summary: 'One contact, with its ETag.',
    handle: async ({ ports, params }) => {
      const contact = await findContact(ports.db, params['id'] ?? '')
      return ok(contactView(contact), contactEtag(contact))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/contacts/:id',
    scope: 'contacts:write',
    summary: 'Changes name or policy; with `If-Match` only where nobody else has changed it since.',
    body: change,
    handle: async ({ ports, params, body, header }) => {
      const { name, policy } = body
      const contact = await ports.router.updateContact(
        params['id'] ?? '',
        { ...(name === undefined ? {} : { name }), ...(policy === undefined ? {} : { policy }) },
        ifMatch(header('if-match')),
      )
      return ok(contactView(contact), contactEtag(contact))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/identity',
    scope: 'contacts:read',
    summary: 'The safety number, to compare with theirs, and whether it was verified or has changed.',
    handle: async ({ ports, params }) => {
      const contact = await findContact(ports.db, params['id'] ?? '')
      const peer = {
        aci: contact.aci ?? undefined,
        pni: contact.pni ?? undefined,
        e164: contact.e164 ?? undefined,
      }
      return ok({
        contact_id: contact.id,
        safety_number: (await ports.signal.safetyNumber(peer)) ?? null,
        verified: contact.verified === 1,
        changed_at: time(contact.identity_changed_at_ms),
      })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/identity/approve',
    scope: 'contacts:write',
    summary: 'Consents to a changed safety number and lets the messages go that were held for it.',
    handle: async ({ ports, params }) => {
      const contact = await ports.router.approveIdentity(params['id'] ?? '')
      return ok(contactView(contact), contactEtag(contact))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/identity/verify',
    scope: 'contacts:write',
    summary:
      'Says that the safety number was compared (`verified: false` takes it back). Never downgraded from then on.',
    body: z.strictObject({ verified: z.boolean().default(true) }),
    handle: async ({ ports, params, body }) => {
      const contact = await ports.router.updateContact(params['id'] ?? '', { verified: body.verified })
      return ok(contactView(contact), contactEtag(contact))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/capabilities',
    scope: 'contacts:read',
    summary: 'What is known of the contact on Signal.',
    handle: async ({ ports, params }) =>
      ok({ signal: capabilityView(await findContact(ports.db, params['id'] ?? '')) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/capabilities',
    scope: 'contacts:write',
    summary: 'Asks the directory now, as far as its ration allows.',
    handle: async ({ ports, params }) =>
      ok({ signal: capabilityView(await ports.router.refreshCapabilities(params['id'] ?? '')) }),
  }),
]
