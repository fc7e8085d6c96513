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
    dialog.current?.showModal()
    return () => {
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
