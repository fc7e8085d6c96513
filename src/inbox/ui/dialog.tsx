/** A modal layer on the browser's own `<dialog>`: focus stays inside, Escape closes, focus returns. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { X } from './icons.ts'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
  class?: string
  onKeyDown?: (event: KeyboardEvent) => void
}

export function Dialog({ title, onClose, children, class: className = '', onKeyDown }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const opener = document.activeElement
    const layer = dialog.current
    layer?.showModal()
    // Where something is to be written, it can be at once; the browser itself would choose the cross.
    layer?.querySelector<HTMLElement>('textarea, input[type=text]')?.focus()
    return () => {
      // As long as it is open, nothing outside of it takes the focus.
      layer?.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${className}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      closedby="any"
      onKeyDown={onKeyDown}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="icon-button" aria-label={t('action.close')} onClick={onClose}>
            <X aria-hidden="true" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
