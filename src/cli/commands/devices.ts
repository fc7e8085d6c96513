/** `causeway signal devices`: which devices the account has, what they are called, and signing one out. */
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, printable, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface DeviceJson {
  id: number
  name: string | null
  this_device: boolean
  primary: boolean
  last_seen_at: string | null
}

/** Lists the account's devices; signs one of them out, or gives it another name. */
export async function devices(
  action: string | undefined,
  id: string | undefined,
  name: string | undefined,
  options: Options,
): Promise<void> {
  const gateway = await findGateway(options)
  const path = '/api/v1/signal/devices'
  if (action !== undefined && !/^\d+$/.test(id ?? '')) throw usage()
  if (action === 'remove' && name === undefined) await call(gateway, 'DELETE', `${path}/${id}`)
  else if (action === 'rename' && name !== undefined) await call(gateway, 'PUT', `${path}/${id}/name`, { name })
  else if (action !== undefined) throw usage()
  const { data } = await call<{ data: DeviceJson[] }>(gateway, 'GET', path)
  if (options.json === true) for (const device of data) json(device)
  else table(data.map(deviceRow))
}

function deviceRow(device: DeviceJson): string[] {
  const kind = device.primary ? 'primary' : 'linked'
  const seen = device.last_seen_at === null ? '' : `last seen ${clock(device.last_seen_at).slice(0, 10)}`
  return [`${device.id}`, printable(device.name ?? ''), kind, device.this_device ? 'this one' : '', seen]
}

function usage(): ExitError {
  return new ExitError(EXIT.usage, 'Say: signal devices, signal devices remove N, signal devices rename N NAME.')
}
