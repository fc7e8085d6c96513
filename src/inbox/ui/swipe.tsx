/**
 * A row that a finger pushes aside to come to a few buttons beside it. Only fingers do: mouse and keyboard have the same
 * actions in the row's menu. Going up or down is left to the browser (`touch-action`), so that no scrolling is lost; nothing
 * moves by itself where less motion is asked for, and nothing happens before a button is pressed.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

export interface SwipeAction {
  label: string
  icon: ComponentChildren
  run: () => void
}

interface SwipeProps {
  /** Beside the beginning of the row, and beside its end, from the row outwards. */
  before: readonly SwipeAction[]
  after: readonly SwipeAction[]
  children: ComponentChildren
}

/** A finger that has gone less far is still pressing. */
const SLOP_PX = 10
/** As wide as one button (list.css). */
const BUTTON_PX = 76
/** Let go this far on the way to the buttons, they stay. */
const STAYS_FROM = 0.4

export function Swipe({ before, after, children }: SwipeProps) {
  /** How far it is aside, towards the end of the line. */
  const [asidePx, setAsidePx] = useState(0)
  const [isHeld, setIsHeld] = useState(false)
  const finger = useRef<{ x: number; y: number; fromPx: number; px: number; moves: boolean }>()
  /** Put back by the press that the next click belongs to. */
  const wasClosed = useRef(false)
  const row = useRef<HTMLDivElement>(null)
  const isOpen = asidePx !== 0
  useEffect(() => {
    if (!isOpen) return
    const elsewhere = ({ target }: Event) => {
      if (target instanceof Node && row.current?.contains(target) !== true) setAsidePx(0)
    }
    document.addEventListener('pointerdown', elsewhere)
    return () => document.removeEventListener('pointerdown', elsewhere)
  }, [isOpen])

  const move = ({ clientX, clientY, pointerId, currentTarget }: PointerEvent & { currentTarget: HTMLElement }) => {
    const from = finger.current
    if (from === undefined) return
    const [across, down] = [clientX - from.x, clientY - from.y]
    if (!from.moves) {
      if (Math.abs(across) < SLOP_PX || Math.abs(across) < Math.abs(down)) return
      from.moves = true
      currentTarget.setPointerCapture(pointerId)
      setIsHeld(true)
    }
    const towardsEnd = document.documentElement.dir === 'rtl' ? -across : across
    const px = from.fromPx + towardsEnd
    from.px = Math.max(-after.length * BUTTON_PX, Math.min(before.length * BUTTON_PX, px))
    setAsidePx(from.px)
  }
  const letGo = (isCanceled: boolean) => {
    const from = finger.current
    finger.current = undefined
    if (from === undefined) return
    if (!from.moves) {
      wasClosed.current = from.fromPx !== 0
      if (wasClosed.current) setAsidePx(0)
      return
    }
    setIsHeld(false)
    const wholePx = (from.px > 0 ? before.length : -after.length) * BUTTON_PX
    const stays = wholePx !== 0 && from.px / wholePx >= STAYS_FROM
    setAsidePx(isCanceled ? from.fromPx : stays ? wholePx : 0)
  }
  const actions = asidePx > 0 ? before : asidePx < 0 ? after : []
  const shiftPx = document.documentElement.dir === 'rtl' ? -asidePx : asidePx
  return (
    <div class={isOpen ? 'swipe open' : 'swipe'} ref={row}>
      {/* What they do is in the row's menu, too: a screen reader is not told twice. */}
      <div class={asidePx > 0 ? 'swipe-actions' : 'swipe-actions after'} aria-hidden="true">
        {actions.map(({ label, icon, run }) => (
          <button
            key={label}
            type="button"
            tabIndex={-1}
            // The focus stays where it was: nothing hidden may have it.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => {
              setAsidePx(0)
              run()
            }}
          >
            {icon}
            {label}
          </button>
        ))}
      </div>
      <div
        class={isHeld ? 'swipe-front held' : 'swipe-front'}
        style={isOpen ? { transform: `translateX(${shiftPx}px)` } : {}}
        onPointerDown={({ pointerType, isPrimary, clientX: x, clientY: y }) => {
          wasClosed.current = false
          if (pointerType !== 'touch' || !isPrimary || before.length + after.length === 0) return
          finger.current = { x, y, fromPx: asidePx, px: asidePx, moves: false }
        }}
        onPointerMove={move}
        onPointerUp={() => letGo(false)}
        onPointerCancel={() => letGo(true)}
        onClickCapture={(event) => {
          if (!isOpen && !wasClosed.current) return
          // Pressing the row puts it back, and opens nothing.
          event.preventDefault()
          event.stopPropagation()
          setAsidePx(0)
        }}
      >
        {children}
      </div>
    </div>
  )
}
