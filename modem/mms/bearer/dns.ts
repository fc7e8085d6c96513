/**
 * Names of the carrier's network, asked of the carrier's resolvers from the bearer's own address: MMSCs are mostly known
 * there only. The machine's resolvers are never asked, not even when these fail.
 */
import { Resolver } from 'node:dns/promises'
import { BearerError } from './bearer.ts'

const TRY_TIMEOUT_MS = 3_000
const TRIES = 2
/** More addresses of a name are of no use. */
const ADDRESSES_MAX = 8

export interface ResolverSource {
  /** Literal addresses, with a port where it is not 53. */
  readonly servers: readonly string[]
  /** The bearer's own addresses. */
  readonly v4: string | undefined
  readonly v6: string | undefined
}

/** Literal addresses of a name, v4 before v6. Throws BearerError `dns`. */
export async function resolveName(
  name: string,
  source: ResolverSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (source.servers.length === 0) {
    throw new BearerError('dns', 'no resolver of the carrier is known, and the name is of no use to any other')
  }
  const resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES })
  resolver.setServers(source.servers)
  // An address of a family that the bearer lacks is bound to nothing that could answer.
  resolver.setLocalAddress(source.v4 ?? '0.0.0.0', source.v6 ?? '::')
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const questions = [
      ...(source.v4 === undefined ? [] : [resolver.resolve4(name)]),
      ...(source.v6 === undefined ? [] : [resolver.resolve6(name)]),
    ]
    const answers = await Promise.allSettled(questions)
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length > 0) return found.slice(0, ADDRESSES_MAX)
    throw new BearerError('dns', `the carrier's resolver gave no address (${codes(answers)})`)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function codes(answers: readonly PromiseSettledResult<unknown>[]): string {
  const found = answers.map((answer) =>
    answer.status === 'rejected' && answer.reason instanceof Error && 'code' in answer.reason
      ? String(answer.reason.code)
      : 'ENODATA',
  )
  return [...new Set(found)].join(', ') || 'the bearer has no address'
}
