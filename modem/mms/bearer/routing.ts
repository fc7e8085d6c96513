/**
 * Asks the kernel, by the `ip` program, how it routes what has an address of the bearer's, and sets that up where it may
 * (CAP_NET_ADMIN). What to check and what to set is in `route-table.ts`.
 */
import { execFile } from 'node:child_process'
import { BearerError } from './bearer.ts'
import { commandsFor, deviceOf, flawOf, type RouteNeed, RULE_PRIORITY, tableFor } from './route-table.ts'

const IP_TIMEOUT_MS = 5_000
const IP_OUTPUT_BYTES_MAX = 2 ** 20

export interface RoutingOptions {
  /** The `ip` program of iproute2, a name or a path. */
  readonly ipProgram: string
  /** Whether rules and tables are set up where they are missing. */
  readonly setUp: boolean
}

/** Makes sure that what has this source leaves by this interface or not at all. Throws BearerError `bearer`. */
export async function secureRoute(need: RouteNeed, options: RoutingOptions, signal: AbortSignal): Promise<void> {
  const family = familyOf(need.source)
  const ask = (args: readonly string[]) => ip(options.ipProgram, [family, ...args], signal)
  const reason = async (): Promise<string | undefined> => {
    const found = tableFor(need.source, await ask(['-j', 'rule', 'show']))
    return 'reason' in found
      ? found.reason
      : flawOf(need.interfaceName, await ask(['-j', 'route', 'show', 'table', found.table]).catch(() => []))
  }
  const missing = await reason()
  if (missing === undefined) return
  const advice = `${need.interfaceName}: ${missing}, so MMS might leave by another interface`
  if (!options.setUp) throw new BearerError('bearer', advice)
  try {
    for (const args of commandsFor(need, await ask(['-j', 'rule', 'show']))) await ask(args)
  } catch (error) {
    throw new BearerError(
      'bearer',
      `${advice}; setting up rule ${RULE_PRIORITY} was refused (hardware.md, "Picture messages")`,
      error,
    )
  }
  const stillMissing = await reason()
  if (stillMissing !== undefined) throw new BearerError('bearer', `${need.interfaceName}: ${stillMissing}`)
}

/** Throws BearerError `bearer` unless a packet from this source to this address leaves by this interface. */
export async function checkRoute(
  { interfaceName, source }: Pick<RouteNeed, 'interfaceName' | 'source'>,
  address: string,
  { ipProgram }: RoutingOptions,
  signal: AbortSignal,
): Promise<void> {
  let device: string | undefined
  try {
    device = deviceOf(await ip(ipProgram, [familyOf(source), '-j', 'route', 'get', address, 'from', source], signal))
  } catch (error) {
    throw new BearerError('bearer', `the kernel has no way by ${interfaceName}`, error)
  }
  if (device !== interfaceName) throw new BearerError('bearer', `the kernel would not send it by ${interfaceName}`)
}

function familyOf(source: string): string {
  return source.includes(':') ? '-6' : '-4'
}

/** What it printed as JSON; undefined where it printed nothing. Rejects when it cannot be run or says no. */
function ip(program: string, args: readonly string[], signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { timeout: IP_TIMEOUT_MS, maxBuffer: IP_OUTPUT_BYTES_MAX, signal }
    execFile(program, [...args], options, (error, stdout) => {
      if (error !== null) reject(error)
      else if (!args.includes('-j')) resolve(undefined)
      else {
        try {
          resolve(stdout.trim() === '' ? [] : JSON.parse(stdout))
        } catch (cause) {
          reject(new Error('ip printed no JSON', { cause }))
        }
      }
    })
  })
}
