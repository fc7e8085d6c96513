/** Says of what will be a picture message why it is one, how full it is, how small it is made, or why it cannot leave. */
import type { Attachment } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import type { Expectation } from '../model/expectation.ts'
import { pictures } from '../model/status.ts'
import { sizeWords } from '../ui/sizes.ts'

/** What a picture message needs beside its files, at most. */
const HEAD_BYTES = 4_096

interface NoteProps {
  expected: Expectation
  /** Attached so far; undefined: there are none. */
  files: readonly Attachment[] | undefined
  /** Parts that it would take as a text, where that is why; undefined: that is not why. */
  parts: number | undefined
}

export function PictureNote({ expected, files, parts }: NoteProps) {
  const words = wordsOf(expected, files, parts)
  if (words === undefined) return null
  return (
    <p class={expected.bar === undefined ? 'counter' : 'counter over'} role="status">
      {files !== undefined && expected.bar === undefined && (
        <meter class="room-left" min={0} max={pictures.value.bytesMax} value={bytesOf(files)} aria-hidden="true" />
      )}
      {words}
    </p>
  )
}

function wordsOf(
  { transport, bar }: Expectation,
  files: readonly Attachment[] | undefined,
  parts: number | undefined,
): string | undefined {
  if (transport !== 'mms') return undefined
  if (bar !== undefined) return t(`mms.${bar}`)
  if (files !== undefined) {
    const [bytes, { bytesMax }] = [bytesOf(files), pictures.value]
    const sizes = { size: sizeWords(bytes), max: sizeWords(bytesMax) }
    return bytes > bytesMax - HEAD_BYTES ? t('mms.shrunk', sizes) : t('mms.room', sizes)
  }
  return parts === undefined ? undefined : t('mms.long', { parts })
}

function bytesOf(files: readonly Attachment[]): number {
  return files.reduce((total, { bytes }) => total + (bytes ?? 0), 0)
}
