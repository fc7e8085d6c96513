/** Contacts: what is remembered about a person, how they want to be written to, and whether it is still them. */
import { z } from 'zod'
import { type Address, parseAddress } from '../../domain/address.ts'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { qrSvg } from '../../domain/qr.ts'
import { FALLBACK_AFTER_MS } from '../../domain/settings.ts'
import { storedBlob } from '../../store/blob-rows.ts'
import {
  type ContactKey,
  ensureConversation,
  findContact,
  insertContact,
  reopenConversation,
} from '../../store/contacts.ts'
import { identityHistory } from '../../store/identity-history.ts'
import { listContacts } from '../../store/mailbox.ts'
import type { ContactRow } from '../../store/tables/mailbox.ts'
import { identityEntryView } from '../identity-view.ts'
import { etag, ifMatch } from '../if-match.ts'
import { pageQuery, pageReply } from '../page.ts'
import { portraitQuery, sendPortrait } from '../portrait.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { addressKey, demandContact } from '../reads.ts'
import { ok, type Route, route, STREAMING } from '../route.ts'
import { span } from '../span.ts'
import { addressOfWords } from '../usernames.ts'
import { capabilityView, contactView, time } from '../views.ts'

const WAIT = 'Time without a delivery receipt over Signal before a text follows, as PT15M'

const change = z
  .strictObject({
    name: z.string().min(1).max(100).nullable().optional(),
    policy: z.enum(CONTACT_POLICIES).nullable().optional().describe('null: the configured default.'),
    fallback_after: span(FALLBACK_AFTER_MS).nullable().optional().describe(`${WAIT}; null: as the settings have it.`),
    modem: z
      .string()
      .max(100)
      .nullable()
      .optional()
      .describe('The modem that texts to them leave through, where it can; null: as the router chooses.'),
  })
  .refine((body) => Object.keys(body).length > 0, { message: 'Say what to change.' })

async function ensureContact(ports: ApiPorts, text: string, name: string | undefined) {
  const { address: words, username } = await addressOfWords(ports, text)
  const address = parseAddress(words, ports.region)
  return ports.db.transaction().execute(async (tx): Promise<{ contact: ContactRow; isNew: boolean }> => {
    const known = await findContact(tx, keyOf(address))
    if (known !== undefined) {
      await reopenConversation(tx, known.id)
      // Whom an address book brought has none yet.
      await ensureConversation(tx, ports.ids, known.id, ports.clock())
      return { contact: known, isNew: false }
    }
    const nowMs = ports.clock()
    const contact = await insertContact(tx, ports.ids, { ...keyOf(address), name: name ?? username ?? null }, nowMs)
    await ensureConversation(tx, ports.ids, contact.id, nowMs)
    return { contact, isNew: true }
  })
}

function keyOf(address: Address): Exclude<ContactKey, { id: string }> {
  switch (address.kind) {
    case 'e164':
      return { e164: address.e164 }
    case 'short-code':
      return { sender: address.code }
    case 'alphanumeric':
      return { sender: address.sender }
    case 'signal':
      return { aci: address.aci }
  }
}

function peerOf({ aci, pni, e164 }: ContactRow) {
  return { aci: aci ?? undefined, pni: pni ?? undefined, e164: e164 ?? undefined }
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
      blocked: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional(),
    }),
    handle: async (call) => {
      const { db } = call.ports
      const { limit, cursor, address, blocked } = call.query
      if (address === undefined) return pageReply(call, await listContacts(db, { limit, cursor, blocked }), contactView)
      const found = await findContact(db, addressKey(address))
      return pageReply(call, { data: found === undefined ? [] : [found], nextCursor: undefined }, contactView)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts',
    scope: 'contacts:write',
    summary:
      'Remembers a person before there is a message: 201, or 200 with the contact that is there already, unchanged. A conversation with them that was removed is there again, empty.',
    body: z.strictObject({
      address: z
        .string()
        .min(1)
        .max(200)
        .describe('Number, short code, `signal:<aci>`, or a Signal username (`u:name.01`, or its link).'),
      name: z.string().min(1).max(100).optional(),
      policy: z.enum(CONTACT_POLICIES).optional(),
      fallback_after: span(FALLBACK_AFTER_MS).optional().describe(`${WAIT}; left out: as the settings have it.`),
    }),
    handle: async ({ ports, body }) => {
      const { policy, fallback_after: fallbackAfterMs } = body
      const { contact, isNew } = await ensureContact(ports, body.address, body.name)
      const wishes = {
        ...(policy === undefined ? {} : { policy }),
        ...(fallbackAfterMs === undefined ? {} : { fallbackAfterMs }),
      }
      const isAsked = isNew && Object.keys(wishes).length > 0
      const changed = isAsked ? await ports.router.updateContact(contact.id, wishes) : contact
      return {
        status: isNew ? 201 : 200,
        body: contactView(changed),
        headers: { ...etag(changed), Location: `/api/v1/contacts/${contact.id}` },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id',
    scope: 'contacts:read',
    summary: 'One contact, with its ETag.',
    handle: async ({ ports, params }) => {
      const contact = await demandContact(ports.db, params['id'])
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/avatar',
    scope: 'contacts:read',
    summary:
      'Their picture on Signal, small and square. 404 while there is none (`avatar_url` is null then): of strangers whose request was not accepted, and of blocked people, none is fetched.',
    query: portraitQuery,
    handle: async (call) => {
      const { db, media } = call.ports
      const contact = await demandContact(db, call.params['id'])
      const blob = await storedBlob(db, contact.avatar_id)
      if (blob === undefined) throw notFound('picture')
      return await sendPortrait(call, blob.id, async () => {
        const chunks: Uint8Array[] = []
        for await (const chunk of media.blobs.read(blob)) chunks.push(chunk)
        return Buffer.concat(chunks)
      })
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/contacts/:id',
    scope: 'contacts:write',
    summary:
      'Changes name, policy, fallback time or preferred modem; with `If-Match` only where nobody else has changed it since.',
    body: change,
    handle: async ({ ports, params, body, header }) => {
      const { name, policy, fallback_after: fallbackAfterMs, modem } = body
      const contact = await ports.router.updateContact(
        params['id'] ?? '',
        {
          ...(name === undefined ? {} : { name }),
          ...(policy === undefined ? {} : { policy }),
          ...(fallbackAfterMs === undefined ? {} : { fallbackAfterMs }),
          ...(modem === undefined ? {} : { preferredLane: modem }),
        },
        ifMatch(header('if-match')),
      )
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/contacts/:id',
    scope: 'contacts:write',
    summary:
      'Deletes a person with everything of them: messages, files, names, keys. Whoever is blocked stays blocked, by number and account alone; groups keep what they wrote there. 409 while something is still to leave.',
    handle: async ({ ports, params }) => {
      await ports.router.people.forget(params['id'] ?? '')
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/block',
    scope: 'contacts:write',
    summary:
      'Keeps a person out, by number and by Signal account, on all your devices: what they send over Signal is dropped, their texts and calls are kept without a sound. `delete` also removes what was said.',
    body: z.strictObject({ delete: z.boolean().default(false) }),
    handle: async ({ ports, params, body }) => {
      const contact = await ports.router.block(params['id'] ?? '', { blocked: true, deleted: body.delete })
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/unblock',
    scope: 'contacts:write',
    summary: 'No longer keeps a person out. What they sent meanwhile over Signal does not come back.',
    handle: async ({ ports, params }) => {
      const contact = await ports.router.block(params['id'] ?? '', { blocked: false })
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/identity',
    scope: 'contacts:read',
    summary:
      'The safety number, to compare with theirs, whether it was verified or has changed, and what became of it so far (`history`, newest first).',
    handle: async ({ ports, params }) => {
      const contact = await demandContact(ports.db, params['id'])
      const peer = peerOf(contact)
      const code = await ports.signal.safetyCode(peer)
      return ok({
        contact_id: contact.id,
        safety_number: (await ports.signal.safetyNumber(peer)) ?? null,
        scannable: code === undefined ? null : Buffer.from(code).toString('base64'),
        verified: contact.verified === 1,
        changed_at: time(contact.identity_changed_at_ms),
        history: (await identityHistory(ports.db, contact)).map(identityEntryView),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/identity.svg',
    scope: 'contacts:read',
    summary: 'The safety number as a QR code for the other side to scan (`image/svg+xml`).',
    handle: async ({ ports, params, raw: { response } }) => {
      const code = await ports.signal.safetyCode(peerOf(await demandContact(ports.db, params['id'])))
      if (code === undefined) throw notFound('safety number')
      response.writeHead(200, { 'content-type': 'image/svg+xml' })
      response.end(qrSvg(code))
      return STREAMING
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/identity/compare',
    scope: 'contacts:read',
    summary:
      'Whether a code that was scanned at the other side is the counterpart of ours: `matches`. Changes nothing; `verify` does.',
    body: z.strictObject({ scanned: z.base64().min(1).max(2_000).describe('The octets of the code, base64.') }),
    handle: async ({ ports, params, body }) => {
      const peer = peerOf(await demandContact(ports.db, params['id']))
      const scanned = new Uint8Array(Buffer.from(body.scanned, 'base64'))
      return ok({ matches: await ports.signal.compareSafetyCode(peer, scanned) })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/identity/approve',
    scope: 'contacts:write',
    summary: 'Consents to a changed safety number and lets the messages go that were held for it.',
    handle: async ({ ports, params, principal }) => {
      const contact = await ports.router.approveIdentity(params['id'] ?? '', principal.id)
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/contacts/:id/identity/verify',
    scope: 'contacts:write',
    summary:
      'Says that the safety number was compared (`verified: false` takes it back). Never downgraded from then on.',
    body: z.strictObject({ verified: z.boolean().default(true) }),
    handle: async ({ ports, params, body, principal }) => {
      const { verified } = body
      const contact = await ports.router.updateContact(params['id'] ?? '', { verified }, undefined, principal.id)
      return ok(contactView(contact), etag(contact))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/capabilities',
    scope: 'contacts:read',
    summary: 'What is known of the contact on Signal.',
    handle: async ({ ports, params }) => ok({ signal: capabilityView(await demandContact(ports.db, params['id'])) }),
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
