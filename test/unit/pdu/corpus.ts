/** The SMS corpus of the fixtures and its comparison rules, shared by the codec's tests. */
import { readFileSync } from 'node:fs'
import type { Direction } from '../../../modem/pdu/tpdu.ts'

export interface CorpusPdu {
  id: string
  group: string
  direction: Direction
  hostile: boolean
  pdu: string
  tpduLength?: number
  expect: Record<string, unknown>
}

export interface CorpusAssembly {
  id: string
  arrivalOrder: string[]
  expectParts: number
  expectText?: string
  expectDataHex?: string
}

export const corpus: { pdus: CorpusPdu[]; assemblies: CorpusAssembly[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/sms-pdu.json', import.meta.url), 'utf8'),
)

export const legalPdus = corpus.pdus.filter(({ hostile }) => !hostile)

/** What a decode in the fixed form disagrees about, in words; nothing where all is as expected. */
export function disagreements(expected: Record<string, unknown>, got: Record<string, unknown>): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    // The first of the allowed texts is the preferred one, and ours.
    if (name === 'textAnyOf') return differs('text', (value as string[])[0], got.text)
    if (name === 'address') {
      const { displayAnyOf: _, ...address } = value as Record<string, unknown>
      return Object.entries(address).flatMap(([part, wanted]) =>
        differs(`address.${part}`, wanted, (got.address as Record<string, unknown>)[part]),
      )
    }
    return differs(name, value, got[name])
  })
}

function differs(name: string, wanted: unknown, got: unknown): string[] {
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(got)]
  return left === right ? [] : [`${name}: expected ${left}, got ${right}`]
}
