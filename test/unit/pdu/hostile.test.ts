/**
 * Mutated PDUs. `FUZZ_ROUNDS=10000000 npx vitest run test/unit/pdu/hostile.test.ts` is the long run of a release.
 */
import { expect, it } from 'vitest'
import { PduError } from '../../../modem/pdu/error.ts'
import { jsonToHex, tpduToJson } from '../../../modem/pdu/json.ts'
import { reassemble, segmentOf } from '../../../modem/pdu/segments.ts'
import { type Direction, decodePdu } from '../../../modem/pdu/tpdu.ts'
import { Random } from '../at/random.ts'
import { corpus } from './corpus.ts'

const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 60_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

function mutated(random: Random, pdu: string): string {
  const digits = [...pdu]
  for (let change = random.below(4); change >= 0; change--) {
    const at = random.below(digits.length + 1)
    switch (random.below(6)) {
      case 0:
        digits[at] = random.below(16).toString(16)
        break
      case 1:
        digits.splice(at, random.below(12))
        break
      case 2:
        digits.splice(at, 0, ...Array.from({ length: 1 + random.below(20) }, () => random.below(16).toString(16)))
        break
      case 3:
        digits.length = at
        break
      case 4:
        digits.splice(at - (at % 2), 2, ...random.pick(['00', 'FF', '7F', '80', 'A0', '1B', 'D8', '05', '08', '24']))
        break
      default:
        digits[at] = random.pick(['G', ' ', '\0', 'é', '😀', '-'])
    }
  }
  return digits.join('')
}

/** Decodes and uses all that came out; true when there was something, false for a typed error. */
function survives(pdu: string, direction: Direction): boolean {
  let tpdu: ReturnType<typeof decodePdu>
  try {
    tpdu = decodePdu(pdu, direction)
  } catch (error) {
    if (error instanceof PduError && error.field !== '' && error.offset >= 0) return false
    throw new Error(`${direction} ${pdu}`, { cause: error })
  }
  const json = JSON.stringify(tpduToJson(tpdu))
  if (/\\ud[89a-f]/i.test(json)) throw new Error(`half a surrogate pair from ${direction} ${pdu}`)
  if (tpdu.type !== 'status-report') reassemble([segmentOf(tpdu)])
  return true
}

it(`throws nothing but PduError for ${rounds} mutated PDUs`, { timeout: 3_600_000 }, () => {
  const random = new Random(seed)
  let decoded = 0
  for (let round = 0; round < rounds; round++) {
    const { pdu, direction } = random.pick(corpus.pdus)
    if (survives(mutated(random, pdu), random.below(8) === 0 ? random.pick(['mt', 'mo']) : direction)) decoded += 1
  }
  expect(decoded).toBeGreaterThan(rounds / 10)
  expect(decoded).toBeLessThan(rounds * 0.9)
})

it('encodes or refuses by name whatever JSON comes', () => {
  const random = new Random(seed)
  const values = [
    null,
    true,
    -1,
    1.5,
    300,
    1e300,
    '',
    'x',
    '00',
    'ZZ',
    'ж',
    [],
    [1],
    {},
    { format: 'relative' },
    { local: 'x' },
  ]
  let encoded = 0
  for (let round = 0; round < 20_000; round++) {
    const { pdu, direction, hostile } = random.pick(corpus.pdus)
    if (hostile) continue
    const json = { ...tpduToJson(decodePdu(pdu, direction)) }
    json[random.pick(Object.keys(json))] = random.pick(values)
    try {
      for (const hex of jsonToHex(JSON.parse(JSON.stringify(json)))) decodePdu(hex, direction)
      encoded += 1
    } catch (error) {
      if (!(error instanceof PduError)) throw new Error(JSON.stringify(json), { cause: error })
      expect(error.field).not.toBe('')
    }
  }
  expect(encoded).toBeGreaterThan(1000)
})
