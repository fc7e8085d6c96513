/**
 * A private Redis: a child of ours on a Unix socket, append-only file on, no TCP port, never the system's own instance.
 * Restarted with back-off when it dies, ended by `stop`. It dies with us even when we are killed (`setpriv --pdeathsig`
 * where there is one); what a predecessor left running is asked to end before ours begins.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CausewayError } from '../domain/errors.ts'
import type { Log } from '../log.ts'

export interface PrivateRedisOptions {
  /** Where its append-only file lives; made with mode 0700. */
  directory: string
  /** Where the socket goes; the directory itself when undefined. */
  runtimeDirectory: string | undefined
  /** Directories to look for the server in; $PATH and the usual places when left out. */
  searchPath?: readonly string[]
  log: Log
}

/** sockaddr_un holds 108 octets with the closing NUL. */
const SOCKET_PATH_BYTES_MAX = 107
const START_TIMEOUT_MS = 10_000
const POLL_MS = 20
const STOP_TIMEOUT_MS = 5_000
const RESTART_MIN_MS = 100
const RESTART_MAX_MS = 5_000
/** Running this long, it counts as healthy again. */
const HEALTHY_MS = 30_000
const REPLY_BYTES_MAX = 65_536
const REPLY_TIMEOUT_MS = 2_000
/** Both speak the protocol and take the same flags. */
const SERVERS = ['redis-server', 'valkey-server']

export class PrivateRedis {
  readonly socketPath: string
  readonly #directory: string
  readonly #log: Log
  readonly #command: readonly string[]
  #child: ChildProcess | undefined
  #restarting: Promise<void> = Promise.resolve()
  #stopping = new AbortController()

  private constructor(directory: string, socketPath: string, command: readonly string[], log: Log) {
    this.#directory = directory
    this.socketPath = socketPath
    this.#command = command
    this.#log = log
  }

  /**
   * Starts it and waits until it answers.
   * Errors: CausewayError `redis-missing` (no server program; the message has the line that installs it),
   * `redis-in-use` (another gateway works with this directory), `redis-failed`; all `after-human`.
   */
  static async start(options: PrivateRedisOptions): Promise<PrivateRedis> {
    const { directory, runtimeDirectory, log } = options
    const places = options.searchPath ?? usualPlaces()
    const server = await firstOf(SERVERS, places)
    if (server === undefined) {
      throw problem(
        'redis-missing',
        'There is no Redis server on this machine. Install one: sudo apt-get install -y --no-install-recommends redis-server',
      )
    }
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const socketPath = await placeSocket(directory, runtimeDirectory)
    await endPredecessor(socketPath)
    const setpriv = await firstOf(['setpriv'], places)
    const command = [...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM', '--']), server]
    const redis = new PrivateRedis(directory, socketPath, command, log)
    try {
      await redis.#launch()
    } catch (cause) {
      await redis.stop()
      throw problem('redis-failed', `The private Redis in ${directory} does not start.`, cause)
    }
    return redis
  }

  /** The process id of the child that runs now. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Ends it and waits until it has gone. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#restarting
    const child = this.#child
    if (child === undefined || child.pid === undefined || ended(child)) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await gone
    clearTimeout(timer)
  }

  async #launch(): Promise<void> {
    await rm(this.socketPath, { force: true })
    const [program = 'redis-server', ...before] = this.#command
    // A process group of its own: Ctrl-C goes to us, and we end it after the last job.
    const child = spawn(program, [...before, ...this.#flags()], { stdio: 'ignore', detached: true })
    this.#child = child
    child.once('error', (error) => this.#log.warn({ err: error }, 'the private Redis could not be started'))
    await this.#answers(child)
    const startedAt = performance.now()
    const died = () => {
      if (this.#stopping.signal.aborted) return
      this.#log.warn({ code: child.exitCode, signal: child.signalCode }, 'the private Redis died; it is started again')
      const healthy = performance.now() - startedAt >= HEALTHY_MS
      this.#restarting = this.#restart(healthy ? RESTART_MIN_MS : RESTART_MIN_MS * 2)
    }
    if (ended(child)) died()
    else child.once('exit', died)
  }

  async #restart(delayMs: number): Promise<void> {
    for (let wait = delayMs; !this.#stopping.signal.aborted; wait = Math.min(RESTART_MAX_MS, wait * 2)) {
      await sleep(wait, undefined, { signal: this.#stopping.signal }).catch(() => {})
      if (this.#stopping.signal.aborted) return
      try {
        await this.#launch()
        return
      } catch (error) {
        this.#log.warn({ err: error }, 'the private Redis did not come back yet')
      }
    }
  }

  async #answers(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    while (performance.now() < deadline) {
      if (child.pid === undefined || ended(child)) throw new Error(`it ended with code ${child.exitCode}`)
      if ((await ask(this.socketPath, 'PING'))?.startsWith('+PONG') === true) return
      await sleep(POLL_MS)
    }
    child.kill('SIGKILL')
    throw new Error('it does not answer')
  }

  #flags(): string[] {
    const flags: Record<string, string> = {
      port: '0',
      unixsocket: this.socketPath,
      unixsocketperm: '700',
      dir: this.#directory,
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
      'maxmemory-policy': 'noeviction',
      daemonize: 'no',
      loglevel: 'warning',
      logfile: join(this.#directory, 'redis.log'),
    }
    return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The socket's path, in a place where it is short enough. */
async function placeSocket(directory: string, runtimeDirectory: string | undefined): Promise<string> {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  const fallback = join(tmpdir(), `causeway-${process.getuid?.() ?? 0}-${hash}`)
  for (const place of [runtimeDirectory ?? directory, fallback]) {
    const path = join(place, 'redis.sock')
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) continue
    await mkdir(place, { recursive: true, mode: 0o700 })
    return path
  }
  throw problem('redis-failed', 'No path is short enough for the socket of the private Redis; set runtime_dir.')
}

/** A Redis of a predecessor that was killed is ended; one that somebody works with is left alone. */
async function endPredecessor(socketPath: string): Promise<void> {
  const clients = await ask(socketPath, 'CLIENT LIST')
  if (clients === undefined) return
  const others = clients.split('\n').filter((line) => line.includes('addr=')).length - 1
  if (others > 0) {
    throw problem(
      'redis-in-use',
      `Another gateway is at work with ${socketPath}. Stop it first, or give this one another data_dir.`,
    )
  }
  await ask(socketPath, 'SHUTDOWN')
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while ((await ask(socketPath, 'PING')) !== undefined) {
    if (performance.now() > deadline) {
      throw problem('redis-failed', `The Redis that an earlier run left at ${socketPath} does not end. End it by hand.`)
    }
    await sleep(POLL_MS)
  }
}

/** Sends one inline command; the first octets of the reply, or undefined when nobody answers. */
function ask(socketPath: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    let reply = ''
    const done = (value: string | undefined) => {
      socket.destroy()
      resolve(value)
    }
    socket.setTimeout(REPLY_TIMEOUT_MS, () => done(undefined))
    socket.once('error', () => done(undefined))
    socket.once('close', () => done(undefined))
    socket.once('connect', () => socket.write(`${command}\r\n`))
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1')
      if (isWhole(reply) || reply.length > REPLY_BYTES_MAX) done(reply)
    })
  })
}

/** Simple strings and errors end with their line, bulk strings after as many octets as they say. */
function isWhole(reply: string): boolean {
  const end = reply.indexOf('\r\n')
  if (end < 0) return false
  return reply.startsWith('$') ? reply.length >= end + 4 + Number(reply.slice(1, end)) : true
}

function usualPlaces(): readonly string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((place) => place !== '')
  return [...path, '/usr/bin', '/usr/sbin', '/usr/local/bin']
}

async function firstOf(programs: readonly string[], places: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    for (const place of places) {
      const path = join(place, program)
      const runs = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (runs) return path
    }
  }
  return undefined
}

function problem(code: string, message: string, cause?: unknown): CausewayError {
  return new CausewayError({ code, message, retry: 'after-human', ...(cause === undefined ? {} : { cause }) })
}
