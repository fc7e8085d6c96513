/** Conversations: one for each person, over all transports. */
import { z } from 'zod'
import { parseDuration } from '../../domain/duration.ts'
import { findConversation } from '../../store/contacts.ts'
import {
  CONVERSATION_FILTERS,
  type ConversationView,
  flagConversation,
  getConversation,
  listConversations,
  unreadTotal,
} from '../../store/mailbox.ts'
import { conversationView } from '../conversation-views.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { signalIdOf } from '../reads.ts'
import { ok, type Route, route } from '../route.ts'
import { messagePage } from './messages.ts'

/** What failed longer ago is over. */
const FAILED_MS = 30 * 24 * 3_600_000

async function demand(ports: ApiPorts, id: string | undefined): Promise<ConversationView> {
  const found = await getConversation(ports.db, id ?? '')
  if (found === undefined) throw notFound('conversation')
  return found
}

async function setFlags(
  { db, events }: ApiPorts,
  conversationId: string,
  flags: { muted?: boolean | undefined; archived?: boolean | undefined; pinned?: boolean | undefined },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await flagConversation(tx, conversationId, flags)
    await events.append(tx, { type: 'conversation.changed', conversationId, data: flags })
  })
  events.poke()
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
      pinned: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .optional(),
      filter: z
        .enum(CONVERSATION_FILTERS)
        .default('all')
        .describe(
          '`unread`; `signal` or `sms` (with MMS): what the last message went over; `groups`; `failed`: with a message of the last 30 days that did not get there.',
        ),
      state: z
        .enum(['request'])
        .optional()
        .describe('Only those of strangers, and of groups that strangers have added you to, that wait for an answer.'),
    }),
    handle: async (call) => {
      const { ports, query } = call
      const { contact_id: contactId, ...rest } = query
      if (contactId === undefined) {
        return pageReply(
          call,
          await listConversations(ports.db, { ...rest, failedSinceMs: ports.clock() - FAILED_MS }),
          conversationView,
        )
      }
      const row = await findConversation(ports.db, { contactId })
      const found = row === undefined ? undefined : await getConversation(ports.db, row.id)
      return pageReply(call, { data: found === undefined ? [] : [found], nextCursor: undefined }, conversationView)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/unread',
    scope: 'messages:read',
    summary: 'How much is unread, in conversations that are neither muted nor archived.',
    handle: async ({ ports }) => ok(await unreadTotal(ports.db)),
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
      'Mutes, archives or pins it, for all who use this gateway. Or sets after what time new messages disappear, on both sides, once they were read or sent. Signal only: such a message never goes as a text.',
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
        .describe('A span of at most 28 days; null: they stay.')
        .optional(),
      muted: z.boolean().optional().describe('Nobody is notified of it.'),
      archived: z.boolean().optional().describe('Until the next message comes.'),
      pinned: z.boolean().optional(),
    }),
    handle: async ({ ports, params, body }) => {
      const { conversation, group } = await demand(ports, params['id'])
      const { disappears_after: timerSeconds, ...flags } = body
      if (timerSeconds !== undefined) {
        if (group === undefined) await ports.router.setTimer(conversation.id, timerSeconds)
        else await ports.signal.groups().configure(signalIdOf(group), { timerSeconds })
      }
      if (Object.keys(flags).length > 0) await setFlags(ports, conversation.id, flags)
      return ok(conversationView(await demand(ports, conversation.id)))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/conversations/:id',
    scope: 'messages:send',
    summary:
      'Removes what was said, here and on your other Signal devices; the other side keeps it. A request is declined with it; the group that it is of is left. What is written next opens the conversation anew. 409 while something is still to leave, and for a group that is no request.',
    handle: async ({ ports, params }) => {
      await ports.router.removeConversation(params['id'] ?? '')
      return { status: 204 }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/:id/accept',
    scope: 'contacts:write',
    summary:
      'Lets in the stranger, or the group that a stranger has added you to, whose request it is: receipts go out, files are fetched, a person sees the profile. Writing there does the same.',
    handle: async ({ ports, params }) => {
      const { conversation } = await demand(ports, params['id'])
      await ports.router.accept(conversation.id)
      return ok(conversationView(await demand(ports, conversation.id)))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/:id/typing',
    scope: 'messages:send',
    summary:
      'Says over Signal that an answer is being written, or (`typing: false`) no longer: to people who were let in and are connected, unless `signal.typing` says otherwise. Repeat it while it holds; more than one in ten seconds is not told.',
    body: z.strictObject({ typing: z.boolean().default(true) }),
    handle: async ({ ports, params, body }) => {
      await ports.router.typing((await demand(ports, params['id'])).conversation.id, body.typing)
      return { status: 204 }
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
