/** Search over everything: messages by their words, conversations and contacts by names and numbers. */
import { z } from 'zod'
import { contactsByIds } from '../../store/contacts.ts'
import { conversationsOf, messagesByIds } from '../../store/mailbox.ts'
import { shownFilesOf } from '../../store/quoted.ts'
import { type FoundMessage, foundRanges, searchMessages, searchPeople } from '../../store/search.ts'
import { allows } from '../auth.ts'
import { conversationView } from '../conversation-views.ts'
import { messageView } from '../message-views.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { contactsOf } from '../reads.ts'
import { type Call, type Route, route } from '../route.ts'
import { snippetOf } from '../snippet.ts'
import { contactView } from '../views.ts'

const QUERY_CHARS_MAX = 200
const PEOPLE_MAX = 20

async function viewer({ db }: ApiPorts, found: readonly FoundMessage[]) {
  const messages = await messagesByIds(
    db,
    found.map(({ id }) => id),
  )
  const others = await contactsOf(db, messages.values())
  const attachments = await shownFilesOf(db, [...messages.values()])
  return ({ id, marked }: FoundMessage) => {
    const message = messages.get(id)
    if (message === undefined) return undefined
    const { text, ranges } = foundRanges(marked)
    const other = others.get(message.conversation_id)
    return { message: messageView(message, other, attachments.get(id)), snippet: snippetOf(text, ranges) }
  }
}

/** Who is found by name or number: with their conversation, or as a contact that has none. */
async function people({ ports, principal }: Pick<Call<unknown, unknown>, 'ports' | 'principal'>, query: string) {
  const ids = await searchPeople(ports.db, query)
  const conversations = await conversationsOf(ports.db, ids, PEOPLE_MAX)
  const talkedTo = new Set(conversations.map(({ contact }) => contact?.id))
  const others = allows(principal, 'contacts:read')
    ? await contactsByIds(ports.db, ids.contactIds.filter((id) => !talkedTo.has(id)).slice(0, PEOPLE_MAX))
    : []
  return { conversations: conversations.map(conversationView), contacts: others.map(contactView) }
}

export const searchRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/search',
    scope: 'messages:read',
    summary:
      'Messages that hold all the words (or beginnings of words, in any script), newest first, each with a snippet and the ranges in it that were found; on the first page also the conversations whose names or numbers fit, and contacts without a conversation.',
    query: z.strictObject({
      ...pageQuery,
      q: z.string().min(1).max(QUERY_CHARS_MAX).describe('Words, a name, or part of a number.'),
      conversation_id: z.string().max(64).optional().describe('Only messages of this one.'),
    }),
    handle: async (call) => {
      const { ports, query } = call
      const { q, limit, cursor, conversation_id: conversationId } = query
      const found = await searchMessages(ports.db, q, { limit, cursor, conversationId })
      const view = await viewer(ports, found.data)
      const isFirst = cursor === undefined && conversationId === undefined
      const who = isFirst ? await people(call, q) : { conversations: [], contacts: [] }
      const reply = pageReply(call, { ...found, data: found.data.flatMap((row) => view(row) ?? []) }, (hit) => hit)
      return { ...reply, body: { ...(reply.body as object), ...who } }
    },
  }),
]
