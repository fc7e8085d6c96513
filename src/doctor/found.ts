/** Makes findings: the sentence for a code, with its values in it and beside it. Pure. */
import type { Finding, FindingAction, FindingValues, Severity } from '../domain/finding.ts'
import { HOST_WORDS } from './host-words.ts'
import { OUTWARD_WORDS } from './outward-words.ts'
import { RUNNING_WORDS } from './running-words.ts'
import type { Sentence, Sentences } from './sentences.ts'

/** All that the doctor can say. A code begins with the id of the finding: `modem.healing.starting` is a `modem.healing`. */
export const DOCTOR_WORDS = { ...HOST_WORDS, ...OUTWARD_WORDS, ...RUNNING_WORDS }

type Words = typeof DOCTOR_WORDS
type DoctorCode = keyof Words
type Taken<T> = T extends (values: infer V) => string ? V : object
type ValuesOf<C extends DoctorCode> = Taken<Words[C]['what']> & (Words[C] extends { fix: infer F } ? Taken<F> : object)

/** `values` are what the sentences of `code` take; more of them may be handed out. */
export function found<C extends DoctorCode>(
  code: C,
  severity: Severity,
  values: ValuesOf<C> & FindingValues,
  action?: FindingAction,
): Finding {
  const { what, fix }: Sentences[string] = DOCTOR_WORDS[code]
  return {
    id: idOf(code),
    code,
    severity,
    what: say(what, values),
    fix: fix === undefined ? undefined : say(fix, values),
    values,
    ...(action === undefined ? {} : { action }),
  }
}

/** The documented part of a code. */
export function idOf(code: string): string {
  return code.split('.', 2).join('.')
}

function say(sentence: Sentence, values: FindingValues): string {
  if (typeof sentence === 'string') return sentence
  const read = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? timeInWords(value) : value,
  ])
  return sentence(Object.fromEntries(read) as never)
}

/** A time as people read it: `2026-05-01`, `2026-05-01 08:12 UTC`. What is none stays. */
function timeInWords(value: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/.exec(value) ?? []
  if (day === undefined) return value
  return time === '00:00' ? day : `${day} ${time} UTC`
}
