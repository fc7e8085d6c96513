/**
 * Drives the sandbox's world over its socket. The world says itself what it can do (`GET /`), so a new action needs no
 * change here: `causeway sim ACTION [VALUE…] [--parameter VALUE]…`, values without a name in the order of the required
 * parameters.
 */
import { existsSync } from 'node:fs'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, inCheckout, request } from '../gateway.ts'
import { json, line, table } from '../print.ts'

interface Parameter {
  name: string
  summary: string
  kind: string
  required?: boolean
  fallback?: unknown
  oneOf?: string[]
}

interface Action {
  name: string
  summary: string
  parameters: Parameter[]
}

const SOCKET = 'data/sandbox/run/sim.sock'

/** `words` are everything behind `sim`. */
export async function sim(words: readonly string[], options: { socket?: string; json?: boolean }): Promise<void> {
  const [name, ...rest] = words
  const own = inCheckout(SOCKET)
  const here = own.find((path) => existsSync(path)) ?? SOCKET
  const world = { socketPath: options.socket ?? process.env['CAUSEWAY_SIM_SOCKET'] ?? here }
  const actions = await describe(world)
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return overview(actions)
  const action = actions.find((candidate) => candidate.name === name)
  if (action === undefined) {
    throw new ExitError(
      EXIT.usage,
      `There is no action ${name}. There are: ${actions.map((known) => known.name).join(', ')}.`,
    )
  }
  if (rest.includes('--help') || rest.includes('-h')) return help(action)
  const { given, isJson } = readWords(action, rest)
  const reply = await request(world, 'POST', '/', { action: name, ...given })
  const body = reply.body as { result?: unknown; error?: { code: string; message: string } }
  if (reply.status >= 300) {
    const code = body.error?.code === 'bad-argument' ? EXIT.usage : EXIT.failed
    throw new ExitError(code, body.error?.message ?? `HTTP ${reply.status}`)
  }
  if (isJson || options.json === true) json(body.result)
  else show(body.result)
}

async function describe(world: Address): Promise<Action[]> {
  try {
    const reply = await request(world, 'GET', '/')
    return (reply.body as { actions: Action[] }).actions
  } catch (error) {
    if (!(error instanceof ExitError) || error.exitCode !== EXIT.unavailable) throw error
    throw new ExitError(
      EXIT.unavailable,
      `${error.message}\nNo sandbox runs here. Start one with \`causeway sandbox\`.`,
    )
  }
}

/** Reads `--name value`, `--name=value`, `--flag` and bare values against the action's parameters. */
function readWords(action: Action, words: readonly string[]): { given: Record<string, string>; isJson: boolean } {
  const given: Record<string, string> = {}
  const bare: string[] = []
  const takesJson = action.parameters.some((parameter) => parameter.name === 'json')
  let isJson = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const [, option = '', inline] = /^--([a-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (option === '') bare.push(word)
    else if (option === 'json' && !takesJson) isJson = true
    else {
      const name = option.replaceAll('-', '_')
      const parameter = action.parameters.find((known) => known.name === name)
      if (parameter === undefined)
        throw new ExitError(EXIT.usage, `${action.name} takes no --${option}. ${usage(action)}`)
      const next = words[i + 1]
      const standsAlone = parameter.kind === 'flag' && next !== 'true' && next !== 'false'
      if (inline !== undefined) given[name] = inline
      else if (standsAlone) given[name] = 'true'
      else if (next === undefined) throw new ExitError(EXIT.usage, `--${option} wants a value. ${usage(action)}`)
      else {
        given[name] = next
        i++
      }
    }
  }
  const open = action.parameters.filter(({ name, required }) => required === true && given[name] === undefined)
  for (const [i, value] of bare.entries()) {
    const parameter = open[i]
    if (parameter === undefined) throw new ExitError(EXIT.usage, `What is ${value}? ${usage(action)}`)
    given[parameter.name] = value
  }
  return { given, isJson }
}

function overview(actions: readonly Action[]): void {
  line('Usage: causeway sim ACTION [VALUE…] [--parameter VALUE]… [--json]')
  line()
  table(actions.map((action) => [`  ${usage(action).replace('Usage: causeway sim ', '')}`, action.summary]))
}

function help(action: Action): void {
  line(usage(action))
  line(action.summary)
  table(
    action.parameters.map(({ name, summary, kind, fallback, oneOf }) => [
      `  --${name.replaceAll('_', '-')}`,
      oneOf === undefined ? kind : oneOf.join('|'),
      `${summary}${fallback === undefined ? '' : ` (${String(fallback)})`}`,
    ]),
  )
}

function usage(action: Action): string {
  const parameters = action.parameters.map(({ name, required }) => {
    const option = name.replaceAll('_', '-')
    return required === true ? `<${option}>` : `[--${option}]`
  })
  return ['Usage: causeway sim', action.name, ...parameters].join(' ')
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
