/** A PTY of socat in front of a simulated modem's TCP port: a serial device as far as serialport can tell. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../../unit/modem/bench.ts'

export const hasSocat = spawnSync('socat', ['-V']).status === 0

export class Stick {
  readonly path: string
  readonly #directory: string
  readonly #socat: ChildProcess

  private constructor(directory: string, path: string, socat: ChildProcess) {
    this.#directory = directory
    this.path = path
    this.#socat = socat
  }

  static async plug(simPort: number): Promise<Stick> {
    const directory = await mkdtemp(join(tmpdir(), 'causeway-stick-'))
    const path = join(directory, 'modem')
    const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${simPort}`])
    await until(() => existsSync(path))
    return new Stick(directory, path, socat)
  }

  async pull(): Promise<void> {
    const ended = new Promise((resolve) => this.#socat.once('exit', resolve))
    this.#socat.kill()
    if (this.#socat.exitCode === null) await ended
    await rm(this.#directory, { recursive: true, force: true })
  }
}
