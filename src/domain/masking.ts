/** Takes numbers and keys out of words that are shown to others: the log in the inbox, a support bundle. Pure. */

/** Numbers of phones and SIMs, and what looks like a token or key; ids of ours (`msg_…`) have capitals in them. */
const NUMBER = /\+?\d[\d ()-]{4,}\d/g
const SECRET = /\b(cw_[0-9A-Z]{26}_[\w-]+|whsec_[\w+/=]+|[\w+/-]{40,}={0,2})/g

/** `text` without them. `number` says what stands in the place of one. */
export function masked(text: string, number: (found: string) => string = () => '[number]'): string {
  return text.replaceAll(SECRET, '[hidden]').replaceAll(NUMBER, number)
}
