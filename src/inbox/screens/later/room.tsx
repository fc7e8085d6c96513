/** The frame of a screen that is no conversation: heading, way back, and what scrolls below. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../../languages/translate.ts'
import { ArrowLeft } from '../../ui/icons.ts'

interface RoomProps {
  title: string
  children: ComponentChildren
  /** Beside the heading. */
  more?: ComponentChildren
  back?: string
}

export function Room({ title, children, more, back = '/' }: RoomProps) {
  const [, go] = useLocation()
  const heading = useRef<HTMLHeadingElement>(null)
  // Before the paint: what is typed into a field that can be seen stays in it.
  useLayoutEffect(() => heading.current?.focus(), [title])
  return (
    <section class="room" aria-label={title}>
      <header class="thread-head">
        <button type="button" class="icon-button back" aria-label={t('action.back')} onClick={() => go(back)}>
          <ArrowLeft aria-hidden="true" />
        </button>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {more}
      </header>
      <div
        class="room-body"
        // So that it can be scrolled without a pointer.
        ref={(body) => {
          if (body !== null) body.tabIndex = 0
        }}
      >
        {children}
      </div>
    </section>
  )
}
