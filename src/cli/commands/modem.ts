/** Modems: how they are, one AT command, a USSD session, a restart. */
import { createInterface } from 'node:readline/promises'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface ModemJson {
  id: string
  port: string
  label: string | null
  state: string
  reason: string | null
  number: string | null
  operator: string | null
  registration: string
  signal_dbm: number | null
}

export async function list(options: Options): Promise<void> {
  const modems = await all(await findGateway(options))
  if (options.json === true) {
    for (const modem of modems) json(modem)
  } else if (modems.length === 0) line('No modem is configured.')
  else table(modems.map(row))
}

/** `which` is an id, a label or a port; left out where there is only one. */
export async function at(command: string, options: Options & { modem?: string }): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, options.modem)
  const path = `/api/v1/modems/${encodeURIComponent(id)}/at`
  const reply = await call<{ lines: string[] }>(gateway, 'POST', path, { command })
  if (options.json === true) json(reply)
  else for (const answer of reply.lines) line(printable(answer))
}

interface UssdJson {
  status: string
  text: string | null
}

/**
 * A USSD session on the modem `which`: `--reply`s first, then a person's at the terminal, else it is ended. Exits 0 when
 * the network has answered, 2 when a reply was left out, 1 when the network would not.
 */
export async function ussd(
  which: string,
  text: string,
  options: Options & { reply?: readonly string[] },
): Promise<number> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, which)
  const path = `/api/v1/modems/${encodeURIComponent(id)}/ussd`
  const replies = [...(options.reply ?? [])]
  let answer = await call<UssdJson>(gateway, 'POST', path, { text })
  for (;;) {
    if (options.json === true) json(answer)
    else for (const words of printable(answer.text ?? ussdWord(answer.status)).split('\n')) line(words)
    if (answer.status !== 'reply_wanted')
      return answer.status === 'done' || answer.text !== null ? EXIT.ok : EXIT.failed
    const reply = replies.shift() ?? (await askPerson())
    if (reply === undefined || reply === '') {
      await call(gateway, 'POST', `${path}/cancel`)
      process.stderr.write('It wants a reply; the session was ended. Give one with --reply.\n')
      return EXIT.warnings
    }
    answer = await call<UssdJson>(gateway, 'POST', `${path}/reply`, { text: reply })
  }
}

function ussdWord(status: string): string {
  return `(${status.replaceAll('_', ' ')})`
}

/** Undefined where nobody sits at a terminal; empty ends the session. */
async function askPerson(): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question('reply (empty ends it): ')
  } finally {
    terminal.close()
  }
}

export async function reset(options: Options & { modem?: string }): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, options.modem)
  const modem = await call<ModemJson>(gateway, 'POST', `/api/v1/modems/${encodeURIComponent(id)}/reset`)
  if (options.json === true) json(modem)
  else table([row(modem)])
}

async function all(gateway: Address): Promise<ModemJson[]> {
  return (await call<{ data: ModemJson[] }>(gateway, 'GET', '/api/v1/modems')).data
}

async function pick(gateway: Address, which: string | undefined): Promise<ModemJson> {
  const modems = await all(gateway)
  const [only, ...others] = modems.filter(
    (modem) => which === undefined || [modem.id, modem.label, modem.port, modem.number].includes(which),
  )
  if (only !== undefined && others.length === 0) return only
  const known = modems.map((modem) => modem.label ?? modem.id).join(', ')
  throw new ExitError(
    EXIT.failed,
    which === undefined
      ? `Say which with --modem: ${known || 'there is none'}.`
      : `There is no modem ${which}; there is ${known || 'none'}.`,
  )
}

function row(modem: ModemJson): string[] {
  return [
    modem.label ?? modem.id,
    modem.number ?? '',
    modem.state,
    modem.operator ?? modem.registration,
    modem.signal_dbm === null ? '' : `${modem.signal_dbm} dBm`,
    modem.port,
    printable(modem.reason ?? ''),
  ]
}
