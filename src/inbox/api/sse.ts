/** Reads `text/event-stream` (HTML Standard §9.2.6) from any chunking of its text. Pure; knows no network. */

export interface StreamedEvent {
  id: string
  data: string
}

/** A line that grows beyond this is no event of ours. */
const LINE_CHARS_MAX = 1_000_000

export class EventStreamReader {
  #rest = ''
  #id = ''
  #data: string[] = []

  /** The events that this piece completes. Throws Error for a line without end. */
  push(chunk: string): StreamedEvent[] {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > LINE_CHARS_MAX) throw new Error('a line of the event stream has no end')
    return lines.flatMap((line) => this.#line(line) ?? [])
  }

  #line(line: string): StreamedEvent | undefined {
    if (line === '') {
      const data = this.#data.join('\n')
      this.#data = []
      return data === '' ? undefined : { id: this.#id, data }
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') this.#id = value
    if (field === 'data') this.#data.push(value)
    return undefined
  }
}
