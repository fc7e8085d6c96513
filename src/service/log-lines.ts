/**
 * The last lines of the log in memory, for the page that shows them: info and graver, masked once more, because whoever may
 * read the page need not be whoever may read the journal.
 */
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
/** Numbers of phones and SIMs, and what looks like a token or key; ids of ours (`msg_…`) have capitals in them. */
const NUMBER = /\+?\d[\d ()-]{4,}\d/g
const SECRET = /\b(cw_[0-9A-Z]{26}_[\w-]+|whsec_[\w+/=]+|[\w+/-]{40,}={0,2})/g

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
      message: masked(message),
      fields: Object.fromEntries(shown),
    })
    if (this.#lines.length > LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX)
  }
}

function plain(value: unknown): string | number | boolean | null {
  if (typeof value === 'boolean' || value === null) return value
  // As a long number it would be a phone's.
  if (typeof value === 'number') return Math.abs(value) < 1_000_000 ? value : masked(String(value))
  if (value instanceof Error) return masked(value.message)
  if (value === undefined) return null
  return masked(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
}

function masked(text: string): string {
  return text.slice(0, CHARS_MAX).replaceAll(SECRET, '[hidden]').replaceAll(NUMBER, '[number]')
}
