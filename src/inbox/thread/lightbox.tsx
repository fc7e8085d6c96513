/** A picture as large as the window, the ones before and after it in the conversation, and the way to keep it. */
import { useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import type { Picture } from '../model/pictures.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Download } from '../ui/icons.ts'

interface LightboxProps {
  pictures: readonly Picture[]
  /** The one that is shown first. */
  id: string
  onClose: () => void
}

export function Lightbox({ pictures, id, onClose }: LightboxProps) {
  const [shown, show] = useState(id)
  const at = pictures.findIndex((picture) => picture.id === shown)
  const picture = pictures[at]
  if (picture === undefined) return null
  const move = (step: number) => {
    const next = pictures[at + step]
    if (next !== undefined) show(next.id)
  }
  return (
    <Dialog
      title={t('file.lightbox')}
      class="lightbox"
      onClose={onClose}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
        move(document.documentElement.dir === 'rtl' ? -step : step)
      }}
    >
      <img src={picture.url} alt={picture.name} />
      <p class="lightbox-foot">
        {([-1, 1] as const).map((step) => (
          <button
            key={step}
            type="button"
            class="icon-button"
            aria-label={t(step === 1 ? 'gallery.next' : 'gallery.previous')}
            disabled={pictures[at + step] === undefined}
            onClick={() => move(step)}
          >
            {step === 1 ? '›' : '‹'}
          </button>
        ))}
        <span translate={false} dir="auto">
          {picture.name}
        </span>
        <a class="button" href={picture.url} download={picture.fileName}>
          <Download aria-hidden="true" /> {t('file.save')}
        </a>
      </p>
    </Dialog>
  )
}
