/** Says of what will be a picture message why it is one, how full it is, how small it is made, or why it cannot leave. */
import { useEffect, useState } from 'preact/hooks'
import { askForFile } from '../api/client.ts'
import type { Attachment } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import type { Expectation } from '../model/expectation.ts'
import { pictures } from '../model/status.ts'
import { useAct } from '../ui/act.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Problem } from '../ui/problem.tsx'
import { sizeWords } from '../ui/sizes.ts'

/** What a picture message needs beside its files, at most. */
const HEAD_BYTES = 4_096

interface NoteProps {
  expected: Expectation
  /** Attached so far; undefined: there are none. */
  files: readonly Attachment[] | undefined
  /** Parts that it would take as a text, where that is why; undefined: that is not why. */
  parts: number | undefined
  /** All words of the message. */
  text: string
}

export function PictureNote({ expected, files, parts, text }: NoteProps) {
  const [isOpen, setIsOpen] = useState(false)
  const words = wordsOf(expected, files, parts)
  if (words === undefined) return null
  const canSee = files?.some(isPicture) === true && expected.bar === undefined && isShrunk(files)
  return (
    <>
      <p class={expected.bar === undefined ? 'counter' : 'counter over'} role="status">
        {files !== undefined && expected.bar === undefined && (
          <meter class="room-left" min={0} max={pictures.value.bytesMax} value={bytesOf(files)} aria-hidden="true" />
        )}
        {words}
      </p>
      {canSee && (
        <button type="button" class="link" onClick={() => setIsOpen(true)}>
          {t('mms.see')}
        </button>
      )}
      {isOpen && canSee && <Arriving files={files} text={text} onClose={() => setIsOpen(false)} />}
    </>
  )
}

interface ArrivingProps {
  files: readonly Attachment[]
  text: string
  onClose: () => void
}

/** The pictures as they arrive: the gateway makes them as it will when they are sent. */
function Arriving({ files, text, onClose }: ArrivingProps) {
  const ids = files.map(({ id }) => id).join()
  const bytes = new TextEncoder().encode(text).length
  return (
    <Dialog title={t('mms.see')} onClose={onClose}>
      {files.filter(isPicture).map((file) => (
        <Copy key={file.id} url={`/api/v1/media/${file.id}/as-mms?files=${ids}&text_bytes=${bytes}`} />
      ))}
    </Dialog>
  )
}

function Copy({ url }: { url: string }) {
  const [copy, setCopy] = useState<{ src: string; bytes: number } | undefined>(undefined)
  const [pixels, setPixels] = useState('')
  const { error, run } = useAct()
  useEffect(() => {
    let src = ''
    void run(async () => {
      const blob = await askForFile(url)
      src = URL.createObjectURL(blob)
      setCopy({ src, bytes: blob.size })
    })
    return () => URL.revokeObjectURL(src)
  }, [url])
  if (error !== undefined) return <Problem error={error} />
  if (copy === undefined) return <p class="quiet">{t('app.opening')}</p>
  return (
    <figure class="arriving">
      <img
        src={copy.src}
        alt={t('file.picture')}
        onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) =>
          setPixels(`${width} × ${height}`)
        }
      />
      <figcaption>
        <bdi>{pixels}</bdi> · {sizeWords(copy.bytes)}
      </figcaption>
    </figure>
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
    return isShrunk(files) ? t('mms.shrunk', sizes) : t('mms.room', sizes)
  }
  return parts === undefined ? undefined : t('mms.long', { parts })
}

function isPicture({ content_type: type }: Attachment): boolean {
  return type.startsWith('image/')
}

function isShrunk(files: readonly Attachment[]): boolean {
  return bytesOf(files) > pictures.value.bytesMax - HEAD_BYTES
}

function bytesOf(files: readonly Attachment[]): number {
  return files.reduce((total, { bytes }) => total + (bytes ?? 0), 0)
}
