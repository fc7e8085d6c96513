/** What a webhook says: `{type, timestamp, data}`, made when it is sent, so that nothing is kept that was wiped meanwhile. */

import type { Database } from '../../store/database.ts'
import { messagesByIds } from '../../store/mailbox.ts'
import { shownFilesOf } from '../../store/quoted.ts'
import type { WebhookDeliveryRow } from '../../store/tables/webhooks.ts'
import { eventView, messageView } from '../message-views.ts'
import { contactsOf } from '../reads.ts'
import { time } from '../views.ts'

/** The body as JSON; undefined when its event is not kept any more. */
export async function bodyOf(db: Database, delivery: WebhookDeliveryRow): Promise<string | undefined> {
  const head = { type: delivery.type, timestamp: time(delivery.event_at_ms) }
  if (delivery.event_id === null) return JSON.stringify({ ...head, data: { webhook_id: delivery.webhook_id } })
  const event = await db.selectFrom('events').selectAll().where('id', '=', delivery.event_id).executeTakeFirst()
  if (event === undefined) return undefined
  const messages = await messagesByIds(db, event.message_id === null ? [] : [event.message_id])
  const [message] = messages.values()
  const contacts = await contactsOf(db, messages.values())
  const attachments = await shownFilesOf(db, messages.values())
  const {
    id,
    type: _type,
    at: _at,
    data: details,
    ...about
  } = eventView(
    event,
    message === undefined
      ? undefined
      : messageView(message, contacts.get(message.conversation_id), attachments.get(message.id)),
  )
  return JSON.stringify({ ...head, data: { event_id: id, ...about, details } })
}
