/**
 * The recovery key: what a person keeps on paper to open backups with. Thirty digits in groups of five, of which the last
 * two check the others (ISO 7064, MOD 97-10: any one wrong digit and any two neighbours that changed places are noticed),
 * so that a slip of the pen is not taken for the key of another backup. Nothing of it is kept here: see `envelope.ts`.
 */
import { CausewayError } from '../domain/errors.ts'

/** 93 bits of chance. */
const DRAWN_DIGITS = 28
const DIGITS = DRAWN_DIGITS + 2
const GROUP_DIGITS = 5
/** So many octets make the remainder of a division by 10^28 even, but for one part in 2^160. */
const DRAWN_OCTETS = 32

/** A new one, as thirty digits without blanks. */
export function newRecoveryKey(randomOctets: (count: number) => Uint8Array): string {
  const drawn = BigInt(`0x${Buffer.from(randomOctets(DRAWN_OCTETS)).toString('hex')}`) % 10n ** BigInt(DRAWN_DIGITS)
  const digits = drawn.toString().padStart(DRAWN_DIGITS, '0')
  const check = 98n - ((drawn * 100n) % 97n)
  return `${digits}${check.toString().padStart(2, '0')}`
}

/** As people read and write it: six groups of five digits. */
export function grouped(key: string): string {
  return key.match(new RegExp(`\\d{${GROUP_DIGITS}}`, 'g'))?.join(' ') ?? key
}

/** The thirty digits of what somebody typed, with whatever between them. Throws CausewayError `recovery-key-invalid`. */
export function parseRecoveryKey(typed: string): string {
  const digits = typed.replace(/[\s.\-–—_]/g, '')
  if (!/^\d+$/.test(digits) || digits.length !== DIGITS) {
    throw invalid(`The recovery key has ${DIGITS} digits in six groups. Type all of them, as they were shown.`)
  }
  if (BigInt(digits) % 97n !== 1n) {
    throw invalid(
      'A digit of the recovery key is wrong: its last two do not fit the others. Compare it with your copy.',
    )
  }
  return digits
}

function invalid(message: string): CausewayError {
  return new CausewayError({ code: 'recovery-key-invalid', message, retry: 'after-human' })
}
