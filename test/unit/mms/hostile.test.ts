/**
 * Mutated MMS PDUs and pushes. `FUZZ_ROUNDS=1000000 npx vitest run test/unit/mms/hostile.test.ts` is the long run of a
 * release; it prints its figures.
 */
import { expect, it } from 'vitest'
import { contentOf } from '../../../modem/mms/content.ts'
import { encodePdu, type NewPdu } from '../../../modem/mms/encode.ts'
import { MmsError } from '../../../modem/mms/error.ts'
import { jsonToPdu } from '../../../modem/mms/from-json.ts'
import { pduToJson } from '../../../modem/mms/json.ts'
import { DEPTH_MAX } from '../../../modem/mms/limits.ts'
import { decodePdu } from '../../../modem/mms/pdu.ts'
import { leavesOf, nameOf, presentationOf } from '../../../modem/mms/presentation.ts'
import { decodePush } from '../../../modem/mms/push.ts'
import type { Work } from '../../../modem/mms/reader.ts'
import { scanSmil } from '../../../modem/mms/smil.ts'
import { Random } from '../at/random.ts'
import { corpus, octetsOf } from './corpus.ts'
import { seededPdu } from './messages.ts'

const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 30_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

/** What means something: NUL, lengths, quotes, the largest uintvar, multipart and text media, tokens of parameters. */
const TELLING = [0x00, 0x01, 0x1e, 0x1f, 0x20, 0x22, 0x7f, 0x80, 0x81, 0x83, 0x84, 0x89, 0xa3, 0xb3, 0xea, 0xff]

/** Every PDU of the corpus but the few very long ones, and ours. */
const seeds: readonly Uint8Array[] = [
  ...corpus.cases.filter(({ kind }) => kind !== 'sms-set').map(octetsOf),
  ...Array.from({ length: 200 }, (_, index) => encodePdu(seededPdu(index + 1, { plain: false }))),
].filter(({ length }) => length > 0 && length < 4000)

function mutated(random: Random, original: Uint8Array): Uint8Array {
  const octets = [...original]
  for (let change = random.below(4); change >= 0; change--) {
    const at = random.below(octets.length + 1)
    switch (random.below(7)) {
      case 0:
        octets[at] = random.below(256)
        break
      case 1:
        octets.splice(at, random.below(12))
        break
      case 2:
        octets.splice(at, 0, ...Array.from({ length: 1 + random.below(20) }, () => random.below(256)))
        break
      case 3:
        octets.length = at
        break
      case 4:
        octets[at] = random.pick(TELLING)
        break
      case 5:
        octets[at] = ((octets[at] ?? 0) + random.pick([-1, 1])) & 0xff
        break
      default: {
        const other = random.pick(seeds)
        const from = random.below(other.length)
        octets.splice(at, random.below(8), ...other.subarray(from, from + random.below(40)))
      }
    }
  }
  return Uint8Array.from(octets, (octet) => octet ?? 0)
}

/** Decodes and uses all that came out; true when there was something, false for a typed error. */
function survives(octets: Uint8Array): boolean {
  const work = { octets: 0 }
  const survived = decodes(octets, work)
  if (work.octets > (DEPTH_MAX + 3) * octets.length) throw new Error(`${work.octets} octets of work`)
  return survived
}

function decodes(octets: Uint8Array, work: Work): boolean {
  try {
    const isPush = octets[1] === 0x06 || octets[1] === 0x07
    use(decodePdu(isPush ? decodePush(octets, work).body : octets, work), octets.length)
    return true
  } catch (error) {
    if (error instanceof MmsError && error.field !== '' && error.offset >= 0) return false
    throw new Error(Buffer.from(octets).toString('hex'), { cause: error })
  }
}

const digest = () => ''

function use(pdu: ReturnType<typeof decodePdu>, length: number): void {
  const json = JSON.stringify(pduToJson(pdu, { digest }))
  // JSON escapes a surrogate that is alone; a backslash in a text is two.
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(json)) throw new Error('half a surrogate pair')
  const parts = pdu.parts ?? []
  if (presentationOf(parts).length > leavesOf(parts).length) throw new Error('more is shown than is there')
  for (const part of leavesOf(parts)) {
    if (contentOf(part).length > length) throw new Error('a part is longer than the message')
    if (/[\p{Cc}/\\]/u.test(nameOf(part) ?? '')) throw new Error('a name that is no name')
    scanSmil(new TextDecoder().decode(part.data))
  }
  const { warnings: _, ...written } = pdu
  try {
    const again = decodePdu(encodePdu(written as NewPdu))
    if (again.type !== pdu.type || again.parts?.length !== pdu.parts?.length) throw new Error('written as another')
  } catch (error) {
    if (!(error instanceof MmsError)) throw error
  }
}

it(`throws nothing but MmsError for ${rounds} mutated PDUs, in bounded work`, { timeout: 3_600_000 }, () => {
  const random = new Random(seed)
  let decoded = 0
  for (let round = 0; round < rounds; round++) if (survives(mutated(random, random.pick(seeds)))) decoded += 1
  if (rounds > 100_000) process.stdout.write(`${rounds} mutated PDUs: ${decoded} read, ${rounds - decoded} refused\n`)
  expect(decoded).toBeGreaterThan(rounds / 20)
  expect(decoded).toBeLessThan(rounds * 0.9)
})

it('throws nothing but MmsError for octets at random', () => {
  const random = new Random(seed)
  for (let round = 0; round < 5000; round++) {
    const octets = Uint8Array.from({ length: 1 + random.below(80) }, () => random.below(256))
    octets.set(random.pick([[0x8c, 0x84, 0x84], [0x8c, 0x82], [0x06, 0x06], []]).slice(0, octets.length))
    survives(octets)
  }
})

it('encodes or refuses by name whatever JSON comes', () => {
  const random = new Random(seed)
  const values = [
    null,
    true,
    -1,
    1.5,
    300,
    2 ** 60,
    1e300,
    '',
    'x',
    'ZZ',
    'ж\0',
    [],
    [1],
    {},
    [{}],
    { kind: 'relative' },
  ]
  let encoded = 0
  for (let round = 0; round < 8_000; round++) {
    const pdu = decodePdu(encodePdu(seededPdu(1 + random.below(200), { plain: false })))
    const json: Record<string, unknown> = JSON.parse(JSON.stringify(pduToJson(pdu, { digest, data: true })))
    spoil(random, json, random.pick(values))
    try {
      decodePdu(encodePdu(jsonToPdu(json)))
      encoded += 1
    } catch (error) {
      if (!(error instanceof MmsError)) throw new Error(JSON.stringify(json), { cause: error })
      expect(error.field).not.toBe('')
    }
  }
  // One in twelve is a PDU in spite of all: else this would prove nothing of the encoder.
  expect(encoded).toBeGreaterThan(500)
  expect(encoded).toBeLessThan(7_600)
})

/** Puts the value in the place of another, somewhere inside. */
function spoil(random: Random, target: Record<string, unknown> | unknown[], value: unknown): void {
  const keys = Object.keys(target)
  if (keys.length === 0) return
  const key = random.pick(keys)
  const inner: unknown = Reflect.get(target, key)
  if (typeof inner === 'object' && inner !== null && random.below(2) === 0) {
    spoil(random, inner as Record<string, unknown>, value)
  } else Reflect.set(target, key, value)
}
