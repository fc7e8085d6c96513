/**
 * Pure: what an MMSC's answer to a picture message of ours means for it.
 *
 *   adapting ─► posting ─► sent │ partial (some have it: never all again)
 *      ▲ step down ┘  ├─► unknown: the body had left, and nobody said what became of it
 *      └ too large    ├─► later: the same again, under the same transaction id
 *                     └─► failed, with what the carrier says
 */

/** What came of a POST, in the words of the domain. */
export type PostOutcome =
  /** An m-send-conf. `kind`: what its status octet asks of us; `text`: what the carrier says, where it says something. */
  | { kind: 'conf'; verdict: 'ok' | 'partial' | 'retry' | 'fail'; status: number; text: string | undefined }
  | { kind: 'http'; status: number }
  /** A success that is no m-send-conf: a portal's page, or an answer that cannot be read. */
  | { kind: 'odd'; reason: string }
  | { kind: 'unreachable'; bodySent: boolean; reason: string }

export type Verdict =
  | { kind: 'sent' | 'partial'; words: string }
  | { kind: 'too-large' | 'unknown' | 'later' | 'failed'; code: string; words: string }

/** "Content not accepted", which carriers also say of what is too large. */
const CONTENT_NOT_ACCEPTED: ReadonlySet<number> = new Set([0x87, 0xe5])
const TOO_LARGE_WORDS = /\b(size|large|big|limit|exceed)/i
const CONTENT_TOO_LARGE = 413

/** By status octet, OMA-TS-MMS_ENC §7.3.48. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  129: 'it gave no reason',
  130: 'the service is denied to this SIM',
  131: 'it did not understand the message',
  132: 'it could not resolve the address',
  133: 'it did not find the message',
  134: 'its network has a problem',
  135: 'it did not accept the content',
  136: 'it does not support this kind of message',
  192: 'it could not for now',
  193: 'it could not resolve the address for now',
  194: 'it did not find the message for now',
  195: 'its network has a problem',
  196: 'some of the recipients could not be reached',
  224: 'it gave no reason',
  225: 'the service is denied to this SIM',
  226: 'it did not understand the message',
  227: 'it could not resolve the address',
  228: 'it did not find the message',
  229: 'it did not accept the content',
  234: 'it does not let the sender hide',
  235: 'there is no credit left on this SIM',
}

/** What follows from the answer. Pure, total. */
export function verdictOf(outcome: PostOutcome): Verdict {
  switch (outcome.kind) {
    case 'conf':
      return ofConf(outcome)
    case 'http':
      return ofHttp(outcome.status)
    case 'odd':
      // The whole body was taken by somebody; whether that was the MMSC, nobody knows.
      return { kind: 'unknown', code: 'no-answer', words: `the carrier's answer was none: ${outcome.reason}` }
    case 'unreachable':
      return outcome.bodySent
        ? {
            kind: 'unknown',
            code: 'no-answer',
            words: `the message had left when the answer was lost (${outcome.reason})`,
          }
        : { kind: 'later', code: 'mms-unreachable', words: `the carrier could not be reached: ${outcome.reason}` }
  }
}

function ofConf({ verdict, status, text }: PostOutcome & { kind: 'conf' }): Verdict {
  const said = text === undefined || text.trim() === '' ? '' : ` (“${text.trim()}”)`
  const words = `${STATUS_WORDS[status] ?? 'it gave a reason that is not known here'}${said}`
  switch (verdict) {
    case 'ok':
      return { kind: 'sent', words: `accepted by the carrier${said}` }
    case 'partial':
      return { kind: 'partial', words: `the carrier sent it to some of the recipients only: ${words}` }
    case 'retry':
      return { kind: 'later', code: `mms-${hex(status)}`, words: `the carrier refused it for now: ${words}` }
    case 'fail': {
      const isSize = CONTENT_NOT_ACCEPTED.has(status) || TOO_LARGE_WORDS.test(text ?? '')
      const kind = isSize ? 'too-large' : 'failed'
      return { kind, code: `mms-${hex(status)}`, words: `the carrier refused it: ${words}` }
    }
  }
}

function ofHttp(status: number): Verdict {
  const words = `the carrier answered HTTP ${status}`
  if (status === CONTENT_TOO_LARGE) return { kind: 'too-large', code: 'mms-http-413', words }
  if (status === 401 || status === 403 || status === 407) {
    const settings = `${words}: its settings (APN, proxy, address) do not fit, or MMS is not part of this SIM’s plan`
    return { kind: 'failed', code: `mms-http-${status}`, words: settings }
  }
  const isLater = status === 408 || status === 429 || status >= 500
  return { kind: isLater ? 'later' : 'failed', code: `mms-http-${status}`, words }
}

function hex(status: number): string {
  return status.toString(16).padStart(2, '0')
}

/** Waits before a repetition, on to three hours altogether. */
export const SEND_WAITS_MS = [15_000, 60_000, 5 * 60_000, 20 * 60_000, 3_600_000] as const
export const SEND_REPEATS_MAX = 7

/** What carriers are known to take, in octets of the whole PDU. */
const SIZES = [1_258_291, 1_048_576, 614_400, 307_200, 204_800, 102_400] as const
/** What every carrier takes as far as is known. */
export const BYTES_MAX_DEFAULT = 307_200

/** The next smaller size after a carrier has refused `bytes`; undefined where that is the end. */
export function smallerThan(bytes: number): number | undefined {
  return SIZES.find((size) => size < bytes)
}
