/**
 * AT+CUSD and what answers it (27.007 §7.15), as values: the three ways in which modems take the string, and what an
 * answer of any of them says. Pure.
 *
 *   plain    in the TE's character set               most
 *   packed   packed septets as hex, filled with CR   Huawei
 *   ucs2     UCS-2 as hex under coding scheme 72     where neither is taken
 */
import { type AtCommand, query, setting } from './command.ts'
import { splitFields, unquote } from './fields.ts'

/** Coding schemes that go with a request: default alphabet, UCS-2 (23.038 §5). */
export const USSD_DCS = { plain: 15, packed: 15, ucs2: 72 } as const
export type UssdCoding = keyof typeof USSD_DCS

/** AT+CUSD=1: begins a session, or replies in one. The answer comes as +CUSD, seconds later. Never repeated. */
export function sendUssd(encoded: string, coding: UssdCoding, timeoutMs: number): AtCommand<void> {
  return { ...setting(`AT+CUSD=1,"${encoded}",${USSD_DCS[coding]}`, timeoutMs), retry: 'unsafe' }
}

/** AT+CUSD=2: ends the session. */
export function cancelUssd(timeoutMs: number): AtCommand<void> {
  return { ...setting('AT+CUSD=2', timeoutMs), retry: 'unsafe' }
}

/** AT+CSCS?: the TE's character set. */
export function characterSet(timeoutMs: number): AtCommand<string> {
  return query('AT+CSCS?', '+CSCS:', timeoutMs, (text) => unquote(splitFields(text)[0]).toUpperCase())
}
