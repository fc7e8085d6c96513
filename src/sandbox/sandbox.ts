/**
 * `causeway sandbox`: the whole world on one machine. This process holds the world (modems, radio network, Signal
 * server, people), the gateway runs as a child like anywhere else, and is set up through its API like by an owner:
 *
 *   directory → world → causeway.yaml → gateway → register Signal with a code that comes by text → first messages
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EXIT, ExitError } from '../cli/exit.ts'
import { type Finding, SEVERITIES } from '../domain/finding.ts'
import { qrLines } from '../domain/qr.ts'
import type { Log } from '../log.ts'
import { ControlServer } from './control-server.ts'
import { freshDirectory, type SandboxPaths, sandboxPaths } from './fresh-directory.ts'
import { GatewayApi, until } from './gateway-api.ts'
import { GatewayProcess } from './gateway-process.ts'
import { SandboxWorld } from './world.ts'
import { WorldConsole } from './world-console.ts'

const readyTimeoutMs = 90_000
const stepTimeoutMs = 60_000

export interface SandboxOptions {
  /** Emptied at each start. */
  dataDir: string
  /** Address and port of the API, as `127.0.0.1:8420`. */
  httpListen: string
  log: Log
  /** Hears what is done, a line at a time. */
  progress: (line: string) => void
  /** How the command line program is called here, for the lines to try. */
  command?: string
  /** The Signal account is left for whoever tries it out, in the inbox or by `causeway signal register`. */
  unregistered?: boolean
  /** What starts the gateway, in front of `serve`; the running program when left out. */
  program?: readonly string[]
}

export interface Sandbox {
  readonly world: SandboxWorld
  readonly api: GatewayApi
  /** May everything. */
  readonly token: string
  /** Opens the inbox. */
  readonly setupCode: string
  /** Process id of the gateway. */
  readonly gatewayPid: number | undefined
  /** Rejects when the gateway ends by itself; never resolves before `stop`. */
  readonly ended: Promise<void>
  /** Stops the gateway, then the world. */
  stop(): Promise<void>
}

/**
 * Runs until SIGINT, SIGTERM or SIGHUP, then stops everything that it started. Throws ExitError when something does not
 * start (the gateway's own exit code, where it has one) or when the gateway ends by itself.
 */
export async function runSandbox(options: SandboxOptions): Promise<void> {
  const stopping = new AbortController()
  const onSignal = () => stopping.abort(new ExitError(EXIT.ok, 'stopped'))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, onSignal)
  try {
    const sandbox = await startSandbox(options, stopping.signal)
    const { data: findings } = await sandbox.api.call<{ data: Finding[] }>('GET', '/api/v1/system/doctor')
    for (const line of summary(sandbox, findings, options)) options.progress(line)
    if (process.stdout.isTTY === true) {
      for (const row of qrLines(inboxUrl(sandbox, options), { coloured: true })) options.progress(row)
    }
    try {
      await Promise.race([sandbox.ended, aborted(stopping.signal)])
    } finally {
      options.progress('Stopping …')
      await sandbox.stop()
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error
  } finally {
    for (const name of signals) process.off(name, onSignal)
  }
}

/** Starts everything and resolves when it can be used; an abort, or any failure, stops what was started. */
export async function startSandbox(options: SandboxOptions, signal: AbortSignal): Promise<Sandbox> {
  const { log, progress } = options
  const dataDir = resolve(options.dataDir)
  const paths = sandboxPaths(dataDir)
  const undo: (() => Promise<void>)[] = []
  const stop = once(async () => {
    for (const step of undo.reverse()) await step()
  })
  try {
    await freshDirectory(dataDir)
    const world = await SandboxWorld.start({ dataDir: paths.worldDir, log })
    undo.push(() => world.stop())
    const control = await ControlServer.listen(paths.controlSocket, new WorldConsole(world))
    undo.push(() => control.close())
    progress(
      `✓ radio network with ${world.modems.length} modems: ${world.modems.map(({ number }) => number).join(', ')}`,
    )
    progress(
      `✓ Signal server on 127.0.0.1:${world.server.port}, with ${world.people.map(({ name }) => name).join(', ')}`,
    )

    writeFileSync(paths.configFile, await configText(paths, options.httpListen, world), { mode: 0o600 })
    const gateway = new GatewayProcess({
      program: options.program ?? ownProgram(),
      configFile: paths.configFile,
      logFile: paths.gatewayLog,
    })
    undo.push(() => gateway.stop())
    const isStopping = new AbortController()
    undo.push(async () => isStopping.abort())
    const ended = gateway.ended.then(({ exitCode, words }) => {
      if (isStopping.signal.aborted) return new Promise<never>(() => {})
      throw new ExitError(
        exitCode || EXIT.failed,
        `The gateway ended (${words}). Its last words:\n${gateway.logTail()}`,
      )
    })
    ended.catch(() => {})
    const api = new GatewayApi(paths.apiSocket)
    const giveUp = AbortSignal.any([signal, isStopping.signal])
    const { token, setupCode } = await Promise.race([ended, setUp(world, api, options, giveUp)])
    return { world, api, token, setupCode, gatewayPid: gateway.pid, ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Everything an owner would do on the first day, but for signing in to the inbox. */
async function setUp(
  world: SandboxWorld,
  api: GatewayApi,
  { progress, unregistered }: SandboxOptions,
  signal: AbortSignal,
): Promise<{ token: string; setupCode: string }> {
  await until('The gateway did not become ready', readyTimeoutMs, signal, async () => {
    const reply = await api.ask('GET', '/healthz').catch(() => undefined)
    return reply?.status === 200 ? true : undefined
  })
  progress('✓ gateway ready')
  await until('The modems did not register', stepTimeoutMs, signal, async () => {
    const { data } = await api.call<{ data: { state: string }[] }>('GET', '/api/v1/modems')
    return data.length === world.modems.length && data.every(({ state }) => state === 'ready') ? true : undefined
  })
  progress('✓ modems registered')
  if (unregistered !== true) {
    await registerSignal(world, api, signal)
    progress(`✓ Signal account of ${world.gatewayNumber} registered, with the code that came by text`)
    await firstMessages(world, api, signal)
    progress('✓ everybody has said hello')
  }
  const { token } = await api.call<{ token: string }>('POST', '/api/v1/tokens', { name: 'sandbox', scopes: ['admin'] })
  const door = await api.call<{ setup_code: string }>('POST', '/api/v1/setup/code')
  return { token, setupCode: door.setup_code }
}

interface AccountView {
  state: string
  reason: string | null
  registration: { step: string; reason?: string } | null
}

async function registerSignal(world: SandboxWorld, api: GatewayApi, signal: AbortSignal): Promise<void> {
  const request = { number: world.gatewayNumber, captcha: 'signalcaptcha://sandbox', sign_out_phone: true }
  await api.call('POST', '/api/v1/signal/register', request)
  await until('The Signal account did not connect', stepTimeoutMs, signal, async () => {
    const account = await api.call<AccountView>('GET', '/api/v1/signal/account')
    if (account.registration?.step === 'failed') {
      throw new Error(`The Signal account could not be registered: ${account.registration.reason ?? ''}`)
    }
    return account.state === 'connected' ? true : undefined
  })
}

/** People write first, so that they are contacts with names. */
async function firstMessages(world: SandboxWorld, api: GatewayApi, signal: AbortSignal): Promise<void> {
  await world.sayHello()
  for (const { name, number } of world.people) {
    const contact = await until(`No message of ${name} arrived`, stepTimeoutMs, signal, async () => {
      const path = `/api/v1/contacts?address=${encodeURIComponent(number)}`
      const { data } = await api.call<{ data: { id: string }[] }>('GET', path)
      return data[0]
    })
    await api.call('PATCH', `/api/v1/contacts/${contact.id}`, { name })
  }
}

/** JSON is YAML, and needs no library. */
async function configText(paths: SandboxPaths, httpListen: string, world: SandboxWorld): Promise<string> {
  const modems = world.modems.map(async (modem) => {
    const { port, label } = modem
    return { port: `tcp://127.0.0.1:${port}`, label, mms: await world.mmsSection(modem) }
  })
  const config = {
    profile: 'sandbox',
    http: { listen: httpListen },
    region: 'US',
    // Whoever tries it out waits with pleasure, but not for a quarter of an hour.
    fallback: { after: 'PT20S' },
    data_dir: paths.gatewayDir,
    runtime_dir: paths.runtimeDir,
    modems: await Promise.all(modems),
    signal: { server: world.server.configSection(), profile_name: 'Causeway' },
    log: { level: 'debug', format: 'json' },
  }
  return `# Written by the sandbox at each start.\n${JSON.stringify(config, null, 2)}\n`
}

/** Opens the inbox, with the code that lets the first admin in. It stays behind the `#`: browsers send that to nobody. */
function inboxUrl({ setupCode }: Sandbox, { httpListen }: SandboxOptions): string {
  return `http://${httpListen}/#/?code=${setupCode}`
}

function summary(sandbox: Sandbox, findings: readonly Finding[], options: SandboxOptions): string[] {
  const { world, token, setupCode } = sandbox
  const { httpListen, dataDir, command = 'causeway' } = options
  const url = `http://${httpListen}`
  const curl = `curl -H "Authorization: Bearer ${token}"`
  const people = world.people.map(({ name, number, summary }) => `            ${name.padEnd(6)} ${number}  ${summary}`)
  return [
    '',
    'SANDBOX: nothing leaves this machine.',
    '',
    `  Gateway   ${world.modems.map(({ number, label }) => `${number} (${label})`).join(', ')}; Signal on ${world.gatewayNumber}`,
    '  People',
    ...people,
    `  Inbox     ${inboxUrl(sandbox, options)}   (setup code ${setupCode}, good once)`,
    `  API       ${url}/api/v1`,
    `  Token     ${token}`,
    `  Log       ${join(dataDir, 'gateway.log')}`,
    `  Doctor    ${inNumbers(findings)}`,
    '',
    '  Try',
    `    ${command} send ana "See you at eight"`,
    `    ${command} sim text ben "Call me"`,
    `    ${command} sim mms ben --text "Look"`,
    `    ${curl} ${url}/api/v1/messages`,
    `    ${curl} --json '{"to":"${world.people[0]?.number}","text":"Hello"}' ${url}/api/v1/messages`,
    `    ${curl} -N -H 'Accept: text/event-stream' ${url}/api/v1/events`,
    '',
    '  Ctrl-C stops everything.',
  ]
}

/** `11 ok · 1 info`, the worst last; and of which they are. */
function inNumbers(findings: readonly Finding[]): string {
  return SEVERITIES.flatMap((severity) => {
    const those = findings.filter((finding) => finding.severity === severity)
    if (those.length === 0) return []
    const names = severity === 'ok' ? '' : ` (${those.map(({ id }) => id).join(', ')})`
    return [`${those.length} ${severity}${names}`]
  }).join(' · ')
}

function ownProgram(): string[] {
  const [, script = ''] = process.argv
  return [process.execPath, ...process.execArgv, script]
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run()
    return running
  }
}
