/** Lines of a stream, in bounded memory. */

/**
 * @param input text or UTF-8 octets in any chunks, lines ended by LF (a CR stays at their end)
 * @param charsMax of a longer line only so many characters and one more are kept, which shows that it was longer
 */
export async function* linesOf(input: AsyncIterable<string | Uint8Array>, charsMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield bounded(pending, text.slice(from, end), charsMax)
      pending = ''
      from = end + 1
    }
    pending = bounded(pending, text.slice(from), charsMax)
  }
  if (pending !== '') yield pending
}

function bounded(pending: string, more: string, charsMax: number): string {
  // A line that is already too long is not copied once more for every chunk of its rest.
  if (pending.length > charsMax) return pending
  const line = pending + more
  return line.length > charsMax ? line.slice(0, charsMax + 1) : line
}
