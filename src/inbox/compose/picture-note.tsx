/** Says of what will be a picture message why it is one, how small it is made, or why it cannot leave. */
import { t } from '../languages/translate.ts'
import type { Expectation } from '../model/expectation.ts'
import { pictures } from '../model/status.ts'
import { sizeWords } from '../ui/sizes.ts'

interface NoteProps {
  expected: Expectation
  hasFiles: boolean
  /** Parts that it would take as a text, where that is why; undefined: that is not why. */
  parts: number | undefined
}

export function PictureNote({ expected, hasFiles, parts }: NoteProps) {
  const words = wordsOf(expected, hasFiles, parts)
  if (words === undefined) return null
  return (
    <p class={expected.bar === undefined ? 'counter' : 'counter over'} role="status">
      {words}
    </p>
  )
}

function wordsOf({ transport, bar }: Expectation, hasFiles: boolean, parts: number | undefined): string | undefined {
  if (transport !== 'mms') return undefined
  if (bar !== undefined) return t(`mms.${bar}`)
  if (hasFiles) return t('mms.fits', { size: sizeWords(pictures.value.bytesMax) })
  return parts === undefined ? undefined : t('mms.long', { parts })
}
