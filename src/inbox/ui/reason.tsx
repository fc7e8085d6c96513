/** A reason of the server's in the language of the screen, its own words within reach. */
import type { MessageArguments } from '../languages/icu.ts'
import type { ReasonKind } from '../languages/reason-names.ts'
import { sentenceFor } from '../languages/reasons.ts'

interface ReasonProps {
  /** Beside the words: it finds the sentence. */
  code: string | null
  reason: string | null
  kind?: ReasonKind
  values?: MessageArguments | undefined
}

export function Reason({ code, reason, kind, values }: ReasonProps) {
  const sentence = sentenceFor(code, kind, values)
  if (sentence !== undefined) {
    return (
      <span translate={false} title={reason ?? undefined}>
        <span translate={true}>{sentence}</span>
      </span>
    )
  }
  return (
    <span translate={false} lang="en" dir="auto">
      {reason ?? code}
    </span>
  )
}
