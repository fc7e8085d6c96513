/** A file that is to be looked at once: the gateway wipes it while it hands it over, so it is asked for only on demand. */
import { useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Attachment, Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { keepMessage } from '../model/threads.ts'
import { Dialog } from '../ui/dialog.tsx'

export function ViewOnce({ file, message }: { file: Attachment; message: Message }) {
  // The gateway says that it is gone while somebody still looks at it, so what was opened stays until it is closed.
  const [shown, setShown] = useState<string | undefined>(undefined)
  const { url } = file
  if (message.direction === 'out') return null
  const close = () => {
    setShown(undefined)
    void ask<Message>('GET', `/api/v1/messages/${message.id}`).then(keepMessage, () => {})
  }
  return (
    <>
      {url !== null && file.state === 'here' && (
        <button type="button" class="button" onClick={() => setShown(url)}>
          {t('gallery.once')}
        </button>
      )}
      {shown !== undefined && (
        <Dialog title={t('file.viewOnce')} class="lightbox" onClose={close}>
          {file.content_type?.startsWith('video/') ? (
            <video class="film" controls autoplay src={shown} aria-label={t('file.video')}>
              <track kind="captions" />
            </video>
          ) : (
            <img src={shown} alt={t('file.viewOnce')} />
          )}
          <p class="quiet small">{t('gallery.onceWords')}</p>
        </Dialog>
      )}
    </>
  )
}
