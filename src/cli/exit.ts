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

/** The exit code for `error`. */
export function exitCodeFor(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode
  if (CausewayError.is(error) && error.code.startsWith('config-')) return EXIT.config
  return EXIT.failed
}

/** What to tell about `error`: words only, no stack, unless it is a fault of ours. */
export function describeError(error: unknown): string {
  if (error instanceof ExitError || CausewayError.is(error)) return error.message
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
