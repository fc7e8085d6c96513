/** Messages: sent, listed, looked into, and decided about. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import { MESSAGE_STATES } from '../../domain/message.ts'
import { asPlainText } from '../../domain/plain-text.ts'
import { PRIORITIES } from '../../domain/priority.ts'
import { SUBJECT_CHARS_MAX } from '../../domain/subject.ts'
import { TEXT_CHARS_MAX } from '../../domain/text-length.ts'
import type { SubmitRequest } from '../../routing/requests.ts'
import { listAttempts, listLegs, listMessages, type MessageFilter } from '../../store/mailbox.ts'
import { listOwnChanges } from '../../store/own-changes.ts'
import { shownFilesOf } from '../../store/quoted.ts'
import type { MessageRow } from '../../store/tables/mailbox.ts'
import { fingerprint } from '../fingerprint.ts'
import { attemptView, legView, messageView, ownChangeView } from '../message-views.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { idempotencyKey, Problem } from '../problem.ts'
import { contactsOf, demandMessage } from '../reads.ts'
import { type Call, ok, type Route, route } from '../route.ts'
import { span } from '../span.ts'
import { addressOfWords } from '../usernames.ts'
import { mentionsIn, stylesIn, textMentions, textStyles } from './text-styles.ts'

const METADATA_CHARS_MAX = 4_096
/** Official clients attach no more. */
const MEDIA_MAX = 32
/** Longest span that is taken for `fallback_after` and `validity`. */
const SPAN_MS_MAX = 30 * 86_400_000

const spanOf = { min: 1, max: SPAN_MS_MAX }

const metadata = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= METADATA_CHARS_MAX, {
  message: `At most ${METADATA_CHARS_MAX} characters of JSON.`,
})

const newMessage = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Number, short code, `signal:<aci>`, a Signal username (`u:name.01`, or its link), or the id of a group.',
      ),
    conversation_id: z.string().min(1).max(64).optional().describe('Instead of `to`.'),
    text: z.string().max(TEXT_CHARS_MAX).optional().describe('May be left out where something is attached.'),
    subject: z
      .string()
      .min(1)
      .max(SUBJECT_CHARS_MAX)
      .regex(/^\P{Cc}+$/u, { message: 'Write one line.' })
      .optional()
      .describe(
        'Makes what leaves over the phone network a picture message where MMS is there. Over Signal and as a text it is the first line, as it is of `text` in the answer.',
      ),
    media: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(MEDIA_MAX)
      .optional()
      .describe(
        'Ids of files that were handed in with `POST /api/v1/media`, in their order. They go over Signal, or made smaller as a picture message.',
      ),
    view_once: z
      .boolean()
      .optional()
      .describe(
        'The one file of it is to be looked at once, without words; over Signal only. It is wiped here when sent.',
      ),
    flash: z
      .boolean()
      .optional()
      .describe('To be shown at once and kept by nobody (class 0): always a text, never over Signal, without files.'),
    text_styles: textStyles.optional(),
    mentions: textMentions.optional(),
    quote_id: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'The message that it answers to; a text message begins with a line of it. Over Signal its first file is told with it, a picture in small: `quote.file` of the message has `content_type`, `file_name`, `thumbnail_url`.',
      ),
    policy: z.enum(CONTACT_POLICIES).optional().describe('For this message only; else the contact’s.'),
    modem: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'The modem (SIM) that its text goes through, if it becomes one; it waits for that one. Else the router chooses.',
      ),
    priority: z
      .enum(PRIORITIES)
      .optional()
      .describe(
        'Of what waits for the same modem, or for Signal, `urgent` leaves first and `bulk` last; default `normal`. To one person all leave as they were written. What is `urgent` does not wait for quiet hours.',
      ),
    fallback_after: span(spanOf).optional().describe('Time without a delivery receipt before a text follows.'),
    validity: span(spanOf).optional().describe('Time after which nobody wants it any more.'),
    schedule_at: z.iso.datetime({ offset: true }).optional().describe('Not before this time.'),
    metadata: metadata.optional().describe('Yours; comes back with the message.'),
  })
  .refine((body) => (body.to === undefined) !== (body.conversation_id === undefined), {
    message: 'Give either to or conversation_id.',
    path: ['to'],
  })
  .refine((body) => (body.text ?? '') !== '' || body.media !== undefined, {
    message: 'Give a text, or something to attach.',
    path: ['text'],
  })
  .refine((body) => body.subject === undefined || (body.flash !== true && body.view_once !== true), {
    message: 'A flash message, or a file to be looked at once, has no subject.',
    path: ['subject'],
  })
  .refine((body) => body.flash !== true || body.media === undefined, {
    message: 'A flash message is a text alone: leave media out.',
    path: ['media'],
  })

type NewMessage = z.output<typeof newMessage>

const approval = z.strictObject({
  send_as: z.enum(['sms', 'wait']).optional().describe('`sms` (default): go on; `wait`: no text, wait for Signal.'),
})

/** Idempotency keys whose first request is still being worked on, in this process. */
const running = new Set<string>()

async function submit(call: Call<NewMessage, unknown>) {
  const { ports, principal, body } = call
  const key = idempotencyKey(call.header('idempotency-key'))
  const lock = `${principal.id} ${key}`
  if (key !== undefined && running.has(lock)) {
    throw new Problem({
      status: 409,
      code: 'idempotency-running',
      title: 'The first request with this key is still being worked on',
      headers: { 'Retry-After': '1' },
    })
  }
  if (key !== undefined) running.add(lock)
  try {
    const { message, replayed } = await ports.router.submit(
      await addressed(ports, submitRequest(body, principal.id, key)),
    )
    return {
      status: 202,
      body: {
        ...(await withContact(ports, message)),
        segments: await segmentsOf(ports, message),
        idempotency_key: key ?? null,
      },
      headers: {
        Location: `/api/v1/messages/${message.id}`,
        ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
      },
    }
  } finally {
    if (key !== undefined) running.delete(lock)
  }
}

/** What it takes as a text, where the plan has one in it, now or later. */
async function segmentsOf({ db, countSegments }: ApiPorts, { id, text, quote_json: json, since_leg }: MessageRow) {
  const plain = asPlainText(text, json === null ? undefined : JSON.parse(json))
  const legs = await listLegs(db, id)
  return legs.some(({ leg, transport }) => leg >= since_leg && transport === 'sms') ? countSegments(plain) : null
}

/** Whoever has the username now is written to; their account stays whose it is. */
async function addressed(ports: ApiPorts, request: SubmitRequest): Promise<SubmitRequest> {
  if (request.to === undefined) return request
  const { address, username } = await addressOfWords(ports, request.to)
  return { ...request, to: address, ...(username === undefined ? {} : { username }) }
}

function submitRequest(body: NewMessage, scope: string, key: string | undefined): SubmitRequest {
  const request: SubmitRequest = { text: body.text ?? '' }
  if (body.subject !== undefined) request.subject = body.subject
  if (body.media !== undefined) request.media = body.media
  if (body.view_once !== undefined) request.viewOnce = body.view_once
  if (body.flash !== undefined) request.flash = body.flash
  if (body.to !== undefined) request.to = body.to
  if (body.conversation_id !== undefined) request.conversationId = body.conversation_id
  if (body.text_styles !== undefined) request.ranges = stylesIn(body.text_styles)
  if (body.mentions !== undefined) request.mentions = mentionsIn(body.mentions)
  if (body.quote_id !== undefined) request.quoteId = body.quote_id
  if (body.policy !== undefined) request.policy = body.policy
  if (body.modem !== undefined) request.modem = body.modem
  if (body.priority !== undefined) request.priority = body.priority
  if (body.fallback_after !== undefined) request.fallbackAfterMs = body.fallback_after
  if (body.validity !== undefined) request.validityMs = body.validity
  if (body.schedule_at !== undefined) request.scheduledAtMs = Date.parse(body.schedule_at)
  if (body.metadata !== undefined) request.metadata = body.metadata
  if (key !== undefined) request.idempotency = { scope, key, fingerprint: fingerprint(body) }
  return request
}

/** The message as the API shows it, with whom it is to or from. */
export async function withContact(ports: ApiPorts, message: MessageRow) {
  const contacts = await contactsOf(ports.db, [message])
  const attachments = await shownFilesOf(ports.db, [message])
  return messageView(message, contacts.get(message.conversation_id), attachments.get(message.id))
}

/** Lists messages of one conversation, or of all. */
export async function messagePage(
  call: Call<unknown, { limit: number; cursor?: string | undefined }>,
  filter: MessageFilter,
) {
  const { db } = call.ports
  const { limit, cursor } = call.query
  const page = await listMessages(db, { ...filter, limit, cursor })
  const contacts = await contactsOf(db, page.data)
  const attachments = await shownFilesOf(db, page.data)
  return pageReply(call, page, (row) => messageView(row, contacts.get(row.conversation_id), attachments.get(row.id)))
}

async function approve(call: Call<z.output<typeof approval>, unknown>) {
  const { ports, params, body, principal } = call
  const message = await demandMessage(ports.db, params['id'])
  if (body.send_as !== 'wait') {
    return ok(await withContact(ports, await ports.router.approve(message.id, principal.id)))
  }
  // Declining means something only while the question is whether a text may follow what was sent already.
  if (message.state !== 'held' || message.sent_at_ms === null) {
    throw new Problem({
      status: 409,
      code: 'wrong-state',
      title: 'There is nothing to wait for',
      detail: 'Only a message that was sent over Signal and asks about a text can go on waiting.',
    })
  }
  return ok(await withContact(ports, await ports.router.cancel(message.id)))
}

export const messageRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/messages',
    scope: 'messages:send',
    summary:
      'Sends a message; 202 once it is stored with its plan. `Idempotency-Key` makes repeating it safe. The answer holds `segments`: `count` parts in `encoding` (`gsm7`, `ucs2`) where the plan has a text in it, else null; and the `idempotency_key`.',
    body: newMessage,
    repeats: 'itself',
    handle: submit,
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages',
    scope: 'messages:read',
    summary: 'Messages, newest first unless `order` says otherwise.',
    query: z.strictObject({
      ...pageQuery,
      conversation_id: z.string().max(64).optional(),
      direction: z.enum(['in', 'out']).optional(),
      status: z.enum(MESSAGE_STATES).optional(),
      order: z.enum(['newest', 'oldest']).default('newest').describe('Which come first.'),
    }),
    handle: (call) =>
      messagePage(call, {
        conversationId: call.query.conversation_id,
        direction: call.query.direction,
        state: call.query.status,
        order: call.query.order,
      }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages/:id',
    scope: 'messages:read',
    summary: 'One message.',
    handle: async ({ ports, params }) => ok(await withContact(ports, await demandMessage(ports.db, params['id']))),
  }),
  route({
    method: 'GET',
    path: '/api/v1/messages/:id/attempts',
    scope: 'messages:read',
    summary:
      'The ledger: what was tried, when, over what, and why it went on; in `changes` what became of reactions, edits and deletions of ours.',
    handle: async ({ ports, params }) => {
      const message = await demandMessage(ports.db, params['id'])
      const attempts = await listAttempts(ports.db, message.id)
      const legs = await listLegs(ports.db, message.id)
      const changes = await listOwnChanges(ports.db, message.id)
      return ok({ data: attempts.map(attemptView), plan: legs.map(legView), changes: changes.map(ownChangeView) })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/messages/:id/approve',
    scope: 'messages:send',
    summary: 'Lets a held message go on, or (`send_as: wait`) says no to the text that it asks for.',
    body: approval,
    handle: approve,
  }),
  route({
    method: 'POST',
    path: '/api/v1/messages/:id/send-as-text',
    scope: 'messages:send',
    summary:
      'Sends a message that Signal carries and that has no receipt yet as a text, now. Both may arrive; the ledger says so. 409 (`no-text`) for what may never be one: of a group on Signal, disappearing, to be viewed once, `signal_only`.',
    handle: async ({ ports, params }) =>
      ok(await withContact(ports, await ports.router.sendAsText(params['id'] ?? ''))),
  }),
  ...(['cancel', 'retry'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/api/v1/messages/:id/${action}`,
      scope: 'messages:send',
      summary:
        action === 'cancel'
          ? 'Takes back what has not left.'
          : 'Tries a failed, expired, canceled or uncertain message anew.',
      handle: async ({ ports, params }) => ok(await withContact(ports, await ports.router[action](params['id'] ?? ''))),
    }),
  ),
]
