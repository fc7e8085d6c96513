/**
 * The server's reasons in the language of the screen. Its own words are English and the most exact, so they stand where
 * English is spoken; elsewhere the catalogue's sentence for the stable code beside them, where there is one.
 */
import type { MessageArguments } from './icu.ts'
import { type ReasonKind, sentenceKeys } from './reason-names.ts'
import { maybeT, speaksEnglish } from './translate.ts'

/** The sentence for a code in another language than English; undefined where the server's words must do. */
export function sentenceFor(
  code: string | null,
  kind: ReasonKind = 'why',
  values: MessageArguments = {},
): string | undefined {
  if (code === null || speaksEnglish()) return undefined
  for (const key of sentenceKeys(code, kind)) {
    const sentence = maybeT(key, values)
    if (sentence !== undefined) return sentence
  }
  return undefined
}

/** The sentence for a code, or the server's words. */
export function reasonWords(code: string | null, reason: string | null, kind?: ReasonKind): string {
  return sentenceFor(code, kind) ?? reason ?? code ?? ''
}
