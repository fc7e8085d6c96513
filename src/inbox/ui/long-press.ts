/**
 * A finger that rests on something opens the menu that a mouse finds beside it. Fingers only: one that moves scrolls, and
 * what does something of its own with a long press (links, recordings) keeps it.
 */
import { useEffect, useRef } from 'preact/hooks'

/** As phones have it. */
const HOLD_MS = 500
/** A finger that has gone less far rests. */
const SLOP_PX = 10
const OTHERS = 'a, audio, video, input, button:not(.picture)'

/** Handlers for an element around both: what matches `on` is pressed, the button that matches `opener` opens the menu. */
export function useLongPress(on: string, opener: string) {
  const finger = useRef<{ x: number; y: number; timer: ReturnType<typeof setTimeout> }>()
  const wasHeld = useRef(false)
  const end = () => {
    clearTimeout(finger.current?.timer)
    finger.current = undefined
  }
  useEffect(() => end, [])
  return {
    onPointerDown: (event: PointerEvent & { currentTarget: HTMLElement }) => {
      const { target, currentTarget, pointerId, clientX: x, clientY: y } = event
      end()
      wasHeld.current = false
      if (event.pointerType !== 'touch' || !event.isPrimary || !(target instanceof Element)) return
      if (target.closest(on) === null || target.closest(OTHERS) !== null) return
      const open = () => {
        const button = currentTarget.querySelector<HTMLButtonElement>(opener)
        const menu = button?.popoverTargetElement
        if (button === null || !(menu instanceof HTMLElement)) return
        wasHeld.current = true
        getSelection()?.removeAllRanges()
        button.click()
        // Lifted anywhere else, the finger would be taken to close it.
        menu.setPointerCapture(pointerId)
      }
      finger.current = { x, y, timer: setTimeout(open, HOLD_MS) }
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const from = finger.current
      if (from !== undefined && Math.hypot(clientX - from.x, clientY - from.y) > SLOP_PX) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenu: (event: Event) => {
      if (finger.current !== undefined) event.preventDefault()
    },
    onClickCapture: (event: MouseEvent) => {
      // Some browsers take a long press for a click, too; those of a keyboard have no detail.
      if (!wasHeld.current || event.detail === 0) return
      event.preventDefault()
      event.stopPropagation()
    },
  }
}
