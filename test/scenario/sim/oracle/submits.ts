/**
 * Seeded SMS-SUBMITs of every kind that we write, for decoders that are not ours: both concatenations, all alphabets,
 * national tables, ports, classes, and each form of validity.
 */
import { addressOf } from '../../../../modem/pdu/address.ts'
import { encodeSubmit, type SubmitFields } from '../../../../modem/pdu/encode.ts'
import { type Part, split } from '../../../../modem/pdu/segments.ts'
import { timestampOf } from '../../../../modem/pdu/timestamp.ts'
import { relativeValidity, type Validity } from '../../../../modem/pdu/validity.ts'
import { Random } from '../../../unit/at/random.ts'

/** What was written, beside its octets. `part` is missing for data. */
export interface Submit {
  seed: number
  kind: 'default' | 'extension' | 'ucs2' | 'emoji' | 'national' | 'data'
  to: string
  fields: SubmitFields
  part: Part | undefined
  ports: { dst: number; src: number; bits: 8 | 16 } | undefined
  tpdu: Uint8Array
}

const KINDS = ['default', 'extension', 'ucs2', 'emoji', 'national', 'data'] as const
const RECIPIENTS = ['+4915550002', '+14155550123', '60606', '118', '+8613900000001']
const CHARACTERS: Readonly<Record<Exclude<Submit['kind'], 'data'>, readonly string[]>> = {
  default: [...'abc XYZ 019.,?!@£$èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà'],
  extension: [...'ab c{}[]~^|\\€'],
  ucs2: [...'Привет как дела жћ漢字 ab'],
  emoji: ['😀', '🎉', 'ab', ' ', 'ж'],
  national: [...'ğışçĞİŞ Ik'],
}
/** Turkish: the one whose letters `CHARACTERS.national` has. */
const TURKISH = 1

/** So many messages; the same ones for the same seeds. */
export function seededSubmits(count: number): Submit[] {
  return Array.from({ length: count }, (_, index) => seededSubmit(index + 1))
}

function seededSubmit(seed: number): Submit {
  const random = new Random(seed)
  const kind = KINDS[seed % KINDS.length] ?? 'default'
  const to = random.pick(RECIPIENTS)
  const common = {
    address: addressOf(to),
    messageReference: random.below(256),
    statusReportRequest: random.below(2) === 1,
    rejectDuplicates: random.below(2) === 1,
    replyPath: random.below(4) === 0,
    pid: random.pick([0, 0, 0x41, 0x47]),
    validity: validityOf(random),
  }
  if (kind === 'data') {
    const ports = portsOf(random)
    const data = Uint8Array.from({ length: 1 + random.below(120) }, () => random.below(256))
    const fields = { ...common, dcs: 4, udh: ports === undefined ? [] : [portElement(ports)], data }
    return { seed, kind, to, fields, part: undefined, ports, tpdu: encodeSubmit(fields) }
  }
  const length = 1 + random.below(random.pick([20, 160, 500]))
  const text = Array.from({ length }, () => random.pick(CHARACTERS[kind])).join('')
  const referenceBits = random.pick([8, 16] as const)
  const parts = split(text, {
    reference: random.below(2 ** referenceBits),
    referenceBits,
    ...(kind === 'national' ? { nationalLanguages: [TURKISH] } : {}),
    ...(random.below(4) === 0 ? { messageClass: random.pick([0, 1] as const) } : {}),
  })
  const part = random.pick(parts)
  const fields = { ...common, ...part }
  return { seed, kind, to, fields, part, ports: undefined, tpdu: encodeSubmit(fields) }
}

function validityOf(random: Random): Validity | null {
  switch (random.below(5)) {
    case 0:
      return null
    case 1:
      return { format: 'absolute', ...timestampOf(Date.UTC(2026, random.below(12), 1 + random.below(28)), 330) }
    case 2:
      return {
        format: 'enhanced',
        raw: `02${hexOctet(1 + random.below(255))}0000000000`,
        kind: 'seconds',
        seconds: null,
      }
    default:
      return relativeValidity(random.pick([5, 55, 60, 720, 750, 1_440, 2_880, 43_200, 50_400, 635_040]))
  }
}

function portsOf(random: Random): Submit['ports'] {
  switch (random.below(3)) {
    case 0:
      return undefined
    case 1:
      // Neither WAP's nor any other port whose data a decoder would take apart further.
      return { dst: 16_000 + random.below(900), src: 17_000 + random.below(900), bits: 16 }
    default:
      return { dst: 240 + random.below(16), src: 240 + random.below(16), bits: 8 }
  }
}

function portElement({ dst, src, bits }: NonNullable<Submit['ports']>): { iei: number; data: Uint8Array } {
  if (bits === 8) return { iei: 4, data: Uint8Array.of(dst, src) }
  return { iei: 5, data: Uint8Array.of(dst >> 8, dst & 0xff, src >> 8, src & 0xff) }
}

function hexOctet(value: number): string {
  return value.toString(16).padStart(2, '0').toUpperCase()
}
