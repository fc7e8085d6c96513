/** Announced picture messages: what came of them, and fetching one again. What is here is a message like any other. */

import { z } from 'zod'
import { valuesKept } from '../../domain/told.ts'
import { pictureOf } from '../../routing/pictures.ts'
import { listNotifications } from '../../store/mms-notifications.ts'
import type { NotificationRow } from '../../store/tables/mms.ts'
import { pageQuery, pageReply } from '../page.ts'
import { notFound } from '../problem.ts'
import { demandMessage } from '../reads.ts'
import { type Route, route } from '../route.ts'
import { time } from '../views.ts'

function pictureView(row: NotificationRow) {
  return {
    id: row.id,
    lane: row.lane,
    from: row.from_address,
    subject: row.subject,
    bytes: row.bytes,
    state: row.state,
    code: row.code,
    reason: row.reason,
    values: valuesKept(row.values_json, row.code),
    tries: row.tries,
    next_try_at: time(row.due_at_ms),
    answer: row.answer,
    answered: row.answer === null ? null : row.answer_due_at_ms === null,
    expires_at: time(row.expires_at_ms),
    received_at: time(row.received_at_ms),
    updated_at: time(row.updated_at_ms),
  }
}

export const pictureRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/mms',
    scope: 'messages:read',
    summary:
      'Picture messages that carriers have announced, newest first: whether each was fetched, why not, and whether the carrier has its answer.',
    query: z.strictObject({ ...pageQuery }),
    handle: async (call) => {
      const { limit, cursor } = call.query
      return pageReply(call, await listNotifications(call.ports.db, { limit, cursor }), pictureView)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/mms/:id/fetch',
    scope: 'messages:read',
    summary:
      'Fetches an announced picture message that is not here; 202. 409 when it is here, or the carrier has dropped it.',
    handle: async ({ ports, params }) => {
      await ports.pictures.fetchAgain(params['id'] ?? '')
      return { status: 202, body: {} }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/messages/:id/fetch',
    scope: 'messages:read',
    summary: 'The same, by the line in the conversation (`notice: picture`) that says that it is not here.',
    handle: async ({ ports, params }) => {
      const message = await demandMessage(ports.db, params['id'])
      const id = await pictureOf(ports.db, message.id)
      if (id === undefined) throw notFound('announced picture message')
      await ports.pictures.fetchAgain(id)
      return { status: 202, body: {} }
    },
  }),
]
