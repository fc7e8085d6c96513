/** Conversations: one for each person, over all transports. */
import { z } from 'zod'
import type { ConversationRow } from '../../store/tables/mailbox.ts'
import { page, pageQuery, readCursor } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { contactsOf, findConversation, listConversations, messagesById } from '../reads.ts'
import { ok, type Route, route } from '../route.ts'
import { conversationView } from '../views.ts'
import { messagePage } from './messages.ts'

/** The view of each row, with its contact and last message. */
async function viewer(ports: ApiPorts, rows: readonly ConversationRow[]) {
  const contacts = await contactsOf(
    ports.db,
    rows.map((row) => row.id),
  )
  const messages = await messagesById(
    ports.db,
    rows.flatMap((row) => row.last_message_id ?? []),
  )
  return (row: ConversationRow) => conversationView(row, contacts.get(row.id), messages.get(row.last_message_id ?? ''))
}

export const conversationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/conversations',
    scope: 'messages:read',
    summary: 'Conversations, the one with the newest message first.',
    query: z.strictObject({
      ...pageQuery,
      contact_id: z.string().max(64).optional(),
      unread: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional(),
    }),
    handle: async (call) => {
      const { ports, query } = call
      const filter = { contactId: query.contact_id, unread: query.unread }
      const rows = await listConversations(ports.db, filter, { limit: query.limit, cursor: readCursor(query.cursor) })
      const view = await viewer(ports, rows)
      return page(call, rows, (row) => ({ atMs: row.last_message_at_ms, id: row.id }), view)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/:id',
    scope: 'messages:read',
    summary: 'One conversation.',
    handle: async ({ ports, params }) => {
      const row = await findConversation(ports.db, params['id'] ?? '')
      return ok((await viewer(ports, [row]))(row))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/:id/messages',
    scope: 'messages:read',
    summary: 'Messages of one conversation, newest first.',
    query: z.strictObject(pageQuery),
    handle: async (call) => {
      const { id } = await findConversation(call.ports.db, call.params['id'] ?? '')
      return messagePage(call, { conversationId: id })
    },
  }),
]
