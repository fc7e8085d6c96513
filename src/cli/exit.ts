/** Exit codes, and how an error becomes one of them with words on standard error. */
import { CausewayError } from '../domain/errors.ts'

/** sysexits.h where it has a word for it; 2 is "done, with warnings". */
export const EXIT = { ok: 0, failed: 1, warnings: 2, usage: 64, unavailable: 69, config: 78 } as const

/** An error that says itself how the program ends. */
export class ExitError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ExitError'
    this.exitCode = exitCode
  }
}

/** What must be put right on the machine before a gateway can start. */
const CONFIG_CODE = /^(config-|key-file-|db-key$|redis-missing$)/

/** The exit code for `error`. */
export function exitCodeFor(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode
  return CausewayError.is(error) && CONFIG_CODE.test(error.code) ? EXIT.config : EXIT.failed
}

/** What to tell about `error`: words only, no stack, unless it is a fault of ours. */
export function describeError(error: unknown): string {
  if (error instanceof ExitError || CausewayError.is(error)) return error.message
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
