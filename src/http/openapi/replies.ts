/** What each route answers when all is well: one row for each row of `routes.ts`; a test says which is missing. */
import type { z } from 'zod'
import { answers } from './shapes.ts'

export interface SuccessReply {
  /** Those with the same content; the first is the usual one. */
  statuses: readonly [number, ...number[]]
  /** Absent: no body, or a body of another kind. */
  json?: z.ZodType
  /** Kinds of content beside JSON, with what they are. */
  other?: Readonly<Record<string, string>>
}

const json = (shape: z.ZodType, ...statuses: number[]): SuccessReply => {
  const [first = 200, ...rest] = statuses
  return { statuses: [first, ...rest], json: shape }
}
const none: SuccessReply = { statuses: [204] }
const svg: SuccessReply = { statuses: [200], other: { 'image/svg+xml': 'The QR code.' } }

export const replies: Readonly<Record<string, SuccessReply>> = {
  'POST /api/v1/messages': json(answers.newMessage, 202),
  'GET /api/v1/messages': json(answers.messages),
  'GET /api/v1/messages/:id': json(answers.message),
  'PATCH /api/v1/messages/:id': json(answers.message),
  'DELETE /api/v1/messages/:id': json(answers.message),
  'PUT /api/v1/messages/:id/reaction': json(answers.message),
  'DELETE /api/v1/messages/:id/reaction': json(answers.message),
  'GET /api/v1/messages/:id/attempts': json(answers.attempts),
  'POST /api/v1/messages/:id/approve': json(answers.message),
  'POST /api/v1/messages/:id/cancel': json(answers.message),
  'POST /api/v1/messages/:id/retry': json(answers.message),
  'POST /api/v1/media': json(answers.attachment, 201),
  'GET /api/v1/media/:id': { statuses: [200, 206], other: { '*/*': 'The octets of the file, of its own type.' } },
  'GET /api/v1/media/:id/thumbnail': {
    statuses: [200, 206],
    other: { 'image/jpeg': 'A picture.', 'image/png': 'A picture with transparency.' },
  },
  'GET /api/v1/media/:id/info': json(answers.attachmentInfo),
  'POST /api/v1/media/:id/fetch': json(answers.attachment, 202),
  'DELETE /api/v1/media/:id': json(answers.attachment),
  'GET /api/v1/mms': json(answers.pictures),
  'POST /api/v1/mms/:id/fetch': json(answers.nothing, 202),
  'POST /api/v1/messages/:id/fetch': json(answers.nothing, 202),
  'GET /api/v1/conversations': json(answers.conversations),
  'GET /api/v1/conversations/:id': json(answers.conversation),
  'PATCH /api/v1/conversations/:id': json(answers.conversation),
  'GET /api/v1/conversations/:id/messages': json(answers.messages),
  'DELETE /api/v1/conversations/:id': none,
  'POST /api/v1/conversations/:id/accept': json(answers.conversation),
  'POST /api/v1/conversations/:id/typing': none,
  'POST /api/v1/conversations/:id/read': json(answers.conversation),
  'GET /api/v1/contacts': json(answers.contacts),
  'POST /api/v1/contacts': json(answers.contact, 201, 200),
  'GET /api/v1/contacts/:id': json(answers.contact),
  'PATCH /api/v1/contacts/:id': json(answers.contact),
  'POST /api/v1/contacts/:id/block': json(answers.contact),
  'POST /api/v1/contacts/:id/unblock': json(answers.contact),
  'GET /api/v1/contacts/:id/identity': json(answers.identity),
  'GET /api/v1/contacts/:id/identity.svg': svg,
  'POST /api/v1/contacts/:id/identity/compare': json(answers.matches),
  'POST /api/v1/contacts/:id/identity/approve': json(answers.contact),
  'POST /api/v1/contacts/:id/identity/verify': json(answers.contact),
  'GET /api/v1/contacts/:id/capabilities': json(answers.capabilities),
  'POST /api/v1/contacts/:id/capabilities': json(answers.capabilities),
  'GET /api/v1/groups': json(answers.groups),
  'POST /api/v1/groups': json(answers.group, 201),
  'POST /api/v1/groups/join': json(answers.group),
  'GET /api/v1/groups/:id': json(answers.group),
  'PATCH /api/v1/groups/:id': json(answers.group),
  'GET /api/v1/groups/:id/avatar': { statuses: [200], other: { 'image/*': 'The picture.' } },
  'POST /api/v1/groups/:id/members': json(answers.group),
  'DELETE /api/v1/groups/:id/members/:who': json(answers.group),
  'POST /api/v1/groups/:id/members/:who/role': json(answers.group),
  'POST /api/v1/groups/:id/members/:who/approve': json(answers.group),
  'POST /api/v1/groups/:id/accept': json(answers.group),
  'POST /api/v1/groups/:id/leave': json(answers.group),
  'GET /api/v1/messages/:id/recipients': json(answers.recipients),
  'GET /api/v1/modems': json(answers.modems),
  'GET /api/v1/modems/:id': json(answers.modem),
  'POST /api/v1/modems/probe': json(answers.ports),
  'POST /api/v1/modems/:id/reset': json(answers.modem),
  'GET /api/v1/modems/:id/trace': json(answers.transcript),
  'POST /api/v1/modems/:id/at': json(answers.lines),
  'POST /api/v1/modems/:id/ussd': json(answers.ussd),
  'POST /api/v1/modems/:id/ussd/reply': json(answers.ussd),
  'POST /api/v1/modems/:id/ussd/cancel': json(answers.nothing),
  'GET /api/v1/signal/account': json(answers.signal),
  'POST /api/v1/signal/register': json(answers.signal, 202),
  'POST /api/v1/signal/link': json(answers.signal, 202),
  'GET /api/v1/signal/link': json(answers.signalLink),
  'GET /api/v1/signal/link.svg': svg,
  'GET /api/v1/signal/devices': json(answers.devices),
  'DELETE /api/v1/signal/devices/:id': none,
  'POST /api/v1/signal/captcha': json(answers.signal, 202),
  'POST /api/v1/signal/code': json(answers.signal, 202),
  'POST /api/v1/signal/pin': json(answers.signal, 202),
  'POST /api/v1/signal/skip-transfer': json(answers.signal, 202),
  'GET /api/v1/events': {
    ...json(answers.events),
    other: { 'text/event-stream': 'The same events as a stream, from now on or behind `Last-Event-ID`.' },
  },
  'POST /api/v1/tokens': json(answers.newToken, 201),
  'GET /api/v1/tokens': json(answers.tokens),
  'DELETE /api/v1/tokens/:id': none,
  'GET /api/v1/settings': json(answers.settings),
  'PATCH /api/v1/settings': json(answers.settings),
  'GET /api/v1/system/health': json(answers.health),
  'GET /api/v1/system/doctor': json(answers.findings),
  'GET /api/v1/queue': json(answers.queue),
  'GET /api/v1/data-messages': json(answers.dataMessages),
  'GET /api/v1/quarantine': json(answers.quarantine),
  'POST /api/v1/webhooks': json(answers.newWebhook, 201),
  'GET /api/v1/webhooks': json(answers.webhooks),
  'GET /api/v1/webhooks/:id': json(answers.webhook),
  'PATCH /api/v1/webhooks/:id': json(answers.webhook),
  'DELETE /api/v1/webhooks/:id': none,
  'POST /api/v1/webhooks/:id/rotate': json(answers.newWebhook),
  'POST /api/v1/webhooks/:id/test': json(answers.delivery, 202),
  'GET /api/v1/webhooks/:id/deliveries': json(answers.deliveries),
  'GET /api/v1/webhooks/:id/deliveries/:delivery': json(answers.deliveryLog),
  'POST /api/v1/webhooks/:id/deliveries/:delivery/redeliver': json(answers.delivery, 202),
}
