/**
 * Drives the sandbox's world over its socket. The world says itself what it can do (`GET /`), so a new action needs no
 * change here: `causeway sim ACTION [VALUE…] [--parameter VALUE]…`, values without a name in the order of the required
 * parameters. `causeway sim run FILE` needs no sandbox (`sim-run.ts`).
 */
import { existsSync } from 'node:fs'
import { type ActionDocument, ActionError } from '../../sandbox/action.ts'
import { namedAction, readWords, usageOf } from '../../sandbox/words.ts'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, inCheckout, request } from '../gateway.ts'
import { json, line, table } from '../print.ts'

const SOCKET = 'data/sandbox/run/sim.sock'

/** `words` are everything behind `sim`. */
export async function sim(words: readonly string[], options: { socket?: string; json?: boolean }): Promise<void> {
  const [first, ...others] = words
  if (first === 'run') return (await import('./sim-run.ts')).simRun(others, options)
  const isHelp = first === 'help' || first === '--help' || first === '-h'
  const own = inCheckout(SOCKET)
  const here = own.find((path) => existsSync(path)) ?? SOCKET
  const world = { socketPath: options.socket ?? process.env['CAUSEWAY_SIM_SOCKET'] ?? here }
  const actions = await describe(world).catch((error: unknown) => {
    if (!isHelp || !(error instanceof ExitError)) throw error
    // How it is called is known without a sandbox; what it can do, the sandbox says.
    overview([])
    line(error.message)
    return undefined
  })
  if (actions === undefined) return
  if (first === undefined || isHelp) return overview(actions)
  const [name, rest] = namedAction(actions, words)
  const action = actions.find((candidate) => candidate.name === name)
  if (action === undefined) {
    throw new ExitError(
      EXIT.usage,
      `There is no action ${name}. There are: ${actions.map((known) => known.name).join(', ')}.`,
    )
  }
  if (rest.includes('--help') || rest.includes('-h')) return help(action)
  const isJson = options.json === true || rest.includes('--json')
  const values = given(
    action,
    rest.filter((word) => word !== '--json'),
  )
  const reply = await request(world, 'POST', '/', { action: name, ...values })
  const body = reply.body as { result?: unknown; error?: { code: string; message: string } }
  if (reply.status >= 300) {
    const code = body.error?.code === 'bad-argument' ? EXIT.usage : EXIT.failed
    throw new ExitError(code, body.error?.message ?? `HTTP ${reply.status}`)
  }
  if (isJson) json(body.result)
  else show(body.result)
}

async function describe(world: Address): Promise<ActionDocument[]> {
  try {
    const reply = await request(world, 'GET', '/')
    return (reply.body as { actions: ActionDocument[] }).actions
  } catch (error) {
    if (!(error instanceof ExitError) || error.exitCode !== EXIT.unavailable) throw error
    throw new ExitError(
      EXIT.unavailable,
      `${error.message}\nNo sandbox runs here. Start one with \`causeway sandbox\`.`,
    )
  }
}

function overview(actions: readonly ActionDocument[]): void {
  line('Usage: causeway sim ACTION [VALUE…] [--parameter VALUE]… [--json]')
  line('       causeway sim run FILE            a scenario file, without a sandbox; see causeway sim run --help')
  line()
  table(actions.map((action) => [`  ${usageOf(action, true)}`, action.summary]))
}

function help(action: ActionDocument): void {
  line(`Usage: causeway sim ${usageOf(action)}`)
  line(action.summary)
  table(
    action.parameters.map(({ name, summary, kind, fallback, oneOf }) => [
      `  --${name.replaceAll('_', '-')}`,
      oneOf === undefined ? kind : oneOf.join('|'),
      `${summary}${fallback === undefined ? '' : ` (${String(fallback)})`}`,
    ]),
  )
}

/** What was wrong in the words, as wrong usage of the program. */
function given(action: ActionDocument, words: readonly string[]): Record<string, string> {
  try {
    return readWords(action, words)
  } catch (error) {
    if (error instanceof ActionError) throw new ExitError(EXIT.usage, error.message)
    throw error
  }
}

function show(result: unknown): void {
  const rows = Array.isArray(result) ? result : [result]
  for (const row of rows) {
    if (typeof row !== 'object' || row === null) line(String(row ?? 'done'))
    else
      line(
        Object.entries(row)
          .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
          .join('  '),
      )
  }
}
