/** What transports say that is no message to a person: something waits elsewhere, or data for a program has come. */
import { parseSender } from '../domain/address.ts'
import type { IdSource } from '../domain/ids.ts'
import type { InboundData, WaitingNotice } from '../domain/transport.ts'
import { afterNotice, type WaitingState } from '../domain/waiting.ts'
import { noteWaiting } from '../store/contacts.ts'
import { addDataMessage } from '../store/data-messages.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { conversationOf, resolvePerson } from './people.ts'

interface NoticeContext {
  events: EventLog
  ids: IdSource
  clock: () => number
  region: string | undefined
}

/** Changes what waits according to the conversation with the service that says so. */
export async function takeWaiting(
  context: NoticeContext,
  tx: DatabaseTransaction,
  notice: WaitingNotice,
): Promise<void> {
  const contact = await resolvePerson(context, tx, {
    address: parseSender(notice.fromAddress, context.region),
    aci: undefined,
    pni: undefined,
    name: undefined,
  })
  const conversation = await conversationOf(context, tx, contact)
  const before = JSON.parse(conversation.waiting_json ?? '{}') as WaitingState
  const after = afterNotice(before, notice)
  if (after === undefined) return
  await noteWaiting(tx, conversation.id, JSON.stringify(after), notice.count === 0 ? undefined : context.clock())
  await context.events.append(tx, {
    type: 'conversation.waiting',
    conversationId: conversation.id,
    data: { waiting: notice.type, count: notice.count ?? null },
  })
}

/** Keeps data for programs. */
export async function takeData(context: NoticeContext, tx: DatabaseTransaction, item: InboundData): Promise<void> {
  const id = await addDataMessage(tx, context.ids, item)
  if (id === undefined) return
  await context.events.append(tx, {
    type: 'data.received',
    data: { id, lane: item.lane, destination_port: item.ports?.destination ?? null },
  })
}
