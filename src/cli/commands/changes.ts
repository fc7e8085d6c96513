/** What can be done to a message that is there: answer, react, edit, take back. */
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { MessageJson } from '../json.ts'
import { json, line, otherSide, printable, state, textNow, way } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

/** Sends an answer into the conversation of the message. */
export async function reply(id: string, words: readonly string[], options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { conversation_id } = await call<MessageJson>(gateway, 'GET', pathOf(id))
  const body = { conversation_id, quote_id: id, text: words.join(' ') }
  print(await call<MessageJson>(gateway, 'POST', '/api/v1/messages', body), options)
}

export async function react(
  id: string,
  emoji: string | undefined,
  options: Options & { remove?: boolean },
): Promise<void> {
  if ((emoji === undefined) !== (options.remove === true)) {
    throw new ExitError(EXIT.usage, 'Give an emoji, or --remove.')
  }
  const gateway = await findGateway(options)
  const path = `${pathOf(id)}/reaction`
  const message =
    emoji === undefined
      ? await call<MessageJson>(gateway, 'DELETE', path)
      : await call<MessageJson>(gateway, 'PUT', path, { emoji })
  print(message, options)
}

export async function edit(id: string, words: readonly string[], options: Options): Promise<void> {
  const gateway = await findGateway(options)
  print(await call<MessageJson>(gateway, 'PATCH', pathOf(id), { text: words.join(' ') }), options)
}

/** Takes a message back for everybody, or removes it for the owner alone. */
export async function remove(id: string, options: Options & { forMe?: boolean }): Promise<void> {
  const gateway = await findGateway(options)
  if (options.forMe === true) {
    await call<undefined>(gateway, 'DELETE', `${pathOf(id)}?for=me`)
    if (options.json === true) json({ id, removed: true })
    else line('Removed here and on your other Signal devices; the other side keeps it.')
    return
  }
  print(await call<MessageJson>(gateway, 'DELETE', `${pathOf(id)}?for=everyone`), options)
}

function pathOf(id: string): string {
  return `/api/v1/messages/${encodeURIComponent(id)}`
}

function print(message: MessageJson, options: Options): void {
  if (options.json === true) {
    json(message)
    return
  }
  line(`${state(message)}  ${way(message)}  ${otherSide(message)}  ${message.id}`)
  line(`    ${printable(textNow(message))}`)
}
