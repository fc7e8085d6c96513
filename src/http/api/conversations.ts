/** Conversations: one for each person, over all transports. */
import { z } from 'zod'
import { parseDuration } from '../../domain/duration.ts'
import { findConversation } from '../../store/contacts.ts'
import { type ConversationView, getConversation, listConversations } from '../../store/mailbox.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { conversationView } from '../views.ts'
import { messagePage } from './messages.ts'

async function demand(ports: ApiPorts, id: string | undefined): Promise<ConversationView> {
  const found = await getConversation(ports.db, id ?? '')
  if (found === undefined) throw notFound('conversation')
  return found
}

export const conversationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/conversations',
    scope: 'messages:read',
    summary: 'Conversations, the one with the newest message first.',
    query: z.strictObject({
      ...pageQuery,
      contact_id: z.string().max(64).optional().describe('The one with this contact.'),
      archived: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional(),
    }),
    handle: async (call) => {
      const { ports, query } = call
      const { limit, cursor, archived, contact_id: contactId } = query
      if (contactId === undefined) {
        return pageReply(call, await listConversations(ports.db, { limit, cursor, archived }), conversationView)
      }
      const row = await findConversation(ports.db, { contactId })
      const found = row === undefined ? undefined : await getConversation(ports.db, row.id)
      return pageReply(call, { data: found === undefined ? [] : [found], nextCursor: undefined }, conversationView)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/:id',
    scope: 'messages:read',
    summary: 'One conversation.',
    handle: async ({ ports, params }) => ok(conversationView(await demand(ports, params['id']))),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/conversations/:id',
    scope: 'messages:send',
    summary:
      'Sets after what time new messages disappear, on both sides, once they were read or sent. Signal only: such a message never goes as a text.',
    body: z.strictObject({
      disappears_after: z
        .string()
        .max(40)
        .nullable()
        .transform((text, context) => {
          const ms = text === null ? 0 : parseDuration(text)
          if (ms !== undefined && ms % 1_000 === 0) return ms / 1_000
          context.addIssue({ code: 'custom', message: 'Write a span like PT1H, or null.' })
          return z.NEVER
        })
        .describe('A span of at most 28 days; null: they stay.'),
    }),
    handle: async ({ ports, params, body }) => {
      const { conversation, group } = await demand(ports, params['id'])
      const timerSeconds = body.disappears_after
      if (group === undefined) await ports.router.setTimer(conversation.id, timerSeconds)
      else await ports.signal.groups().configure(group.signal_id, { timerSeconds })
      return ok(conversationView(await demand(ports, conversation.id)))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/:id/messages',
    scope: 'messages:read',
    summary: 'Messages of one conversation, newest first unless `order` says otherwise.',
    query: z.strictObject({ ...pageQuery, order: z.enum(['newest', 'oldest']).default('newest') }),
    handle: async (call) => {
      const { conversation } = await demand(call.ports, call.params['id'])
      return messagePage(call, { conversationId: conversation.id, order: call.query.order })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/:id/read',
    scope: 'messages:send',
    summary:
      'Says that everything in it was read. Over Signal the other side is told, unless `signal.read_receipts` says otherwise.',
    handle: async ({ ports, params }) => {
      const { conversation } = await demand(ports, params['id'])
      await ports.router.markRead(conversation.id)
      return ok(conversationView(await demand(ports, conversation.id)))
    },
  }),
]
