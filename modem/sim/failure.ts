/** The final results by which a command fails, and their words for +CMEE=2 (27.005 §3.2.5, 27.007 §9.2). */

export type FailureFamily = 'plain' | 'cme' | 'cms'

export class AtFailure extends Error {
  readonly family: FailureFamily
  readonly code: number

  /** `line`: what a plain failure says in place of ERROR. */
  constructor(family: FailureFamily, code = 0, line = 'ERROR') {
    super(family === 'plain' ? line : `+${family.toUpperCase()} ERROR: ${code}`)
    this.name = 'AtFailure'
    this.family = family
    this.code = code
  }
}

export const plainError = (line?: string): AtFailure => new AtFailure('plain', 0, line)
export const cmeError = (code: number): AtFailure => new AtFailure('cme', code)
export const cmsError = (code: number): AtFailure => new AtFailure('cms', code)

const CME_WORDS: Readonly<Record<number, string>> = {
  3: 'operation not allowed',
  4: 'operation not supported',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  16: 'incorrect password',
  30: 'no network service',
  50: 'incorrect parameters',
  100: 'unknown',
}

const CMS_WORDS: Readonly<Record<number, string>> = {
  38: 'network out of order',
  42: 'congestion',
  300: 'ME failure',
  302: 'operation not allowed',
  303: 'operation not supported',
  304: 'invalid PDU mode parameter',
  305: 'invalid text mode parameter',
  310: 'SIM not inserted',
  311: 'SIM PIN required',
  316: 'SIM PUK required',
  321: 'invalid memory index',
  322: 'memory full',
  331: 'no network service',
  340: 'no +CNMA acknowledgement expected',
  500: 'unknown error',
}

/** The result line under a +CMEE setting: 0 hides equipment errors (not message errors), 1 numbers, 2 words. */
export function failureLine(failure: AtFailure, cmee: number): string {
  const { family, code } = failure
  if (family === 'plain') return failure.message
  if (family === 'cme' && cmee === 0) return 'ERROR'
  const words = family === 'cme' ? CME_WORDS[code] : CMS_WORDS[code]
  return `+${family.toUpperCase()} ERROR: ${cmee === 2 ? (words ?? code) : code}`
}
