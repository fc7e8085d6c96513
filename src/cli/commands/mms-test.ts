/** `causeway mms test`: starts a test and tells its steps as they hold. Exits 1 with the first one that does not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable } from '../print.ts'
import { pick } from './modem.ts'

interface TestJson {
  number: string
  carrier: string
  state: 'running' | 'passed' | 'failed'
  steps: { step: string; ok: boolean; detail: string }[]
}

const LOOK_EVERY_MS = 300

/** `which` is an id, a label or a port; left out where there is only one. */
export async function test(which: string | undefined, options: GatewayOptions & { json?: boolean }): Promise<number> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, which)
  const path = `/api/v1/modems/${encodeURIComponent(id)}/mms-test`
  let state = await call<TestJson>(gateway, 'POST', path)
  if (options.json !== true) line(`From ${state.number} to itself, by the settings of ${printable(state.carrier)}:`)
  let told = 0
  for (;;) {
    if (options.json !== true) for (const step of state.steps.slice(told)) line(inWords(step))
    told = state.steps.length
    if (state.state !== 'running') break
    await sleep(LOOK_EVERY_MS)
    state = await call<TestJson>(gateway, 'GET', path)
  }
  if (options.json === true) json(state)
  else line(state.state === 'passed' ? 'Picture messages work.' : 'Picture messages do not work yet.')
  return state.state === 'passed' ? EXIT.ok : EXIT.failed
}

function inWords({ step, ok, detail }: TestJson['steps'][number]): string {
  return `  ${ok ? '✓' : '✗'} ${step.padEnd(6)}  ${printable(detail)}`
}
