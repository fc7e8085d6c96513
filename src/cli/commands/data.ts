/** Messages for programs: data addressed to ports, and binary messages. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { DataMessageJson, PageJson } from '../json.ts'
import { clock, excerpt, json, line, printable, table } from '../print.ts'

export async function list(options: GatewayOptions & { json?: boolean; limit: string; port?: string }): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit })
  if (options.port !== undefined) query.set('port', options.port)
  const path = `/api/v1/data-messages?${query}`
  const { data } = await call<PageJson<DataMessageJson>>(await findGateway(options), 'GET', path)
  if (options.json === true) {
    for (const item of data) json(item)
  } else if (data.length === 0) line('No data messages.')
  else {
    table(
      data
        .toReversed()
        .map(({ received_at, from, destination_port, data: hex, text }) => [
          clock(received_at),
          printable(from),
          destination_port === null ? 'no port' : `port ${destination_port}`,
          hex === null ? excerpt(text ?? '') : `${hex.length / 2} octets  ${excerpt(hex)}`,
        ]),
    )
  }
}
