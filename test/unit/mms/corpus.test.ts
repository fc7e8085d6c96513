import { describe, expect, it } from 'vitest'
import { contentOf } from '../../../modem/mms/content.ts'
import { MmsError } from '../../../modem/mms/error.ts'
import { explainLine } from '../../../modem/mms/line.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { leavesOf, nameOf, presentationOf } from '../../../modem/mms/presentation.ts'
import { deliveryClass, responseClass, retrieveClass } from '../../../modem/mms/status.ts'
import { type CorpusCase, corpus, digest, disagreements, lineOf, octetsOf, readable, readablePdus } from './corpus.ts'

const named = (cases: readonly CorpusCase[]) => cases.map((entry) => [entry.id, entry] as const)
const explain = (entry: CorpusCase): Record<string, unknown> => explainLine(lineOf(entry), { digest })

describe('the MMS corpus', () => {
  it('is there', () => {
    expect(corpus.cases.length).toBeGreaterThanOrEqual(150)
    expect(readable.length).toBeGreaterThanOrEqual(130)
  })

  it.each(named(readable))('%s decodes field by field', (_id, entry) => {
    const got = explain(entry)
    expect(got).not.toHaveProperty('error')
    expect(disagreements(entry.expect ?? {}, got)).toEqual([])
  })

  it.each(named(corpus.cases.filter(({ verdict }) => verdict === 'reject')))('%s is refused', (_id, entry) => {
    const allowed = [(entry as CorpusCase & { error: string | string[] }).error].flat()
    expect(explain(entry)).toEqual({
      error: expect.objectContaining({ code: expect.toBeOneOf(allowed), field: expect.stringMatching(/./) }),
    })
  })

  it.each(named(corpus.cases.filter(({ verdict }) => verdict === 'any')))('%s does no harm', (_id, entry) => {
    expect(explain(entry)).not.toHaveProperty('error.code', 'internal')
  })
})

describe('the hints of the MMS corpus', () => {
  const hint = (entry: CorpusCase, name: string) => entry.expect?.[name]
  const hinted = (name: string) => readablePdus.filter((entry) => entry.expect?.[name] !== undefined)
  const pdu = (entry: CorpusCase) => decodePdu(octetsOf(entry))

  it.each(named(hinted('_class')))('%s: the class of a response status', (_id, entry) => {
    expect(responseClass(pdu(entry).responseStatus ?? 0)).toBe(hint(entry, '_class'))
  })

  it.each(named(hinted('_retry')))('%s: whether a retrieval is tried again', (_id, entry) => {
    expect(retrieveClass(pdu(entry).retrieveStatus)).toBe(hint(entry, '_retry') ? 'retry' : 'fail')
  })

  it.each(named(hinted('_final')))('%s: whether a delivery status is the last', (_id, entry) => {
    expect(deliveryClass(pdu(entry).status ?? 0) !== 'pending').toBe(hint(entry, '_final'))
  })

  it.each(named(hinted('_warn')))('%s: what was odd', (_id, entry) => {
    expect(pdu(entry).warnings).toEqual([hint(entry, '_warn')])
  })

  it.each(named(hinted('_presentationOrder')))('%s: the order in which parts are shown', (_id, entry) => {
    const parts = pdu(entry).parts ?? []
    const shown = presentationOf(parts)
    const order = hint(entry, '_presentationOrder')
    if (Array.isArray(order)) expect(shown.map(({ contentId }) => contentId)).toEqual(order)
    // Whatever the SMIL says, every other part is there.
    expect(new Set(shown)).toEqual(new Set(parts.filter(({ media }) => media !== 'application/smil')))
  })

  it('parts inside of parts are reached, and their number is right', () => {
    const entry = hinted('_leafCount')[0]
    if (entry === undefined) throw new Error('no such case')
    const leaves = leavesOf(pdu(entry).parts ?? [])
    expect(leaves).toHaveLength(Number(hint(entry, '_leafCount')))
    expect(new TextDecoder().decode(leaves[0]?.data)).toBe(hint(entry, '_leafText'))
    for (const counted of hinted('_partsCount')) {
      expect(pdu(counted).parts).toHaveLength(Number(hint(counted, '_partsCount')))
    }
  })

  it('what a transfer encoding hides comes out, and names are harmless', () => {
    let decoded = 0
    let safe = 0
    for (const entry of readablePdus) {
      const expected = (entry.expect?.['parts'] ?? []) as Record<string, unknown>[]
      for (const [index, hints] of expected.entries()) {
        const part = pdu(entry).parts?.[index]
        if (part === undefined) throw new Error(`${entry.id} has no part ${index}`)
        if (hints['_decodedSha256_16'] !== undefined) {
          expect(contentOf(part)).toHaveLength(Number(hints['_decodedLength']))
          expect(digest(contentOf(part))).toBe(hints['_decodedSha256_16'])
          decoded += 1
        }
        if (hints['_safeName'] === true) {
          const name = nameOf(part) ?? ''
          expect(name).toMatch(/^[^/\\\p{Cc}\p{Cf}.][^/\\\p{Cc}\p{Cf}]*$/u)
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100)
          safe += 1
        }
      }
    }
    expect(decoded).toBe(1)
    expect(safe).toBeGreaterThanOrEqual(2)
  })
})

it('a fault tells the transaction that was read before it, for an answer "unrecognised"', () => {
  const cut = corpus.cases.find(({ id }) => id === 'hx-04-cut-040')
  if (cut === undefined) throw new Error('no such case')
  try {
    decodePdu(octetsOf(cut))
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(MmsError)
    expect(error).toMatchObject({ transactionId: 'T1', field: 'Subject', offset: expect.any(Number) })
  }
})
