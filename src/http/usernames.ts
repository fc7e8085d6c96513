/** Usernames of Signal where people are named: `u:name.01`, or the link of one, becomes the account that has it now. */
import type { ApiPorts } from './ports.ts'

/** The words themselves where they are no username. Errors: CausewayError `username-…`, `signal-…`. */
export async function addressOfWords(
  ports: ApiPorts,
  words: string,
): Promise<{ address: string; username: string | undefined }> {
  const said = /^u:(.+)$/i.exec(words.trim())?.[1]
  if (said === undefined && !/^\w+:\/\/signal\.me\//i.test(words.trim())) return { address: words, username: undefined }
  const { aci, username } = await ports.signal.usernames().find(said ?? words)
  return { address: `signal:${aci}`, username }
}
