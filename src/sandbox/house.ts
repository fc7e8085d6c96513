/**
 * The whole house for scenario tests and benchmarks: the sandbox's world in this process, the real gateway as a child that can be
 * stopped and killed, real Redis, real SQLCipher, everything on loopback in a directory of its own.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ControlServer } from './control-server.ts'
import { GatewayApi } from './gateway-api.ts'
import { GatewayProcess } from './gateway-process.ts'
import type { WorldModem } from './radio-world.ts'
import { SandboxWorld, type WorldOptions } from './world.ts'
import { WorldConsole } from './world-console.ts'

const PROGRAM = resolve('dist/program/main.js')
const READY_TIMEOUT_MS = 45_000
const POLL_MS = 20

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export interface HouseOptions {
  /** Sections of causeway.yaml that differ from the kit's. */
  config?: Record<string, unknown>
  /** False: texts only, no account is registered. */
  signal?: boolean
  /** Time passes on the air and in the modem; otherwise everything is as fast as it can be. */
  lively?: boolean
  /** Modems that take as long as real ones. */
  timing?: 'realistic'
  /** False: no picture messages are set up. Else what differs from settings by hand over an interface. */
  mms?: false | MmsSection
  /** More of the world's modems, by key. */
  sims?: WorldOptions['modems']
  /** How many of the world's modems the gateway drives. */
  modems?: number
  /** Where the gateway finds a modem that listens on this TCP port; there, unless told otherwise. */
  port?: (simPort: number) => Promise<string>
}

export interface MmsSection {
  /** `none` stands for the section alone: all is as the product has it where nothing is said. */
  bearer: 'interface' | 'modem-socket' | 'ppp' | 'embedded' | 'none'
  /** Keys of `modems[].mms` beside. */
  more?: Record<string, unknown>
}

export interface MessageView {
  id: string
  conversation_id: string
  direction: 'in' | 'out'
  text: string
  status: string
  transport: string | null
  encrypted: boolean
  code?: string | null
  reason?: string | null
  fallback?: { from: string; reason: string } | null
}

export class House {
  readonly world: SandboxWorld
  readonly api: GatewayApi
  readonly directory: string
  readonly #options: HouseOptions
  #gateway: GatewayProcess | undefined
  #control: ControlServer | undefined

  private constructor(world: SandboxWorld, directory: string, options: HouseOptions) {
    this.world = world
    this.directory = directory
    this.#options = options
    this.api = new GatewayApi(join(directory, 'run', 'api.sock'))
  }

  /** World and gateway up; modems ready; the account registered unless told otherwise. */
  static async open(options: HouseOptions = {}): Promise<House> {
    const directory = mkdtempSync(join(tmpdir(), 'cw-'))
    const worldDir = join(directory, 'world')
    mkdirSync(worldDir)
    mkdirSync(join(directory, 'run'), { mode: 0o700 })
    const world = await SandboxWorld.start({
      dataDir: worldDir,
      log: quiet,
      ...(options.lively === true ? {} : { delays: 'none' }),
      ...(options.timing === undefined ? {} : { timing: options.timing }),
      ...(options.sims === undefined ? {} : { modems: options.sims }),
    })
    const house = new House(world, directory, options)
    house.#control = await ControlServer.listen(join(directory, 'run', 'sim.sock'), new WorldConsole(world))
    await house.start()
    await house.modemsReady()
    if (options.signal !== false) await house.registerSignal()
    return house
  }

  get configFile(): string {
    return join(this.directory, 'causeway.yaml')
  }

  /** Starts the gateway and waits until it says that it is ready. */
  async start(): Promise<void> {
    writeFileSync(this.configFile, JSON.stringify(await this.#config()), { mode: 0o600 })
    this.#gateway = new GatewayProcess({
      // As installed. Reading source maps makes a start a quarter longer: NODE_OPTIONS=--enable-source-maps where one looks for a bug.
      program: [process.execPath, PROGRAM],
      configFile: this.configFile,
      logFile: join(this.directory, 'gateway.log'),
    })
    const gateway = this.#gateway
    let ended: string | undefined
    void gateway.ended.then(({ words }) => {
      ended = words
    })
    await this.eventually('the gateway is ready', async () => {
      if (ended !== undefined) throw new Fatal(`the gateway ended (${ended}): ${gateway.logTail()}`)
      const reply = await this.api.ask('GET', '/healthz').catch(() => undefined)
      return reply?.status === 200
    })
  }

  /** Kill −9, this very moment. */
  async kill(): Promise<void> {
    const { pid } = this.#gateway ?? {}
    if (pid === undefined) return
    process.kill(pid, 'SIGKILL')
    await this.#gateway?.ended
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop()
    this.#gateway = undefined
  }

  get gatewayPid(): number | undefined {
    return this.#gateway?.pid
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#control?.close()
    await this.world.stop()
    if (process.env['KEEP_HOUSE'] === undefined) rmSync(this.directory, { recursive: true, force: true })
  }

  async modemsReady(): Promise<void> {
    await this.eventually('the modems are ready', async () => {
      const { data } = await this.api.call<{ data: { state: string }[] }>('GET', '/api/v1/modems')
      return data.length === (this.#options.modems ?? 1) && data.every(({ state }) => state === 'ready')
    })
  }

  async signalConnected(): Promise<void> {
    await this.eventually('Signal is connected', async () => {
      const { state, registration } = await this.api.call<{ state: string; registration: unknown }>(
        'GET',
        '/api/v1/signal/account',
      )
      const step = registration as { step?: string; reason?: string } | null
      if (step?.step === 'failed') throw new Fatal(`registration failed: ${step.reason}`)
      return state === 'connected'
    })
  }

  async registerSignal(): Promise<void> {
    await this.api.call('POST', '/api/v1/signal/register', {
      number: this.world.gatewayNumber,
      captcha: 'signalcaptcha://test',
      sign_out_phone: true,
    })
    await this.signalConnected()
  }

  /** Hands in a message; resolves with its id once the gateway answered 202. */
  async send(to: string, text: string, more: Record<string, unknown> = {}): Promise<string> {
    const { id } = await this.api.call<{ id: string }>('POST', '/api/v1/messages', { to, text, ...more })
    return id
  }

  message(id: string): Promise<MessageView> {
    return this.api.call('GET', `/api/v1/messages/${id}`)
  }

  async attempts(
    id: string,
  ): Promise<{ n: number; transport: string; result: string | null; detail: string | null }[]> {
    const { data } = await this.api.call<{ data: [] }>('GET', `/api/v1/messages/${id}/attempts`)
    return data
  }

  /** Waits until the message is in one of these states. */
  async reaches(id: string, ...states: string[]): Promise<MessageView> {
    let last: MessageView | undefined
    await this.eventually(
      () => `message is ${states.join(' or ')} (it is ${last?.status}, ${last?.code}: ${last?.reason})`,
      async () => {
        last = await this.message(id)
        return states.includes(last.status)
      },
    )
    if (last === undefined) throw new Error('unreachable')
    return last
  }

  /** All messages, oldest first. */
  async messages(query = ''): Promise<MessageView[]> {
    const all: MessageView[] = []
    let cursor: string | null = null
    do {
      const page: { data: MessageView[]; next_cursor: string | null } = await this.api.call(
        'GET',
        `/api/v1/messages?limit=200${query}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      all.push(...page.data)
      cursor = page.next_cursor
    } while (cursor !== null)
    return all.reverse()
  }

  async contact(number: string): Promise<Record<string, unknown> & { id: string }> {
    const { data } = await this.api.call<{ data: (Record<string, unknown> & { id: string })[] }>(
      'GET',
      `/api/v1/contacts?address=${encodeURIComponent(number)}`,
    )
    const [contact] = data
    if (contact === undefined) throw new Error('no such contact')
    return contact
  }

  /** Waits, bounded, until `look` says true. */
  async eventually(
    what: string | (() => string),
    look: () => Promise<boolean> | boolean,
    timeoutMs = READY_TIMEOUT_MS,
  ) {
    const deadline = performance.now() + timeoutMs
    let problem: unknown
    while (performance.now() < deadline) {
      try {
        if (await look()) return
        problem = undefined
      } catch (error) {
        if (error instanceof Fatal) throw error
        problem = error
      }
      await sleep(POLL_MS)
    }
    throw new Error(`never: ${typeof what === 'string' ? what : what()}`, { cause: problem })
  }

  async #mms(modem: WorldModem, section: MmsSection | undefined): Promise<Record<string, unknown>> {
    const { bearer = 'interface', more } = section ?? {}
    return bearer === 'none' ? { ...more } : { ...(await this.world.mmsSection(modem, bearer)), ...more }
  }

  async #config(): Promise<Record<string, unknown>> {
    const driven = this.world.modems.slice(0, this.#options.modems ?? 1)
    const modems = driven.map(async (modem) => {
      const { port, label } = modem
      const mms = this.#options.mms === false ? {} : { mms: await this.#mms(modem, this.#options.mms) }
      const found = await this.#options.port?.(port)
      return { port: found ?? `tcp://127.0.0.1:${port}`, label, ...mms }
    })
    return {
      profile: 'sandbox',
      http: { listen: '127.0.0.1:0' },
      region: 'US',
      data_dir: join(this.directory, 'data'),
      runtime_dir: join(this.directory, 'run'),
      modems: await Promise.all(modems),
      signal: { server: this.world.server.configSection() },
      log: { level: 'debug', format: 'json' },
      ...this.#options.config,
    }
  }
}

class Fatal extends Error {}
