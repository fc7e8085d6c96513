/** Follows what happens, from now or from an event on, and goes on after the gateway was away. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CausewayError } from '../../domain/errors.ts'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, events, findGateway, type GatewayOptions } from '../gateway.ts'
import type { EventJson } from '../json.ts'
import { clock, excerpt, line, otherSide, printable, shown, state, way } from '../print.ts'

export interface TailOptions extends GatewayOptions {
  json?: boolean
  after?: string
  count?: string
}

const RECONNECT_MS = 3_000

/** Runs until Ctrl-C, or until `--count` events were shown. */
export async function tail(options: TailOptions, signal: AbortSignal): Promise<void> {
  const gateway = await findGateway(options)
  const countMax = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count)
  if (!(countMax > 0)) throw new ExitError(EXIT.usage, `--count ${options.count}: write a number above 0.`)
  const position = { last: options.after, shown: 0 }
  for (let isFirst = true; position.shown < countMax && !signal.aborted; isFirst = false) {
    try {
      await follow(gateway, position, countMax, options, signal)
    } catch (error) {
      if (signal.aborted) return
      // Who was refused, or never got through, is told; who was cut off comes back.
      const isCut = !(error instanceof ExitError) || error.exitCode === EXIT.unavailable
      if (isFirst || !isCut || CausewayError.is(error)) throw error
    }
    if (position.shown >= countMax || signal.aborted) return
    process.stderr.write('The gateway has gone; waiting for it …\n')
    await sleep(RECONNECT_MS, undefined, { signal }).catch(() => {})
  }
}

async function follow(
  gateway: Address,
  position: { last: string | undefined; shown: number },
  countMax: number,
  options: TailOptions,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of events(gateway, '/api/v1/events', position.last, signal)) {
    if (options.json === true) line(event.data)
    else show(JSON.parse(event.data) as EventJson)
    position.last = event.id ?? position.last
    if (++position.shown >= countMax) return
  }
}

function show(event: EventJson): void {
  const { message } = event
  if (message === undefined) {
    line(`${clock(event.at)}  ${event.type}  ${printable(Object.values(event.data).map(String).join(' '))}`.trimEnd())
    return
  }
  const direction = message.direction === 'in' ? 'from' : 'to'
  const how = way(message) === '' ? '' : `  ${way(message)}`
  line(
    `${clock(event.at)}  ${event.type}  ${state(message)}${how}  ${direction} ${otherSide(message)}  ${excerpt(shown(message))}`,
  )
}
