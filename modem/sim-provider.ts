/**
 * What the SIM says of whoever sold it: EF_SPN, the name (31.102 §4.2.12), and EF_GID1, a mark of the provider's own
 * (§4.2.10), read by AT+CRSM (27.007 §8.18). Both are optional on the SIM and the command in the modem; many resellers have
 * no other sign than these.
 */
import type { AtCommand } from './at/command.ts'
import { AtError } from './at/result.ts'
import { readSimFile, type SimAnswer, simFileInfo } from './at/sim-file.ts'
import { textOfSeptets } from './pdu/alphabet.ts'
import { isRefusal } from './refusal.ts'

export interface SimProvider {
  /** EF_SPN. */
  spn?: string
  /** EF_GID1, upper-case hex without padding. */
  gid1?: string
}

const EF_SPN = 0x6f46
const EF_GID1 = 0x6f3e
const SPN_OCTETS = 17
/** Of a mark; what is longer is cut, since its beginning is what counts. */
const GID1_OCTETS_MAX = 32
const TIMEOUT_MS = 5_000
const PADDING = 0xff

type Ask = <T>(command: AtCommand<T>) => Promise<T>

/**
 * At most three questions of five seconds each. What the SIM does not have is left out, and what the modem does not answer
 * is not asked again; undefined where the port went away meanwhile. Never rejects.
 */
export async function simProvider(ask: Ask): Promise<SimProvider | undefined> {
  try {
    const spn = nameOf(await fileOf(ask, EF_SPN, SPN_OCTETS))
    const size = sizeOf(await unlessRefused(ask, simFileInfo(EF_GID1, TIMEOUT_MS)))
    const mark = size === undefined ? undefined : await fileOf(ask, EF_GID1, Math.min(size, GID1_OCTETS_MAX))
    const gid1 = markOf(mark)
    return { ...(spn === undefined ? {} : { spn }), ...(gid1 === undefined ? {} : { gid1 }) }
  } catch (error) {
    // A modem that leaves the command unanswered would do so again.
    return error instanceof AtError && error.kind === 'timeout' ? {} : undefined
  }
}

async function fileOf(ask: Ask, file: number, octets: number): Promise<Uint8Array | undefined> {
  return (await unlessRefused(ask, readSimFile(file, octets, TIMEOUT_MS)))?.octets
}

/** Undefined where modem or SIM say no. */
async function unlessRefused(ask: Ask, command: AtCommand<SimAnswer>): Promise<SimAnswer | undefined> {
  try {
    const answer = await ask({ ...command, unjudged: true })
    return answer.isWell ? answer : undefined
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/** Of a file, as a SIM (51.011 §9.2.1) or a USIM (102.221 §11.1.1.3) tells it; undefined for what is neither. */
function sizeOf(answer: SimAnswer | undefined): number | undefined {
  if (answer === undefined) return undefined
  const { octets } = answer
  if (octets[0] !== FCP) return octets.length >= SIM_HEAD_OCTETS ? whole(octets[2], octets[3]) : undefined
  // The length of the template may take two octets.
  for (let at = octets[1] === LONG_LENGTH ? 3 : 2; at + 1 < octets.length; at += 2 + (octets[at + 1] ?? 0)) {
    if (octets[at] === FCP_SIZE && octets[at + 1] === 2) return whole(octets[at + 2], octets[at + 3])
  }
  return undefined
}

const FCP = 0x62
const FCP_SIZE = 0x80
const LONG_LENGTH = 0x81
const SIM_HEAD_OCTETS = 14

function whole(high = 0, low = 0): number | undefined {
  const size = high * 256 + low
  return size > 0 ? size : undefined
}

function markOf(octets: Uint8Array | undefined): string | undefined {
  const end = octets?.findLastIndex((octet) => octet !== PADDING) ?? -1
  return octets === undefined || end < 0
    ? undefined
    : Buffer.from(octets.subarray(0, end + 1))
        .toString('hex')
        .toUpperCase()
}

/** Behind the octet that says where the name is to be shown (31.102 §4.2.12). */
function nameOf(octets: Uint8Array | undefined): string | undefined {
  if (octets === undefined) return undefined
  const name = alphaOf(octets.subarray(1)).replace(/\p{C}/gu, '').trim()
  return name === '' ? undefined : name
}

const UCS2 = 0x80
const HALF_PAGES = 0x81
const HALF_PAGES_FAR = 0x82

/** An alpha field of the SIM (102.221 Annex A): the GSM alphabet an octet each, or one of three ways of UCS-2. */
function alphaOf(octets: Uint8Array): string {
  const [kind = PADDING, count = 0, first = 0, second = 0] = octets
  if (kind === UCS2) {
    let text = ''
    for (let at = 1; at + 1 < octets.length; at += 2) {
      const unit = (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0)
      if (unit === 0xffff) break
      text += String.fromCharCode(unit)
    }
    return text
  }
  if (kind === HALF_PAGES) return paged(octets.subarray(3, 3 + count), first << 7)
  if (kind === HALF_PAGES_FAR) return paged(octets.subarray(4, 4 + count), first * 256 + second)
  const end = octets.indexOf(PADDING)
  return textOfSeptets(octets.subarray(0, end < 0 ? octets.length : end).map((octet) => octet & 0x7f))
}

/** Octets below 0x80 are the GSM alphabet's, the others count from `base`. */
function paged(octets: Uint8Array, base: number): string {
  return Array.from(octets, (octet) =>
    octet < 0x80 ? textOfSeptets(Uint8Array.of(octet)) : String.fromCharCode((base + (octet & 0x7f)) & 0xffff),
  ).join('')
}
