/** Pure: what the owner is told of a picture message that is not here. */
import type { PictureNotice } from '../domain/inbound-notices.ts'
import type { Announced } from '../domain/mms-record.ts'

const UNTOLD_CODE = 'later'
/** It came to a modem whose bearer cannot fetch. */
export const SENDS_ONLY_CODE = 'mms-sends-only'

/** The line for a message in its present state. */
export function pictureNotice(record: Announced): PictureNotice {
  const {
    id: key,
    lane,
    fromAddress,
    receivedAtMs,
    code,
    state,
    subject = '',
    bytes,
    values: told,
    expiresAtMs,
  } = record
  const size = bytes === undefined ? {} : { bytes }
  const values = { ...size, ...told, state, subject, until: new Date(expiresAtMs).toISOString() }
  return { key, lane, fromAddress, receivedAtMs, code: code ?? UNTOLD_CODE, text: wordsOf(record), values }
}

function wordsOf({ state, fromAddress, subject, bytes, code, reason, expiresAtMs }: Announced): string {
  const facts = [subject === undefined ? undefined : `“${subject}”`, bytes === undefined ? undefined : sizeOf(bytes)]
  const about = facts.filter((fact) => fact !== undefined).join(', ')
  const what = `A picture message from ${fromAddress ?? 'somebody unknown'}${about === '' ? '' : ` (${about})`}`
  const until = `${new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const why = reason ?? 'no reason is known'
  switch (state) {
    case 'fetched':
      return `${what} has been fetched.`
    case 'deferred':
      if (code === SENDS_ONLY_CODE) return `${what} waits at the carrier until ${until} and cannot be fetched: ${why}.`
      return `${what} waits at the carrier until ${until} (${why}): fetch it to see it.`
    case 'expired':
      return `${what} could not be fetched: it has expired (${why}). Ask them to send it again.`
    case 'gone':
      return `${what} could not be fetched: ${why}. Ask them to send it again.`
    case 'pushed':
      return `${what} could not be fetched yet: ${why}. It is tried again until ${until}.`
    case 'refused':
    case 'too-large':
      return `${what} could not be fetched: ${why}. It may be fetched again until ${until}.`
  }
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1_000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
