/** The head of what is open beside a conversation, with the way back to it. */
import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../languages/translate.ts'
import { X } from '../ui/icons.ts'
import { threadPath } from './places.ts'

export function PanelHead({ title, conversationId }: { title: string; conversationId: string }) {
  const [, go] = useLocation()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    heading.current?.focus()
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <header class="panel-head">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <button
        type="button"
        class="icon-button"
        aria-label={t('action.close')}
        onClick={() => go(threadPath(conversationId))}
      >
        <X aria-hidden="true" />
      </button>
    </header>
  )
}
