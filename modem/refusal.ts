/**
 * Tells a modem's "no" from a broken conversation: the first is an answer to live with, the second ends what is running.
 */
import { AtError } from './at/result.ts'

/** Whether the modem answered, but refused or made no sense. */
export function isRefusal(error: unknown): error is AtError {
  return error instanceof AtError && ['cms', 'cme', 'error', 'garbled'].includes(error.kind)
}

/** The value, or undefined when the modem refused. Everything else is thrown on. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/** In words, for logs and reasons; never more than the error's own message. */
export function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
