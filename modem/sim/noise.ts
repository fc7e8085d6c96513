/**
 * What a modem says by itself all the time: lines on a timer, and in front of answers (H1). Ends with the command that
 * its profile names, until the next start.
 */
import type { SimClock } from './clock.ts'
import type { Chatter } from './profile.ts'

/** No modem chatters faster, however the time is scaled. */
const EVERY_MS_MIN = 20

export interface NoiseOptions {
  clock: SimClock
  chatter: Chatter
  /** Scale of time; 0 is as fast as it may. */
  factor: number
  say: (line: string) => unknown
}

export class Noise {
  private readonly options: NoiseOptions
  private cancelTimer: (() => void) | undefined
  private said = 0
  private answers = 0
  private isQuiet = false

  constructor(options: NoiseOptions) {
    this.options = options
    this.wait()
  }

  end(): void {
    this.isQuiet = true
    this.cancelTimer?.()
  }

  /** The TE wrote a command line. */
  heard(line: string): void {
    const { quietedBy } = this.options.chatter
    if (quietedBy !== undefined && line.trim().toUpperCase() === quietedBy) this.end()
  }

  /** The line that stands in front of this answer, if any. */
  beforeAnswer(): string | undefined {
    const { everyAnswers } = this.options.chatter
    if (this.isQuiet || everyAnswers === 0) return undefined
    this.answers += 1
    return this.answers % everyAnswers === 0 ? this.nextLine() : undefined
  }

  private wait(): void {
    const { clock, chatter, factor, say } = this.options
    this.cancelTimer = clock.after(Math.max(EVERY_MS_MIN, chatter.everyMs * factor), () => {
      if (this.isQuiet) return
      say(this.nextLine())
      this.wait()
    })
  }

  private nextLine(): string {
    const { lines } = this.options.chatter
    const line = lines[this.said % lines.length] ?? ''
    this.said += 1
    return line
  }
}

/** Begins what this modem says by itself, if it does. */
export function startNoise(chatter: Chatter | undefined, options: Omit<NoiseOptions, 'chatter'>): Noise | undefined {
  return chatter === undefined ? undefined : new Noise({ ...options, chatter })
}
