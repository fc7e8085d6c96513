/** What the owner does to messages that are here: reactions, edits, deletions. */
import { z } from 'zod'
import { TEXT_CHARS_MAX } from '../../domain/text-length.ts'
import type { MessageChange } from '../../routing/changing.ts'
import type { ApiPorts } from '../ports.ts'
import { ok, type Reply, type Route, route } from '../route.ts'
import { withContact } from './messages.ts'
import { mentionsIn, stylesIn, textMentions, textStyles } from './text-styles.ts'

/** The longest emoji are families of some twenty UTF-16 units. */
const EMOJI_UNITS_MAX = 32

const emoji = z
  .string()
  .min(1)
  .max(EMOJI_UNITS_MAX)
  .regex(/\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u, 'One emoji.')
  .regex(/^[^\p{L}\s]+$/u, 'One emoji, and nothing else.')

async function change(ports: ApiPorts, id: string | undefined, what: MessageChange): Promise<Reply> {
  return ok(await withContact(ports, await ports.router.change(id ?? '', what)))
}

export const changeRoutes: readonly Route[] = [
  route({
    method: 'PUT',
    path: '/api/v1/messages/:id/reaction',
    scope: 'messages:send',
    summary: 'Reacts to a message that Signal carried; a second reaction takes the place of the first.',
    body: z.strictObject({ emoji }),
    handle: ({ ports, params, body }) => change(ports, params['id'], { kind: 'reaction', emoji: body.emoji }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/messages/:id/reaction',
    scope: 'messages:send',
    summary: 'Takes the own reaction away.',
    handle: ({ ports, params }) => change(ports, params['id'], { kind: 'reaction', emoji: null }),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/messages/:id',
    scope: 'messages:send',
    summary:
      'Edits a message of ours that Signal carried, within a day of its sending and ten times at most. Every version stays on record.',
    body: z.strictObject({
      text: z.string().min(1).max(TEXT_CHARS_MAX),
      text_styles: textStyles.default([]),
      mentions: textMentions.default([]),
    }),
    handle: ({ ports, params, body: { text, text_styles: styles, mentions } }) =>
      change(ports, params['id'], {
        kind: 'edited',
        text,
        ranges: stylesIn(styles),
        mentions: mentionsIn(mentions),
      }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/messages/:id',
    scope: 'messages:send',
    summary:
      'Takes a message of ours back for everybody, within a day of its sending (Signal only); or removes any settled message for you alone, here and on your other Signal devices (204).',
    query: z.strictObject({
      for: z
        .enum(['everyone', 'me'])
        .describe('`everyone`: on the other side as well. `me`: here, and on your own other devices.'),
    }),
    handle: async ({ ports, params, query }) => {
      if (query.for === 'everyone') return change(ports, params['id'], { kind: 'deleted' })
      await ports.router.removeMessage(params['id'] ?? '')
      return { status: 204 }
    },
  }),
]
