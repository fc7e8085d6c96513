/** The MMS corpus of the fixtures and its comparison rules, shared by the codec's tests. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface CorpusCase {
  id: string
  group: string
  kind: 'mms-pdu' | 'wsp-push' | 'sms-set'
  verdict: 'ok' | 'lenient' | 'reject' | 'any'
  hex?: string
  segments?: string[]
  expect?: Record<string, unknown>
  encodeTest?: boolean
}

export const corpus: { cases: CorpusCase[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/mms-pdu.json', import.meta.url), 'utf8'),
)

/** Those that must be read. */
export const readable = corpus.cases.filter(({ verdict }) => verdict === 'ok' || verdict === 'lenient')
/** Single MMS PDUs that must be read. */
export const readablePdus = readable.filter(({ kind }) => kind === 'mms-pdu')

export function octetsOf({ hex = '' }: CorpusCase): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** A line for `causeway mms decode`. */
export function lineOf({ kind, hex = '', segments = [] }: CorpusCase): string {
  if (kind === 'sms-set') return `sms ${segments.join(' ')}`
  return `${kind === 'wsp-push' ? 'wsp' : 'mms'} ${hex}`
}

export const digest = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex').slice(0, 16)

/**
 * What a decode in the fixed form disagrees about, in words. Keys with `_` in front are hints for others, those that
 * `_ignore` names are not compared; parts must have the very keys that are expected.
 */
export function disagreements(expected: Record<string, unknown>, got: Record<string, unknown>): string[] {
  const ignored = Array.isArray(expected['_ignore']) ? expected['_ignore'] : []
  return Object.entries(expected).flatMap(([name, value]) => {
    if (name.startsWith('_') || ignored.includes(name)) return []
    const [left, right] = [canonical(value), canonical(got[name])]
    return left === right ? [] : [`${name}: expected ${left}, got ${right}`]
  })
}

/** JSON with its keys in order and without hints. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([name]) => !name.startsWith('_'))
            .sort(([left], [right]) => (left < right ? -1 : 1)),
        )
      : inner,
  )
}
