/**
 * The server's reasons in the language of the screen. Its own words are English and the most exact, so they stand where
 * English is spoken; elsewhere the catalogue's sentence for the stable code beside them, where there is one.
 */

import { spanWords } from '../ui/times.ts'
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
  const said = Object.keys(values).length === 0 ? undefined : withSpans(values)
  for (const key of sentenceKeys(code, kind)) {
    // The one with the figures, where they are known.
    const sentence = (said && maybeT(`${key}.told`, said)) ?? maybeT(key, said)
    if (sentence !== undefined) return sentence
  }
  return undefined
}

/** The sentence for a code, or the server's words. */
export function reasonWords(
  code: string | null,
  reason: string | null,
  kind?: ReasonKind,
  values?: MessageArguments,
): string {
  return sentenceFor(code, kind, values) ?? reason ?? code ?? ''
}

/** Spans of time in words. */
function withSpans(values: MessageArguments): MessageArguments {
  const said = Object.entries(values).map(([name, value]) => [name, isSpan(value) ? spanWords(String(value)) : value])
  return Object.fromEntries(said)
}

const isSpan = (value: MessageArguments[string]) => typeof value === 'string' && /^P[\dT]/.test(value)
