/** A reason of the server's in the language of the screen, its own words within reach. */
import { type ReasonKind, sentenceFor } from '../languages/reasons.ts'

interface ReasonProps {
  /** Beside the words: it finds the sentence. */
  code: string | null
  reason: string | null
  kind?: ReasonKind
}

export function Reason({ code, reason, kind }: ReasonProps) {
  const sentence = sentenceFor(code, kind)
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
