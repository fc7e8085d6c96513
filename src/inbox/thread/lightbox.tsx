/** A picture as large as the window, and the way to keep it. */
import type { Attachment } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Download } from '../ui/icons.ts'

interface LightboxProps {
  file: Attachment
  url: string
  name: string
  onClose: () => void
}

export function Lightbox({ file, url, name, onClose }: LightboxProps) {
  return (
    <Dialog title={t('file.lightbox')} class="lightbox" onClose={onClose}>
      <img src={url} alt={name} />
      <p class="lightbox-foot">
        <span translate={false} dir="auto">
          {name}
        </span>
        <a class="button" href={url} download={file.file_name ?? ''}>
          <Download aria-hidden="true" /> {t('file.save')}
        </a>
      </p>
    </Dialog>
  )
}
