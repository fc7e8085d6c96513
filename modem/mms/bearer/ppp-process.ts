/**
 * One pppd, as a child of ours: started with a file of options, listened to, ended by its own process id within bounds.
 * It does not outlive us: Node's own exit ends it, and where setpriv (util-linux) is there, the kernel does when we are
 * killed. The kernel forgets that for a program that becomes root by its mode bits; such a one is ended by the control
 * group of the service, else by `maxconnect`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { type Clock, within } from '../../serial/surroundings.ts'
import { type PppEnd, PppError, PppReport } from './ppp-report.ts'

const SETPRIV = '/usr/bin/setpriv'
/** After its end, for the last it said: a child of its own may keep the pipe. */
const LAST_WORDS_MS = 500
/** A killed process is gone at once, unless the kernel is stuck in a driver. */
const KILLED_MS = 2_000

export class PppProcess {
  readonly report = new PppReport()
  /** Never rejects. */
  readonly ended: Promise<PppEnd>
  readonly #child: ChildProcess
  readonly #clock: Clock
  #isOver = false
  #heard: () => void = () => {}

  private constructor(child: ChildProcess, clock: Clock) {
    this.#child = child
    this.#clock = clock
    const kill = () => this.#kill()
    process.once('exit', kill)
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    this.ended = new Promise((resolve) => {
      const over = async (end: PppEnd) => {
        this.#isOver = true
        process.off('exit', kill)
        await within(clock, LAST_WORDS_MS, closed)
        resolve(end)
        this.#heard()
      }
      child.once('error', () => void over({ code: null, signal: 'a failure of the system' }))
      child.once('exit', (code, signal) => void over({ code, signal }))
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('latin1').on('data', (chunk: string) => {
        this.report.take(chunk)
        this.#heard()
      })
    }
  }

  /** Throws PppError `pppd-missing` or `not-permitted`. */
  static async start(program: string, args: readonly string[], clock: Clock): Promise<PppProcess> {
    await access(program, constants.X_OK).catch((error: unknown) => {
      const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES'
      throw isDenied
        ? new PppError('not-permitted', `${program} may not be run by this user: group dip on Debian`, error)
        : new PppError('pppd-missing', `there is no ${program}: install the package ppp, or say where it is`, error)
    })
    const command = [program, ...args]
    const [first = program, ...others] = (await canRun(SETPRIV))
      ? [SETPRIV, '--pdeathsig', 'TERM', '--', ...command]
      : command
    const child = spawn(first, others, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: pppd signals its whole group when it hangs up, and that must not be ours.
      detached: true,
    })
    return new PppProcess(child, clock)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves when it has said something, or has ended, or the signal aborts. */
  news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#heard = () => {}
        resolve()
      }
      this.#heard = done
      signal.addEventListener('abort', done, { once: true })
      if (this.#isOver) void this.ended.then(done)
      if (signal.aborted) done()
    })
  }

  /** Asks it to hang up and waits so long; then it is killed. Never rejects. */
  async end(hangUpMs: number): Promise<void> {
    if (!this.#isOver) this.#child.kill('SIGTERM')
    const waited = await within(this.#clock, hangUpMs, this.ended)
    if (!waited.late) return
    this.#kill()
    await within(this.#clock, KILLED_MS, this.ended)
  }

  /** Its group, which is its own and nobody else's: a chat program that hangs holds the port. */
  #kill(): void {
    const { pid } = this.#child
    if (pid === undefined || this.#isOver) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL')
    }
  }
}

function canRun(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
