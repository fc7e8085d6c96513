/** A person at a terminal: the command line program on a real PTY (by `script`), what it shows without its colours, and keys. */
import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const PROGRAM = resolve('dist/src/cli/main.js')

export const ENTER = '\r'
export const DOWN = '\u001b[B'
export const CTRL_C = '\u0003'

export class Terminal {
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #shown = ''
  #read = 0
  #told = () => {}

  constructor(words: readonly string[]) {
    const command = [process.execPath, PROGRAM, ...words].map((word) => `'${word}'`).join(' ')
    // Wide enough that no sentence is broken in two.
    const inside = `stty cols 200 rows 60; exec ${command}`
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAUSEWAY')))
    this.#child = spawn('script', ['-qec', inside, '/dev/null'], { env: { ...env, TERM: 'xterm', TZ: 'UTC' } })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#shown += stripVTControlCharacters(chunk)
      this.#told()
    })
    this.ended = new Promise((done) => this.#child.once('close', (code) => done(code)))
  }

  /** Waits until it shows this, behind whatever was waited for before. The test's own limit ends a vain wait. */
  async sees(words: string): Promise<void> {
    for (;;) {
      const found = this.#shown.indexOf(words, this.#read)
      if (found >= 0) {
        this.#read = found + words.length
        return
      }
      await new Promise<void>((again) => {
        this.#told = again
      })
    }
  }

  press(...keys: readonly string[]): void {
    this.#child.stdin?.write(keys.join(''))
  }

  /** Sees a question, and answers it. */
  async answers(question: string, ...keys: readonly string[]): Promise<void> {
    await this.sees(question)
    this.press(...keys)
  }

  get shown(): string {
    return this.#shown
  }

  close(): void {
    this.#child.kill()
  }
}
