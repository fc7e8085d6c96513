/**
 * A button that opens a list of actions beside it; arrows move, Escape closes, focus returns (the popover's own doing). What
 * cannot be undone is asked once more, in its own place: a second press does it, moving on or closing takes it back.
 */
import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'

export interface MenuEntry {
  label: string
  icon: ComponentChildren
  run: () => void
  danger?: boolean
  /** Asked once more before it is run. */
  sure?: boolean
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
  const [asked, setAsked] = useState<string | undefined>(undefined)
  const opened = ({ newState }: { newState: string }) => {
    setAsked(undefined)
    if (newState !== 'open' || menu.current === null || button.current === null) return
    menu.current.onkeydown = moveFocus
    const [layer, opener] = [menu.current, button.current]
    const place = () => placeBeside(layer, opener)
    place()
    addEventListener('resize', place)
    layer.addEventListener('toggle', () => removeEventListener('resize', place), { once: true })
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
                  aria-label={asked === entry.label ? `${t('settings.sure')} ${entry.label}` : undefined}
                  onBlur={() => setAsked(undefined)}
                  onClick={({ currentTarget }) => {
                    if (entry.sure === true && asked !== entry.label) {
                      // Where a press does not focus a button (Safari), leaving it would not be seen.
                      currentTarget.focus()
                      setAsked(entry.label)
                      return
                    }
                    menu.current?.hidePopover()
                    entry.run()
                  }}
                >
                  <span class="menu-icon">{entry.icon}</span>
                  {asked === entry.label ? t('settings.sure') : entry.label}
                </button>
              ),
          )}
        </div>
        <p class="visually-hidden" role="status">
          {asked !== undefined && `${t('settings.sure')} ${asked}`}
        </p>
      </div>
    </>
  )
}

/** Below the button where there is room, else above; within the window in any case. */
function placeBeside(menu: HTMLElement, button: HTMLElement): void {
  // It keeps its width when an entry asks, so that the second press is where the first one was.
  menu.style.minWidth = ''
  menu.style.minWidth = `${menu.offsetWidth}px`
  const at = button.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = menu
  const below = at.bottom + GAP_PX + height <= innerHeight
  const top = below ? at.bottom + GAP_PX : at.top - GAP_PX - height
  menu.style.top = `${Math.max(GAP_PX, Math.min(top, innerHeight - height - GAP_PX))}px`
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
