/** What is set for a whole conversation. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { ConversationJson } from '../json.ts'
import { conversationWith } from '../people.ts'
import { json, line, otherSide } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

/** Lets in the stranger, or the group, whose request it is. */
export async function accept(who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await conversationWith(gateway, who)
  const conversation = await call<ConversationJson>(gateway, 'POST', `/api/v1/conversations/${id}/accept`)
  if (options.json === true) json(conversation)
  else line(`${otherSide(conversation)} is let in.`)
}

/** Removes what was said with somebody, for the owner alone. */
export async function forget(who: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await conversationWith(gateway, who)
  await call<undefined>(gateway, 'DELETE', `/api/v1/conversations/${id}`)
  if (options.json === true) json({ id, removed: true })
  else line('Removed here and on your other Signal devices; the other side keeps it.')
}

/** `off`, or a span. */
export async function timer(who: string, span: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await conversationWith(gateway, who)
  const body = { disappears_after: span === 'off' ? null : span }
  const conversation = await call<ConversationJson>(gateway, 'PATCH', `/api/v1/conversations/${id}`, body)
  if (options.json === true) {
    json(conversation)
    return
  }
  const { disappears_after: after } = conversation
  line(`Messages with ${otherSide(conversation)} ${after === null ? 'stay' : `disappear after ${after}`}.`)
}
