/** What an exchange came to: the value of its answer, or the AtError that says how far it got. Pure. */
import type { AtCommand } from './command.ts'
import type { Exchange } from './exchange.ts'
import { AtError, type AtErrorKind, type FinalResult } from './result.ts'

/** What may stand in messages and logs of a command: no numbers, no PIN. */
export function label(command: AtCommand<unknown>): string {
  return command.text.replace(/=.*$/, '=…')
}

/** The value of an answer that ended with OK. Throws AtError `garbled` for lines that cannot be it. */
export function answerOf<T>(command: AtCommand<T>, exchange: Exchange): T {
  try {
    if (exchange.overflowed) throw new Error('more lines than any answer has')
    return command.parse(exchange.lines)
  } catch (cause) {
    throw failure('garbled', exchange, 'got an answer that makes no sense', cause)
  }
}

/** The error of a final result that is no OK. A submission with its reference in front of it is `garbled`. */
export function refusal(exchange: Exchange, result: Exclude<FinalResult, { kind: 'ok' | 'connect' }>): AtError {
  if (exchange.stage === 'body' && exchange.lines.length > 0) {
    return failure('garbled', exchange, 'was both accepted and refused')
  }
  if (result.kind === 'error') return failure('error', exchange, 'was refused without a reason')
  const code = result.code === undefined ? {} : { code: result.code }
  return new AtError(result.kind, exchange.stage, `${label(exchange.command)} was refused: ${result.text}`, code)
}

/** An error of the exchange, `what` in words behind its command. */
export function failure(kind: AtErrorKind, exchange: Exchange, what: string, cause?: unknown): AtError {
  return new AtError(kind, exchange.stage, `${label(exchange.command)} ${what}`, cause === undefined ? {} : { cause })
}
