/** People who may sign in to the inbox, and the one-time setup code for the first of them. */
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line, table } from '../print.ts'
import { askTwice, firstLine } from '../prompts.ts'

type Options = GatewayOptions & { json?: boolean }

interface UserJson {
  id: string
  name: string
  role: string
  last_seen_at: string | null
}

/** Prints a new code; the one before is good no more. */
export async function setupCode(options: Options): Promise<void> {
  const { setup_code: code } = await call<{ setup_code: string }>(
    await findGateway(options),
    'POST',
    '/api/v1/setup/code',
  )
  if (options.json === true) json({ setup_code: code })
  else line(code)
}

/** The password is asked for on a terminal, or is the first line of standard input; never a word of the command. */
export async function add(name: string, options: Options & { role: string }): Promise<void> {
  const address = await findGateway(options)
  const password = await newPassword(name)
  const user = await call<UserJson>(address, 'POST', '/api/v1/users', { name, role: options.role, password })
  if (options.json === true) json(user)
  else line(`${user.name} may sign in as ${user.role}.`)
}

export async function list(options: Options): Promise<void> {
  const users = await all(options)
  if (options.json === true) {
    for (const user of users) json(user)
  } else if (users.length === 0) line('Nobody yet. `causeway setup-code` prints the code for the first.')
  else {
    table(
      users.map(({ name, role, last_seen_at: at }) => [name, role, at === null ? 'never seen' : `seen ${clock(at)}`]),
    )
  }
}

/** Their sessions end with it. */
export async function passwd(name: string, options: Options): Promise<void> {
  const { id } = await demand(name, options)
  const password = await newPassword(name)
  const user = await call<UserJson>(await findGateway(options), 'PATCH', pathOf(id), { password })
  if (options.json === true) json(user)
  else line(`${user.name} has a new password, and is signed out everywhere.`)
}

export async function remove(name: string, options: Options): Promise<void> {
  const { id } = await demand(name, options)
  await call(await findGateway(options), 'DELETE', pathOf(id))
  if (options.json === true) json({ id, removed: true })
  else line(`${name} is removed.`)
}

async function all(options: Options): Promise<UserJson[]> {
  return (await call<{ data: UserJson[] }>(await findGateway(options), 'GET', '/api/v1/users')).data
}

/** By name, in whatever letter case, or by id. */
async function demand(name: string, options: Options): Promise<UserJson> {
  const found = (await all(options)).find((user) => user.id === name || user.name.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found
  throw new ExitError(EXIT.failed, `There is nobody called ${name}. See \`causeway user list\`.`)
}

function pathOf(id: string): string {
  return `/api/v1/users/${encodeURIComponent(id)}`
}

async function newPassword(name: string): Promise<string> {
  if (process.stdin.isTTY !== true) return firstLine('the password')
  return askTwice(`Password for ${name} (10 characters or more)`)
}
