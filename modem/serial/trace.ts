/**
 * Trace by decoration: a byte pipe that remembers the last of what went through it, as a transcript that people can
 * read, send with a bug report, and replay.
 *
 *   12.042 > AT+CMGF=0\r
 *   12.047 < \r\nOK\r\n
 *
 * Seconds since the pipe was opened, direction seen from us, octets as latin-1 with escapes. PINs never enter it.
 */
import type { SerialTransport } from './pipe.ts'
import type { Clock } from './surroundings.ts'

const ENTRIES_MAX = 2_000
const OCTETS_MAX = 256 * 1024

export interface TraceEntry {
  /** ms since the trace began. */
  atMs: number
  direction: 'to-modem' | 'from-modem'
  octets: Uint8Array
}

/** The bounded memory of a trace; outlives the pipes that it is wound around, so that a reopened port goes on in it. */
export class Transcript {
  readonly #clock: Clock
  readonly #beganMs: number
  readonly #entries: (TraceEntry | undefined)[] = []
  /** Index of the oldest entry still kept: shifting an array for every chunk would cost more than the chunk. */
  #first = 0
  #octets = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#beganMs = clock.nowMs()
  }

  note(direction: TraceEntry['direction'], octets: Uint8Array): void {
    this.#entries.push({ atMs: this.#clock.nowMs() - this.#beganMs, direction, octets })
    this.#octets += octets.length
    while (this.#entries.length - this.#first > ENTRIES_MAX || this.#octets > OCTETS_MAX) {
      this.#octets -= this.#entries[this.#first]?.octets.length ?? 0
      this.#entries[this.#first] = undefined
      this.#first += 1
    }
    if (this.#first > ENTRIES_MAX) {
      this.#entries.splice(0, this.#first)
      this.#first = 0
    }
  }

  /** One line an entry. `masked` hides numbers, ids and texts but keeps their length. */
  render(masked: boolean): string {
    const entries = this.#entries.filter((entry) => entry !== undefined)
    const texts = new Map<TraceEntry, string>()
    // A number may be cut by the end of a chunk: mask each direction as the one stream that it is.
    for (const direction of ['to-modem', 'from-modem'] as const) {
      const chunks = entries.filter((entry) => entry.direction === direction)
      const whole = hidden(Buffer.concat(chunks.map(({ octets }) => octets)).toString('latin1'), masked)
      let start = 0
      for (const chunk of chunks) {
        texts.set(chunk, whole.slice(start, start + chunk.octets.length))
        start += chunk.octets.length
      }
    }
    const lines = entries.map((entry) => {
      const arrow = entry.direction === 'to-modem' ? '>' : '<'
      return `${(entry.atMs / 1000).toFixed(3)} ${arrow} ${withEscapes(texts.get(entry) ?? '')}`
    })
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }
}

/** Answers and commands whose quoted fields are people's names, numbers or texts. */
const PERSONAL = /\+(?:CUSD|CLIP|CCWA|CNUM|CPBR|CPBF|COLP|CMGL|CMGR|CMT|CDS)[:=](?:[^"\r]|"[^"]*")*/g

function hidden(text: string, masked: boolean): string {
  const withoutPins = text.replace(/(AT\+(?:CPIN|CPWD|CLCK)=)([^\r]*)/gi, (_all, command: string, rest: string) => {
    return command + rest.replace(/[^",]/g, '*')
  })
  if (!masked) return withoutPins
  return withoutPins
    .replace(/[0-9A-Fa-f]{5,}/g, stars)
    .replace(PERSONAL, (line) =>
      line.replace(/"([^"]*)"/g, (_all, inside: string) => `"${inside.replace(/[^+\r\n]/g, '*')}"`),
    )
}

function stars(text: string): string {
  return '*'.repeat(text.length)
}

/** Reads what `Transcript.render` wrote. Lines that are not of that form (comments, blank ones) are left out. */
export function parseTranscript(text: string): readonly TraceEntry[] {
  const entries: TraceEntry[] = []
  for (const line of text.split('\n')) {
    const match = /^(\d+\.\d{3}) ([<>]) (.*)$/.exec(line)
    if (match === null) continue
    entries.push({
      atMs: Math.round(Number(match[1]) * 1000),
      direction: match[2] === '>' ? 'to-modem' : 'from-modem',
      octets: Buffer.from(withoutEscapes(match[3] ?? ''), 'latin1'),
    })
  }
  return entries
}

/** The same pipe, noted. */
export function traced(inner: SerialTransport, transcript: Transcript): SerialTransport {
  return {
    port: inner.port,
    write: (octets, timeoutMs) => {
      transcript.note('to-modem', octets)
      return inner.write(octets, timeoutMs)
    },
    onData: (listener) =>
      inner.onData((octets) => {
        transcript.note('from-modem', octets)
        listener(octets)
      }),
    onClosed: (listener) => inner.onClosed(listener),
    close: () => inner.close(),
  }
}

function withEscapes(text: string): string {
  return text.replace(/[\\\x00-\x1f\x7f-\xff]/g, (char) => {
    if (char === '\\') return '\\\\'
    if (char === '\r') return '\\r'
    if (char === '\n') return '\\n'
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(?:\\|r|n|x([0-9a-f]{2}))/g, (whole, hex: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return whole === '\\r' ? '\r' : whole === '\\n' ? '\n' : '\\'
  })
}
