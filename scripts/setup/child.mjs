// @ts-check
// Runs one program of the set-up to its end, keeps the tail of what it printed for the case that it fails, and takes it
// along when somebody stops the set-up.
import { spawn } from 'node:child_process'

const outputCharactersMax = 16_384

/** The set-up cannot go on; `message` says what a person can do about it. */
export class SetupError extends Error {
  /** @param {string} message @param {number} exitCode as of sysexits: 78 = configuration, 1 = anything else */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'SetupError'
    this.exitCode = exitCode
  }
}

/**
 * @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs: number }} RunOptions
 * @typedef {{ code: number | null, output: string }} RunResult
 */

/**
 * Runs a program without standard input. Resolves whatever its exit code; `code` is null when it was killed or could not
 * be started. `output` is the end of what it wrote to both streams.
 * @param {string} command @param {readonly string[]} parameters @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
export function run(command, parameters, { cwd, env, timeoutMs }) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-outputCharactersMax)
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    /** @param {NodeJS.Signals} signal */
    const stop = (signal) => {
      child.kill(signal)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const end = (/** @type {number | null} */ code) => {
      clearTimeout(timer)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve({ code, output: output.trim() })
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => {
      output += error.message
      end(null)
    })
    child.once('close', end)
  })
}

/**
 * Like `run`, but throws a SetupError with the program's last words unless it exited 0.
 * @param {string} command @param {readonly string[]} parameters @param {RunOptions & { advice: string }} options
 */
export async function mustRun(command, parameters, { advice, ...options }) {
  const { code, output } = await run(command, parameters, options)
  if (code === 0) return output
  const how = code === null ? 'did not finish' : `exited with ${code}`
  throw new SetupError(`${[command, ...parameters].join(' ')} ${how}.\n\n${output}\n\n${advice}`)
}
