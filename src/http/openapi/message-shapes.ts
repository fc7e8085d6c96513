/** What the routes of messages, and of what is attached to them, answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { MESSAGE_STATES } from '../../domain/message.ts'
import { ANSWERS, INCOMING_STATES } from '../../domain/mms-incoming.ts'
import { PRIORITIES } from '../../domain/priority.ts'
import { count, flag, list, maybe, maybeAt, page, shape, shapes, text } from './shapes.ts'

const contactRef = shape('ContactRef', { id: text, name: maybe, address: maybe })

/** Beside a `code`. */
const told = z
  .record(text, z.union([text, z.number()]))
  .describe(
    'What is in the words beside the `code`, by name, for whoever says it in another language: sizes in bytes, spans and times as ISO 8601.',
  )

const attachmentFields = {
  id: text,
  message_id: maybe,
  content_type: text,
  file_name: maybe,
  bytes: count.nullable(),
  width: count.nullable(),
  height: count.nullable(),
  voice: flag,
  gif: flag,
  sticker: flag,
  view_once: flag,
  caption: maybe,
  blurhash: maybe,
  state: z.enum(['waiting', 'fetching', 'here', 'failed', 'gone']),
  code: maybe,
  reason: maybe,
  values: told,
  left_out: z
    .enum(['too-large', 'unreadable', 'not-shrunk'])
    .nullable()
    .describe('Why the picture message has left without it; null: it went along.'),
  url: maybe,
  thumbnail_url: maybe,
  playable_url: maybe.describe('Of a recording that browsers do not play: a copy that they do.'),
}

const attachment = shape('Attachment', attachmentFields)

const groupRef = shape('GroupRef', { id: text, title: text })

/** Somebody in a group, whom we need not know. */
const personRef = shape('PersonRef', { id: maybe, name: maybe, address: maybe })

const messageFields = {
  id: text,
  conversation_id: text,
  contact: contactRef.nullable().describe('Null in a group.'),
  group: groupRef.nullable(),
  author: personRef.nullable().describe('Who wrote it into the group.'),
  direction: z.enum(['in', 'out']),
  kind: z.enum(['text', 'call', 'broadcast', 'notice']),
  notice: maybe,
  origin: z.enum(['here', 'other-device']),
  text,
  subject: maybe.describe(
    'Of a picture message, or of one that was sent with a subject: it is the first line of `text`.',
  ),
  attachments: z.array(attachment),
  flash: flag,
  incomplete: flag.describe(
    'A long text of which parts are missing; […2/3] stands for the second of three until it comes.',
  ),
  replaced_by: maybe,
  severity: maybe,
  edited_at: maybeAt,
  deleted_at: maybeAt,
  quote: z
    .strictObject({
      author: z.enum(['us', 'them']),
      person: personRef.nullable(),
      sent_at: maybeAt,
      text: text.describe('Empty where a file alone is quoted.'),
      file: z
        .strictObject({
          content_type: text,
          file_name: maybe,
          thumbnail_url: maybe.describe('A small picture of it, where one is here.'),
        })
        .nullable()
        .describe('The first file of the message; null: it has none, or it is gone.'),
    })
    .nullable(),
  ranges: z.array(z.strictObject({ start: count, length: count, style: text.optional(), mention: text.optional() })),
  preview: z.looseObject({ url: text, title: text }).nullable(),
  disappears_after: maybe,
  disappears_at: maybeAt,
  disappeared_at: maybeAt,
  reactions: z.array(z.strictObject({ aci: text, emoji: text, at: maybeAt, ours: flag })),
  status: z.enum(MESSAGE_STATES),
  code: maybe,
  reason: maybe.describe('Why it is in this state, in words.'),
  transport: z.enum(['sms', 'mms', 'signal']).nullable(),
  lane: maybe,
  encrypted: flag,
  policy: z.enum(CONTACT_POLICIES).nullable(),
  modem: maybe.describe('Chosen for its text; null: the router chooses.'),
  priority: z.enum(PRIORITIES),
  fallback: z.strictObject({ from: text, code: maybe, reason: maybe, values: told, at: maybeAt }).nullable(),
  fallback_after: maybe,
  twin: z.strictObject({ transport: text, at: maybeAt }).nullable(),
  metadata: z.record(text, z.unknown()),
  values: told,
  valid_until: maybeAt,
  scheduled_at: maybeAt,
  created_at: maybeAt,
  updated_at: maybeAt,
  sent_at: maybeAt,
  delivered_at: maybeAt,
  read_at: maybeAt,
  attempts_url: text,
}

export const message = shape('Message', messageFields)

const newMessage = shape('NewMessage', {
  ...messageFields,
  segments: z.strictObject({ count, encoding: z.enum(['gsm7', 'ucs2']) }).nullable(),
  idempotency_key: maybe.describe('As it was given.'),
})

const attempts = shape('Attempts', {
  data: z.array(
    z.strictObject({
      id: text,
      n: count,
      leg: count,
      transport: text,
      lane: text,
      started_at: maybeAt,
      ended_at: maybeAt,
      result: maybe,
      code: maybe,
      detail: maybe,
    }),
  ),
  plan: z.array(z.strictObject({ leg: count, transport: text, consent: text, code: text, reason: text, values: told })),
  changes: z.array(
    z.strictObject({ kind: text, status: text, code: maybe, reason: maybe, created_at: maybeAt, settled_at: maybeAt }),
  ),
})

const picture = shape('AnnouncedPicture', {
  id: text,
  lane: text,
  from: maybe,
  subject: maybe,
  bytes: count.nullable(),
  state: z.enum(INCOMING_STATES),
  code: maybe,
  reason: maybe.describe('Why it is not here, in words.'),
  values: told,
  tries: count,
  next_try_at: maybeAt,
  answer: z.enum(ANSWERS).nullable().describe('What the carrier is told of it.'),
  answered: flag.nullable().describe('Whether the carrier has that.'),
  expires_at: maybeAt,
  received_at: maybeAt,
  updated_at: maybeAt,
})

export const messageAnswers = {
  attachment,
  uploaded: z.union([attachment, list('Attachments', attachment)]).register(shapes, { id: 'Uploaded' }),
  attachmentInfo: shape('AttachmentInfo', { ...attachmentFields, transferred_bytes: count.nullable() }),
  message,
  newMessage,
  attempts,
  messages: page('MessagePage', message),
  pictures: page('AnnouncedPicturePage', picture),
}
