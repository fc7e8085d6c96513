/**
 * The gateway as a child of the sandbox: started from the same program, its log in a file, stopped with a deadline.
 * It gets a process group of its own, so that Ctrl-C reaches it once, from here, and in order.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** Longer than the gateway grants itself to finish what it is doing. */
const stopTimeoutMs = 30_000
const logTailLines = 15

export interface GatewayProcessOptions {
  /** Program and arguments in front of `serve`: the running program's own. */
  program: readonly string[]
  configFile: string
  logFile: string
}

export class GatewayProcess {
  readonly #child: ChildProcess
  readonly #logFile: string
  /** Resolves with words about how it ended, whenever it ends. */
  readonly ended: Promise<{ exitCode: number | undefined; words: string }>

  constructor(options: GatewayProcessOptions) {
    const [command = process.execPath, ...front] = options.program
    const log = openSync(options.logFile, 'a')
    this.#logFile = options.logFile
    this.#child = spawn(command, [...front, 'serve', '--config', options.configFile], {
      stdio: ['ignore', log, log],
      // Killed with -9, this process can stop nothing any more.
      env: { ...process.env, CAUSEWAY_STOP_WITH_PARENT: '1' },
      detached: true,
    })
    closeSync(log)
    process.once('exit', this.#killGroup)
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ exitCode: undefined, words: error.message }))
      this.#child.once('exit', (code, signal) => {
        process.off('exit', this.#killGroup)
        resolve({ exitCode: code ?? undefined, words: signal === null ? `exit code ${code}` : `signal ${signal}` })
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The last lines of its log. */
  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n')
  }

  /** Asks it to stop; kills it, and what it started, when it has not by the deadline. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    const deadline = setTimeout(this.#killGroup, stopTimeoutMs)
    await this.ended
    clearTimeout(deadline)
  }

  readonly #killGroup = (): void => {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has gone meanwhile.
    }
  }
}
