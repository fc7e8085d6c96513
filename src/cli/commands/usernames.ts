/** Usernames of Signal: the account's own, and whose one is. */
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface AccountJson {
  username: string | null
  username_link: string | null
}

const path = '/api/v1/signal/username'

export async function set(name: string, options: Options): Promise<void> {
  const [nickname = '', discriminator, ...more] = name.split('.')
  if (more.length > 0) throw new ExitError(EXIT.usage, 'Say NAME or NAME.DIGITS, as ana or ana.42.')
  const body = discriminator === undefined ? { nickname } : { nickname, discriminator }
  print(await call(await findGateway(options), 'PUT', path, body), options)
}

export async function remove(options: Options): Promise<void> {
  await call(await findGateway(options), 'DELETE', path)
  if (options.json !== true) line('The account has no username now.')
}

export async function renewLink(options: Options): Promise<void> {
  print(await call(await findGateway(options), 'POST', `${path}/link`), options)
}

export async function find(name: string, options: Options): Promise<void> {
  const words = encodeURIComponent(name.replace(/^u:/i, ''))
  const found = await call<{ username: string; address: string }>(
    await findGateway(options),
    'GET',
    `/api/v1/signal/usernames/${words}`,
  )
  if (options.json === true) json(found)
  else line(`${printable(found.username)}  ${found.address}`)
}

function print(account: AccountJson, options: Options): void {
  if (options.json === true) json(account)
  else line(`${printable(account.username ?? 'no username')}  ${account.username_link ?? ''}`.trimEnd())
}
