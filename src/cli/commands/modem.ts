/** Modems: how they are, what was said to them, one AT command, a USSD session, a restart; and a trace played again. */
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line, printable, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

export interface ModemJson {
  id: string
  port: string
  label: string | null
  state: string
  reason: string | null
  sim_lock: SimLockJson | null
  number: string | null
  operator: string | null
  registration: string
  networks: { eps: string | null; ims: boolean | null }
  signal_dbm: number | null
  texts: TextsJson | null
  mms: { available: boolean; reason: string | null } | null
  recovery: { counts: Record<string, number> }
}

/** What a SIM waits for. */
export interface SimLockJson {
  wants: 'pin' | 'puk' | 'other'
  tries_left: number | null
  tries_told: boolean
}

interface TextsJson {
  available: boolean
  reason: string | null
  today: number | null
  daily_quota: number | null
  this_month: number | null
  monthly_quota: number | null
  cost_per_part: number | null
}

export async function list(options: Options): Promise<void> {
  const modems = await all(await findGateway(options))
  if (options.json === true) {
    for (const modem of modems) json(modem)
  } else if (modems.length === 0) line('No modem is configured.')
  else table(modems.map(row))
}

/** `words` are the modem (id, label, number or port; left out where there is only one) and the command. */
export async function at(words: readonly string[], options: Options & { modem?: string }): Promise<void> {
  const [which, command] = modemAnd('command', words)
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, options.modem ?? which)
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
 * A USSD session; `words` as of `at`. `--reply`s first, then a person's at the terminal, else it is ended. Exits 0 when
 * the network has answered, 2 when a reply was left out, 1 when the network would not.
 */
export async function ussd(
  words: readonly string[],
  options: Options & { reply?: readonly string[] },
): Promise<number> {
  const [which, text] = modemAnd('text', words)
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

function modemAnd(what: string, words: readonly string[]): [which: string | undefined, text: string] {
  const [first = '', second, ...others] = words
  if (others.length > 0) {
    throw new ExitError(EXIT.usage, `Give the modem and the ${what}, the ${what} in quotes when it holds blanks.`)
  }
  return second === undefined ? [undefined, first] : [first, second]
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

export async function reset(which: string | undefined, options: Options & { modem?: string }): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, options.modem ?? which)
  const modem = await call<ModemJson>(gateway, 'POST', `/api/v1/modems/${encodeURIComponent(id)}/reset`)
  if (options.json === true) json(modem)
  else table([row(modem)])
}

interface PortJson {
  port: string
  usb_id: string | null
  interface: number | null
  product: string | null
  result: string
  reason: string | null
  imei: string | null
  manufacturer: string | null
  model: string | null
  profile: string | null
}

/** What is at the serial ports of the gateway's machine. */
export async function probe(options: Options): Promise<void> {
  const { data } = await call<{ data: PortJson[] }>(await findGateway(options), 'POST', '/api/v1/modems/probe')
  if (options.json === true) {
    for (const port of data) json(port)
  } else if (data.length === 0) line('There is no serial port on the gateway’s machine.')
  else table(data.map(portRow))
}

function portRow(port: PortJson): string[] {
  const what =
    port.result === 'modem'
      ? `${[port.manufacturer, port.model].filter((word) => word !== null).join(' ')}, IMEI ${port.imei}, profile ${port.profile}`
      : (port.reason ?? '')
  const where = [port.usb_id, port.interface === null ? null : `interface ${port.interface}`]
  return [port.port, where.filter((word) => word !== null).join(' '), port.result, printable(what)]
}

/** Writes the transcript to a file, or to standard output. `unmasked` leaves numbers and texts in it. */
export async function trace(
  which: string | undefined,
  options: Options & { output?: string; unmasked?: boolean },
): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await pick(gateway, which)
  const path = `/api/v1/modems/${encodeURIComponent(id)}/trace?unmasked=${options.unmasked === true}`
  const reply = await call<{ transcript: string }>(gateway, 'GET', path)
  if (options.json === true) json(reply)
  else if (options.output === undefined) process.stdout.write(reply.transcript)
  else {
    await writeFile(options.output, reply.transcript, { mode: 0o600 })
    line(`Written to ${options.output}.`)
  }
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

/** By id, label, port or number; undefined: the only one there is. */
export async function pick(gateway: Address, which: string | undefined): Promise<ModemJson> {
  const modems = await all(gateway)
  const [only, ...others] = modems.filter(
    (modem) => which === undefined || [modem.id, modem.label, modem.port, modem.number].includes(which),
  )
  if (only !== undefined && others.length === 0) return only
  const known = modems.map((modem) => modem.label ?? modem.id).join(', ')
  const wish = which === undefined ? 'Say which modem' : `There is no modem ${which}`
  throw new ExitError(EXIT.failed, `${wish}; there is ${known || 'none'}.`)
}

function row(modem: ModemJson): string[] {
  return [
    modem.label ?? modem.id,
    modem.number ?? '',
    modem.state,
    [modem.operator ?? modem.registration, ...network(modem)].join(' '),
    modem.signal_dbm === null ? '' : `${modem.signal_dbm} dBm`,
    [used(modem.texts), modem.mms?.available === true ? 'MMS' : ''].filter((text) => text !== '').join(', '),
    modem.port,
    [
      ...recovered(modem),
      printable(modem.reason ?? (modem.texts?.available === false ? modem.texts.reason : null) ?? ''),
      pictureTrouble(modem),
    ]
      .filter((text) => text !== '')
      .join(' · '),
  ]
}

/** Why there are no picture messages, where that is not why there is nothing at all. */
function pictureTrouble({ state, mms }: ModemJson): string {
  if (mms === null || mms.available || state !== 'ready') return ''
  return `no MMS: ${printable(mms.reason ?? 'why is not known')}`
}

/** `LTE`, `LTE+IMS`; nothing where it is elsewhere, or says nothing. */
function network({ networks: { eps, ims } }: ModemJson): string[] {
  if (eps !== 'home' && eps !== 'roaming') return []
  return [ims === true ? 'LTE+IMS' : 'LTE']
}

/** `12/200 today, 340/5000 this month`: what has left, and of how much where there is a quota. */
function used(texts: TextsJson | null): string {
  if (texts === null || texts.today === null) return ''
  const day = `${texts.today}${texts.daily_quota === null ? '' : `/${texts.daily_quota}`} today`
  return texts.monthly_quota === null ? day : `${day}, ${texts.this_month}/${texts.monthly_quota} this month`
}

/** `reopened 2, restarted 1`; steps that were not needed are left out. */
function recovered(modem: ModemJson): string[] {
  const words: Record<string, string> = {
    resync: 'found step',
    reopen: 'reopened',
    radio: 'radio cycled',
    restart: 'restarted',
    replug: 'replugged',
    'give-up': 'given up',
  }
  const done = Object.entries(modem.recovery.counts).filter(([, count]) => count > 0)
  return done.length === 0 ? [] : [done.map(([step, count]) => `${words[step] ?? step} ${count}×`).join(', ')]
}
