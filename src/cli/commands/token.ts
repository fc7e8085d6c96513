/** Tokens for programs that speak to the API. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface TokenJson {
  id: string
  name: string
  scopes: string[]
  last_used_at: string | null
  revoked_at: string | null
}

/** Prints the token alone on standard output, so that it can be taken up by a script. */
export async function create(name: string, options: Options & { scope: string[] }): Promise<void> {
  const body = { name, scopes: options.scope }
  const created = await call<{ token: string }>(await findGateway(options), 'POST', '/api/v1/tokens', body)
  if (options.json === true) json(created)
  else line(created.token)
}

export async function list(options: Options): Promise<void> {
  const { data } = await call<{ data: TokenJson[] }>(await findGateway(options), 'GET', '/api/v1/tokens')
  if (options.json === true) {
    for (const token of data) json(token)
  } else if (data.length === 0) line('No tokens.')
  else {
    table(
      data.map(({ id, name, scopes, last_used_at, revoked_at }) => [
        id,
        name,
        scopes.join(' '),
        revoked_at === null ? `used ${clock(last_used_at) || 'never'}` : `revoked ${clock(revoked_at)}`,
      ]),
    )
  }
}

export async function revoke(id: string, options: Options): Promise<void> {
  await call(await findGateway(options), 'DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`)
  if (options.json === true) json({ id, revoked: true })
  else line(`${id} is revoked.`)
}
