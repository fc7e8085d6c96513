/**
 * Lines of a conversation that nobody wrote, in the language of the screen: what was done to a group, who has called, a
 * picture message that is not here, what became known of a person. The gateway has them as English sentences, with a code
 * and what is in them beside.
 */
import type { Message } from '../api/types.ts'
import { reasonWords } from '../languages/reasons.ts'
import { maybeT, speaksEnglish } from '../languages/translate.ts'
import { sizeWords } from '../ui/sizes.ts'
import { fullTime, spanWords } from '../ui/times.ts'

export type Line = Pick<Message, 'kind' | 'notice' | 'code' | 'text' | 'values'>

/** Undefined where the gateway's own words must do. */
export function lineWords({ kind, notice, code, values, text }: Line): string | undefined {
  const known = notice === null ? undefined : maybeT(`notice.${notice}`)
  if (known !== undefined) return known
  if (code === null || text === '' || speaksEnglish()) return undefined
  if (kind === 'call') return maybeT(`call.${code}`)
  if (notice === 'group') return maybeT(`line.${code}`, { ...values, span: spanWords(String(values['span'] ?? '')) })
  if (notice !== 'picture') return undefined
  const why = reasonWords(code, null, 'file.why', values)
  const { state, subject, bytes, until } = values
  const facts = [subject, bytes === undefined ? '' : sizeWords(Number(bytes))].filter(Boolean).join(', ')
  const about = facts && ` (${facts})`
  return maybeT(`picture.is.${state}`, { about, why, until: fullTime(until === undefined ? null : String(until)) })
}
