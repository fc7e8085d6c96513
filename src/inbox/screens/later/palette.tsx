/** Goes anywhere by a few letters: conversations and screens; and says which keys there are. */
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../../languages/translate.ts'
import { conversations } from '../../model/conversations.ts'
import { conversationName } from '../../model/people.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { type Destination, destinations } from '../destinations.ts'
import { threadPath } from '../places.ts'

const SHOWN_MAX = 12

interface Choice extends Pick<Destination, 'words' | 'to'> {
  key: string
  isName: boolean
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const wanted = query.trim().toLocaleLowerCase()
  const choices: readonly Choice[] = [
    ...destinations().map((place) => ({ ...place, key: place.words, isName: false })),
    ...conversations.value.map((row) => ({
      words: conversationName(row),
      to: threadPath(row.id),
      key: row.id,
      isName: true,
    })),
  ]
    .filter(({ words }) => words.toLocaleLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return
    onClose()
    if (typeof choice.to === 'string') go(choice.to)
    else choice.to()
  }
  return (
    <Dialog title={t('palette.title')} class="palette" onClose={onClose}>
      <input
        class="palette-field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={choices.length === 0 ? undefined : `palette-${at}`}
        aria-label={t('palette.title')}
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
          if (step !== 0 && choices.length > 0) setAt((at + step + choices.length) % choices.length)
          else if (event.key === 'Enter') choose(choices[at])
          else return
          event.preventDefault()
        }}
      />
      <div id="palette-list" role="listbox" aria-label={t('palette.title')}>
        {choices.map((choice, index) => (
          <div
            key={choice.key}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            class="menu-entry"
            onMouseDown={(event) => {
              event.preventDefault()
              choose(choice)
            }}
          >
            <span translate={!choice.isName} dir="auto">
              {choice.words}
            </span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p class="quiet">{t('search.nothing')}</p>}
      <p class="quiet small">{t('palette.keys')}</p>
    </Dialog>
  )
}
