/**
 * The last lines of the log in memory, for the page that shows them: info and graver, masked once more, because whoever may
 * read the page need not be whoever may read the journal.
 */
import { masked } from '../domain/masking.ts'
import type { Log } from '../log.ts'

export const LINE_LEVELS = ['info', 'warn', 'error'] as const
export type LineLevel = (typeof LINE_LEVELS)[number]

export interface LogLine {
  /** Grows by one with each line. */
  n: number
  atMs: number
  level: LineLevel
  message: string
  fields: Readonly<Record<string, string | number | boolean | null>>
}

const LINES_MAX = 1_000
const CHARS_MAX = 500
export class LogLines {
  readonly #clock: () => number
  #lines: LogLine[] = []
  #n = 0

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Lines behind number `after`, of this level and graver, oldest first. */
  since(after: number, level: LineLevel): readonly LogLine[] {
    const least = LINE_LEVELS.indexOf(level)
    return this.#lines.filter((line) => line.n > after && LINE_LEVELS.indexOf(line.level) >= least)
  }

  /** A log that writes here as well. */
  beside(log: Log): Log {
    const both = (level: LineLevel) => (fields: object, message: string) => {
      this.#add(level, fields, message)
      log[level](fields, message)
    }
    return {
      debug: (fields, message) => log.debug(fields, message),
      info: both('info'),
      warn: both('warn'),
      error: both('error'),
    }
  }

  #add(level: LineLevel, fields: object, message: string): void {
    this.#n += 1
    const shown = Object.entries(fields).map(([name, value]) => [name, plain(value)] as const)
    this.#lines.push({
      n: this.#n,
      atMs: this.#clock(),
      level,
      message: short(message),
      fields: Object.fromEntries(shown),
    })
    if (this.#lines.length > LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX)
  }
}

function plain(value: unknown): string | number | boolean | null {
  if (typeof value === 'boolean' || value === null) return value
  // As a long number it would be a phone's.
  if (typeof value === 'number') return Math.abs(value) < 1_000_000 ? value : short(String(value))
  if (value instanceof Error) return short(value.message)
  if (value === undefined) return null
  return short(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}

function short(text: string): string {
  return masked(text.slice(0, CHARS_MAX))
}
