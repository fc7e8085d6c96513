/** The last lines of the gateway's log, and those that come: without numbers, addresses and texts, as the inbox shows them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line, printable } from '../print.ts'

export interface LogsOptions extends GatewayOptions {
  json?: boolean
  follow?: boolean
  level: string
  limit: string
}

interface LinesJson {
  data: readonly { n: number; at: string; level: string; message: string; fields: Readonly<Record<string, unknown>> }[]
  last: number
}

const LOOK_EVERY_MS = 1_000
/** As many as one answer of the gateway holds. */
const LINES_MAX = 500

/** Shows them; with `--follow` until Ctrl-C, also over a restart of the gateway, which counts its lines anew. */
export async function logs(options: LogsOptions, signal: AbortSignal): Promise<void> {
  const gateway = await findGateway(options)
  let last = await show(gateway, options, 0, options.limit)
  while (options.follow === true && !signal.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    last = await next(gateway, options, last)
  }
}

/** Behind which line it is then. */
async function next(gateway: Address, options: LogsOptions, last: number): Promise<number> {
  try {
    const newest = await show(gateway, options, last, String(LINES_MAX))
    if (newest > last) return newest
    const { last: now } = await read(gateway, options.level, 0, '1')
    return now < last ? 0 : last
  } catch (error) {
    // It is away for a while; it may come back.
    if (error instanceof ExitError && error.exitCode === EXIT.unavailable) return last
    throw error
  }
}

async function show(gateway: Address, options: LogsOptions, after: number, limit: string): Promise<number> {
  const { data, last } = await read(gateway, options.level, after, limit)
  for (const entry of data) {
    if (options.json === true) {
      json(entry)
      continue
    }
    const fields = Object.entries(entry.fields).map(([name, value]) => `${name}=${String(value)}`)
    line(`${clock(entry.at)}  ${entry.level.padEnd(5)}  ${printable([entry.message, ...fields].join('  '))}`)
  }
  return last
}

function read(gateway: Address, level: string, after: number, limit: string): Promise<LinesJson> {
  const query = new URLSearchParams({ after: String(after), level, limit })
  return call<LinesJson>(gateway, 'GET', `/api/v1/system/logs?${query}`)
}
