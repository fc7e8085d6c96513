import { describe, expect, it } from 'vitest'
import { encodeDeliver, encodeStatusReport, encodeSubmit, pduHex } from '../../../modem/pdu/encode.ts'
import { assembleSubmit } from '../../../modem/pdu/envelope.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import { jsonToHex, tpduToJson } from '../../../modem/pdu/json.ts'
import { toHex } from '../../../modem/pdu/octets.ts'
import { reassemble, type Segment, segmentOf } from '../../../modem/pdu/segments.ts'
import { decodePdu, type Tpdu } from '../../../modem/pdu/tpdu.ts'
import { type CorpusPdu, corpus, disagreements, legalPdus } from './corpus.ts'

/** D014 fills its seven spare bits with CR, as 23.038 §6.1.2.3.1 asks of USSD; an encoder of SMS leaves them zero. */
const paddedByHand = 'D014'

function decode({ pdu, direction }: CorpusPdu): Tpdu {
  return decodePdu(pdu, direction)
}

function encodeAgain(tpdu: Tpdu): Uint8Array {
  if (tpdu.type === 'submit') return encodeSubmit(tpdu)
  return tpdu.type === 'deliver' ? encodeDeliver(tpdu) : encodeStatusReport(tpdu)
}

function segment(id: string): Segment {
  const found = corpus.pdus.find((entry) => entry.id === id)
  const tpdu = found && decode(found)
  if (tpdu === undefined || tpdu.type === 'status-report') throw new Error(`${id} is no part of a message`)
  return segmentOf(tpdu)
}

describe('the corpus', () => {
  it('is there', () => {
    expect(corpus.pdus.length).toBeGreaterThanOrEqual(164)
    expect(corpus.assemblies.length).toBeGreaterThanOrEqual(6)
  })

  it.each(legalPdus.map((entry) => [entry.id, entry.group, entry] as const))(
    '%s (%s) decodes field by field',
    (_id, _group, entry) => {
      const tpdu = decode(entry)
      expect(disagreements(entry.expect, { ...tpduToJson(tpdu) })).toEqual([])
      expect(tpdu.trailingOctets).toBe(0)
    },
  )

  it.each(corpus.pdus.filter(({ hostile }) => hostile).map((entry) => [entry.id, entry] as const))(
    '%s is refused with field and offset, or decodes as allowed',
    (_id, { pdu, direction, expect: allowed }) => {
      let tpdu: Tpdu | undefined
      try {
        tpdu = decodePdu(pdu, direction)
      } catch (error) {
        expect(error).toBeInstanceOf(PduError)
        const { field, offset } = error as PduError
        expect(field).not.toBe('')
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(allowed.outcome).not.toBe('decoded')
        return
      }
      const { outcome, mustNot: _, textPrefixOf: __, textAlsoOk: ___, ...fields } = allowed
      expect(outcome).not.toBe('error')
      expect(disagreements(fields, { ...tpduToJson(tpdu) })).toEqual([])
    },
  )

  it.each(legalPdus.filter(({ id }) => id !== paddedByHand).map((entry) => [entry.id, entry] as const))(
    '%s is written again octet for octet',
    (_id, entry) => {
      const tpdu = decode(entry)
      expect(pduHex(encodeAgain(tpdu), tpdu.smsc)).toBe(entry.pdu)
      if (tpdu.type === 'submit') expect(toHex(assembleSubmit(tpdu))).toBe(toHex(encodeSubmit(tpdu)))
    },
  )

  // TP-LP is not in the fixed form; an open code behind an escape is in no text.
  const beyondJson = [paddedByHand, 'E043', 'D029', 'D031']
  it.each(legalPdus.filter(({ id }) => !beyondJson.includes(id)).map((entry) => [entry.id, entry] as const))(
    '%s goes through JSON and back',
    (_id, entry) => {
      expect(jsonToHex(JSON.parse(JSON.stringify(tpduToJson(decode(entry)))))).toEqual([entry.pdu])
    },
  )

  it.each(corpus.assemblies.map((assembly) => [assembly.id, assembly] as const))('%s is joined', (_id, assembly) => {
    const segments = assembly.arrivalOrder.map(segment)
    for (const order of [segments, [...segments].reverse(), [...segments, ...segments]]) {
      const { text, data, missing } = reassemble(order)
      expect(missing).toEqual([])
      expect(text).toBe(assembly.expectText ?? null)
      expect(data === null ? null : toHex(data)).toBe(assembly.expectDataHex ?? null)
    }
    expect(segments[0]?.total).toBe(assembly.expectParts)
  })

  it('gives an error for every prefix of a legal PDU that is not itself a legal status report', () => {
    let refused = 0
    for (const { pdu, direction } of legalPdus) {
      for (let digits = 0; digits < pdu.length; digits++) {
        const prefix = pdu.slice(0, digits)
        try {
          const tpdu = decodePdu(prefix, direction)
          // What follows TP-ST is optional, so such a report may end there.
          expect(tpdu.type).toBe('status-report')
          expect(pduHex(encodeAgain(tpdu), tpdu.smsc)).toBe(prefix)
        } catch (error) {
          expect(error).toBeInstanceOf(PduError)
          refused += 1
        }
      }
    }
    expect(refused).toBeGreaterThan(10_000)
  })
})
