/**
 * The log: JSON lines on standard output (journald), pretty on a terminal. The only file that imports pino.
 *
 * Phone numbers, texts and keys never go in above debug level; ids do. `error` means a bug, a lost network is `warn`.
 */
import { pino } from 'pino'

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A log that writes at `level` and above; `pretty` for people, else one JSON object a line. */
export function createLog(level: LogLevel, pretty: boolean): Log {
  return pretty
    ? pino({
        level,
        transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' } },
      })
    : pino({ level, base: null })
}
