import { describe, expect, it } from 'vitest'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import { MmsError } from '../../../modem/mms/error.ts'
import { jsonToPdu } from '../../../modem/mms/from-json.ts'
import { pduToJson } from '../../../modem/mms/json.ts'
import { DEPTH_MAX } from '../../../modem/mms/limits.ts'
import { MEDIA_MMS } from '../../../modem/mms/media.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { APPLICATION_MMS, decodePush, encodePush } from '../../../modem/mms/push.ts'
import { type CorpusCase, corpus, digest, disagreements, octetsOf, readable, readablePdus } from './corpus.ts'
import { KINDS, seededPdu } from './messages.ts'

const named = (cases: readonly CorpusCase[]) => cases.map((entry) => [entry.id, entry] as const)

/** Every octet is looked at once for each multipart that it is in, and once more where a guess fails. */
const worksPerOctet = DEPTH_MAX + 2

describe('encode and decode', () => {
  it('give back two thousand seeded PDUs of every type, field by field', () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= 2000; seed++) {
      const pdu = seededPdu(seed, { plain: false })
      const { warnings, ...again } = decodePdu(encodePdu(pdu))
      expect(again, `seed ${seed}`).toEqual(pdu)
      expect(warnings).toEqual([])
      seen.set(pdu.type, (seen.get(pdu.type) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual([...KINDS].sort())
  })

  it('give back their JSON, octet for octet', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const octets = encodePdu(seededPdu(seed, { plain: false }))
      const json: unknown = JSON.parse(JSON.stringify(pduToJson(decodePdu(octets), { digest, data: true })))
      expect(Buffer.from(encodePdu(jsonToPdu(json))).equals(octets), `seed ${seed}`).toBe(true)
    }
  })

  it.each(named(corpus.cases.filter(({ encodeTest }) => encodeTest)))(
    '%s is written from its fields and read again',
    (_id, entry) => {
      const json = JSON.parse(JSON.stringify(pduToJson(decodePdu(octetsOf(entry)), { digest, data: true })))
      const again = decodePdu(encodePdu(jsonToPdu(json)))
      expect(disagreements(entry.expect ?? {}, { ...pduToJson(again, { digest }) })).toEqual([])
    },
  )

  it('write again whatever was read, or say which field cannot be', () => {
    const refused: string[] = []
    const changed: string[] = []
    for (const entry of readablePdus) {
      const { warnings: _, ...pdu } = decodePdu(octetsOf(entry))
      try {
        const again = decodePdu(encodePdu(pdu as NewPdu))
        if (disagreements(entry.expect ?? {}, { ...pduToJson(again, { digest }) }).length > 0) changed.push(entry.id)
      } catch (error) {
        if (!(error instanceof MmsError)) throw error
        refused.push(entry.id)
      }
    }
    // Subjects in UCS-2 and Shift JIS are read, and never written; UTF-8 without its name gets one.
    expect(refused).toEqual(['ni-31-subject-ucs2', 'ni-32-subject-shiftjis'])
    expect(changed).toEqual(['ni-06-subject-quote'])
  })

  it('carry a push', () => {
    const body = encodePdu(seededPdu(3, { plain: true }, ['m-notification-ind']))
    const push = {
      transactionId: 6,
      contentType: { media: MEDIA_MMS, params: new Map() },
      applicationId: APPLICATION_MMS,
      body,
    }
    const octets = encodePush(push)
    expect(Buffer.from(octets.subarray(0, 6)).toString('hex')).toBe('060603beaf84')
    expect(decodePush(octets)).toEqual({ ...push, confirmed: false })
  })
})

describe('a PDU that was cut', () => {
  it.each(named(readablePdus))('%s is refused at every octet, unless what is left is whole', (_id, entry) => {
    const octets = octetsOf(entry)
    const whole = { ...pduToJson(decodePdu(octets), { digest }) }
    const media = String((whole['contentType'] as { media?: string } | undefined)?.media)
    for (const length of lengthsOf(octets)) {
      const work = { octets: 0 }
      try {
        const { type, ...got } = { ...pduToJson(decodePdu(octets.subarray(0, length), work), { digest }) }
        // A cut between headers behind the last that must be there, in filler, or in a body that has no length.
        expect(type).toBe(whole['type'])
        expect(media.includes('multipart') && got['contentType'] !== undefined && !isBeyond(entry, got)).toBe(false)
        for (const [name, value] of Object.entries(got)) {
          if (!['parts', 'warnings'].includes(name) && !Array.isArray(value)) expect(value).toEqual(whole[name])
        }
      } catch (error) {
        if (!(error instanceof MmsError)) throw error
        expect(error.field).not.toBe('')
        expect(error.offset).toBeLessThanOrEqual(length)
      }
      expect(work.octets).toBeLessThanOrEqual(worksPerOctet * length)
    }
  })

  it('in a push is refused as well', () => {
    const pushes = readable.filter(({ kind }) => kind === 'wsp-push')
    expect(pushes.length).toBeGreaterThan(4)
    for (const entry of pushes) {
      const octets = octetsOf(entry)
      for (let length = 0; length < octets.length; length++) {
        expect(() => decodePdu(decodePush(octets.subarray(0, length)).body)).toThrow(MmsError)
      }
    }
  })
})

/** All of them; of the one PDU with 60 000 octets of text every hundredth between its first and last thousand. */
function lengthsOf({ length }: Uint8Array): number[] {
  return Array.from({ length }, (_, at) => at).filter((at) => at < 1000 || at > length - 1000 || at % 100 === 0)
}

/** What is lost lay behind the last part, and was garbage. */
function isBeyond(entry: CorpusCase, got: Record<string, unknown>): boolean {
  return JSON.stringify(got['parts']) === JSON.stringify(pduToJson(decodePdu(octetsOf(entry)), { digest })['parts'])
}
