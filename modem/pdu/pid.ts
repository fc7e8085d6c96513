/** TP-Protocol-Identifier, 3GPP TS 23.040 §9.2.3.9: what a receiver is asked to do with the message. */

/**
 * `sme`: an ordinary message. `telematic`: interworking with telefax, voice, e-mail …, `device` is the five-bit code.
 * `type-0`: to be acknowledged, never shown. `replace`: takes the place of an earlier one of the same number (1…7) and
 * sender. `enhanced`: obsolete enhanced message service. `return-call`: somebody wants to be called. `ansi-136`: R-DATA.
 * `me-download`, `me-depersonalization`, `sim-download`: for the device or the SIM, not for a person.
 */
export type Protocol =
  | { kind: 'sme' | 'type-0' | 'enhanced' | 'return-call' | 'ansi-136' }
  | { kind: 'me-download' | 'me-depersonalization' | 'sim-download' | 'sc-specific' | 'reserved' }
  | { kind: 'telematic'; device: number }
  | { kind: 'replace'; number: number }

const PROTOCOLS: readonly Protocol[] = Array.from({ length: 256 }, (_, pid) => Object.freeze(readProtocol(pid)))

/** What a TP-PID octet says. Never fails; the result is shared and frozen. */
export function protocolOf(pid: number): Protocol {
  return PROTOCOLS[pid & 0xff] ?? { kind: 'reserved' }
}

function readProtocol(pid: number): Protocol {
  if (pid < 0x20) return { kind: 'sme' }
  if (pid < 0x40) return { kind: 'telematic', device: pid & 0x1f }
  if (pid === 0x40) return { kind: 'type-0' }
  if (pid <= 0x47) return { kind: 'replace', number: pid & 7 }
  if (pid === 0x5e) return { kind: 'enhanced' }
  if (pid === 0x5f) return { kind: 'return-call' }
  if (pid === 0x7c) return { kind: 'ansi-136' }
  if (pid === 0x7d) return { kind: 'me-download' }
  if (pid === 0x7e) return { kind: 'me-depersonalization' }
  if (pid === 0x7f) return { kind: 'sim-download' }
  return pid >= 0xc0 ? { kind: 'sc-specific' } : { kind: 'reserved' }
}
