/** What goes into a command as pieces, and the lines that come out of it, as the tests of the codecs' commands want them. */

export async function* chunks(pieces: readonly (string | Uint8Array)[]) {
  yield* pieces
}

export async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const collected: string[] = []
  for await (const line of lines) collected.push(line)
  return collected
}
