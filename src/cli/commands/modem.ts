/** Modems: how they are, one AT command, a restart; and a trace played again. */
import { readFile } from 'node:fs/promises'
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

export async function reset(options: Options & { modem?: string }): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, options.modem)
  const modem = await call<ModemJson>(gateway, 'POST', `/api/v1/modems/${encodeURIComponent(id)}/reset`)
  if (options.json === true) json(modem)
  else table([row(modem)])
}

/** Exit code 0 when the driver got ready on it, 2 when not. */
export async function replay(file: string, options: { json?: boolean }): Promise<void> {
  const trace = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ExitError(EXIT.usage, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const { replay: play } = await import('../../sandbox/replay.ts')
  const state = await play(trace, (happened) => {
    if (options.json === true) json(happened)
    else line(`${(happened.atMs / 1000).toFixed(3)} ${happened.event} ${printable(happened.detail)}`)
  })
  if (state !== 'ready') process.exitCode = EXIT.warnings
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
