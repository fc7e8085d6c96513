/** Pure: who is in a picture message: numbers in international form, without our own, and whether that makes a group. */
import type { Address, From } from '../../modem/mms/address.ts'
import { parseSender } from '../domain/address.ts'

/** Somebody's address as it identifies them: E.164, a short code, an e-mail address in lower case. */
export function addressKey({ address }: Pick<Address, 'address'>, region: string | undefined): string {
  const parsed = parseSender(address, region)
  if (parsed.kind === 'e164') return parsed.e164
  if (parsed.kind === 'short-code') return parsed.code
  return address.includes('@') ? address.trim().toLowerCase() : address.trim()
}

/** The sender; undefined where the MMSC does not tell. */
export function senderOf(from: From | undefined, region: string | undefined): string | undefined {
  if (from === undefined || 'insertAddress' in from || from.address.trim() === '') return undefined
  return addressKey(from, region)
}

export interface Participants {
  /** It came back to us: our own message to a group. */
  isOwnEcho: boolean
  /** Everybody but us, sorted; undefined where it is between two. */
  numbers: readonly string[] | undefined
  /** A number that can only be ours, which was not known. */
  learnt: string | undefined
}

/** Our numbers: the one that the modem (or the owner) says, and those under which we were written to. */
export interface OwnNumbers {
  sure: string | undefined
  learnt: readonly string[]
}

/**
 * Without a number of our own nobody can tell who is us, so everything stays between two. A message to one number alone is
 * to us, which teaches that; it may be wrong (a hidden copy), so only a number that is sure makes an echo of a message.
 */
export function participants(
  message: { from: string | undefined; to: readonly string[]; cc: readonly string[] },
  { sure, learnt }: OwnNumbers,
): Participants {
  const { from, to, cc } = message
  const own = new Set([...(sure === undefined ? [] : [sure]), ...learnt])
  const others = [...new Set([...to, ...cc])].filter((number) => number !== from)
  const [only] = others
  const isToOne = others.length === 1 && cc.length === 0
  const known = others.filter((number) => !own.has(number))
  const isGroup = own.size > 0 && from !== undefined && known.length > 0 && !isToOne
  return {
    isOwnEcho: from !== undefined && from === sure && known.length > 0,
    learnt: own.size === 0 && isToOne && only !== undefined && E164.test(only) ? only : undefined,
    numbers: isGroup ? [...new Set([from, ...known])].sort() : undefined,
  }
}

const E164 = /^\+[1-9]\d{6,14}$/
