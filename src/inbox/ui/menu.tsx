/** A button that opens a list of actions beside it; arrows move, Escape closes, focus returns (the popover's own doing). */
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

export interface MenuEntry {
  label: string
  icon: ComponentChildren
  run: () => void
  danger?: boolean
}

interface MenuProps {
  label: string
  icon: ComponentChildren
  entries: readonly (MenuEntry | undefined)[]
  /** Above the entries. */
  head?: ComponentChildren
  class?: string
  tabIndex?: number
}

const GAP_PX = 4

export function Menu({ label, icon, entries, head, class: className = 'icon-button', tabIndex }: MenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const opened = ({ newState }: { newState: string }) => {
    if (newState !== 'open' || menu.current === null || button.current === null) return
    menu.current.onkeydown = moveFocus
    placeBeside(menu.current, button.current)
    menu.current.querySelector<HTMLElement>('button')?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        class={className}
        tabIndex={tabIndex}
        aria-label={label}
        aria-haspopup="menu"
        title={label}
        popovertarget={id}
      >
        {icon}
      </button>
      <div ref={menu} id={id} popover="auto" class="menu" onToggle={opened}>
        {head}
        <div role="menu" aria-label={label} class="menu-entries">
          {entries.map(
            (entry) =>
              entry !== undefined && (
                <button
                  key={entry.label}
                  type="button"
                  role="menuitem"
                  class={entry.danger === true ? 'menu-entry danger' : 'menu-entry'}
                  onClick={() => {
                    menu.current?.hidePopover()
                    entry.run()
                  }}
                >
                  <span class="menu-icon">{entry.icon}</span>
                  {entry.label}
                </button>
              ),
          )}
        </div>
      </div>
    </>
  )
}

/** Below the button where there is room, else above; within the window in any case. */
function placeBeside(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = menu
  const below = at.bottom + GAP_PX + height <= innerHeight
  menu.style.top = `${Math.max(GAP_PX, below ? at.bottom + GAP_PX : at.top - GAP_PX - height)}px`
  menu.style.left = `${Math.min(Math.max(GAP_PX, at.right - width), innerWidth - width - GAP_PX)}px`
}

function moveFocus(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const menu = event.currentTarget
  if (step === 0 || !(menu instanceof HTMLElement)) return
  event.preventDefault()
  const buttons = [...menu.querySelectorAll<HTMLElement>('button')]
  const now = buttons.indexOf(document.activeElement as HTMLElement)
  buttons[(now + step + buttons.length) % buttons.length]?.focus()
}
