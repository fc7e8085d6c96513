/**
 * The server's reasons in the language of the screen. Its own words are English and the most exact, so they stand where
 * English is spoken; elsewhere the catalogue's sentence for the stable code beside them, where there is one.
 */
import { sentencesOf } from './reason-names.ts'
import { maybeT, speaksEnglish } from './translate.ts'

/** What a code is one of: why something is as it is, the state of a modem or of the Signal account, what the doctor found. */
export type ReasonKind = 'why' | 'modem.is' | 'signal.is' | 'found'

/** The sentence for a code in another language than English; undefined where the server's words must do. */
export function sentenceFor(code: string | null, kind: ReasonKind = 'why'): string | undefined {
  if (code === null || speaksEnglish()) return undefined
  for (const name of sentencesOf(code)) {
    const sentence = maybeT(`${kind}.${name}`)
    if (sentence !== undefined) return sentence
  }
  return undefined
}

/** The sentence for a code, or the server's words. */
export function reasonWords(code: string | null, reason: string | null, kind?: ReasonKind): string {
  return sentenceFor(code, kind) ?? reason ?? code ?? ''
}
