/** The ways to attach files by pressing: the system's picker, and on what has a touch screen its camera. */
import { useRef } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { Camera, Paperclip } from '../ui/icons.ts'

export function Attach({ take }: { take: (files: FileList | null) => void }) {
  const picker = useRef<HTMLInputElement>(null)
  const pick = (fromCamera: boolean) => {
    const field = picker.current
    if (field === null) return
    field.accept = fromCamera ? 'image/*' : ''
    // An empty one would ask for the camera, too.
    if (fromCamera) field.setAttribute('capture', 'environment')
    else field.removeAttribute('capture')
    field.click()
  }
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={t('composer.attach')}
        title={t('composer.attach')}
        onClick={() => pick(false)}
      >
        <Paperclip aria-hidden="true" />
      </button>
      <button
        type="button"
        class="icon-button camera"
        aria-label={t('composer.camera')}
        title={t('composer.camera')}
        onClick={() => pick(true)}
      >
        <Camera aria-hidden="true" />
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t('composer.attach')}
        onChange={(event) => {
          take(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
    </>
  )
}
