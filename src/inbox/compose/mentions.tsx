/**
 * An `@` in a Signal group offers its members: the arrows go through them, Enter or Tab takes one, Escape leaves the words
 * as they are; the pointer takes one as well. The field keeps the focus all the while.
 */
import type { RefObject } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Conversation, Group } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeDraft, draftOf } from '../model/drafts.ts'
import { mentionAt, movedWith } from '../model/mentions.ts'
import { personName } from '../model/people.ts'
import { account } from '../model/status.ts'

const SHOWN_MAX = 8

interface Member {
  aci: string
  name: string
}

/** What the field has to call, and the list to show beside it. */
export function useMentions({ id, group }: Conversation, field: RefObject<HTMLTextAreaElement>) {
  const listId = useId()
  const members = useMembers(group?.kind === 'signal' ? group.id : undefined)
  const [caret, setCaret] = useState(-1)
  const [at, setAt] = useState(0)
  /** Where an `@` stands that the owner wants left alone. */
  const [left, setLeft] = useState(-1)
  const caretNext = useRef<number>()
  const { text, mentions = [] } = draftOf(id)
  const place = caret < 0 || members.length === 0 ? undefined : mentionAt(text, caret)
  const isTaken = mentions.some(({ start }) => start === place?.start)
  const found = place === undefined || isTaken || place.start === left ? [] : matching(members, place.query)
  const active = Math.min(at, found.length - 1)

  useLayoutEffect(() => {
    if (caretNext.current === undefined) return
    field.current?.setSelectionRange(caretNext.current, caretNext.current)
    caretNext.current = undefined
  })

  const choose = (member: Member | undefined) => {
    if (member === undefined || place === undefined) return
    const words = `@${member.name}`
    const rest = text.slice(caret)
    const written = `${text.slice(0, place.start)}${words}${rest.startsWith(' ') ? '' : ' '}${rest}`
    const kept = movedWith(text, written, mentions)
    const named = { start: place.start, length: words.length, mention: member.aci }
    changeDraft(id, { text: written, mentions: [...kept, named] })
    caretNext.current = place.start + words.length + 1
    setCaret(-1)
    field.current?.focus()
  }

  /** True when the key was for the list. */
  const keyed = (event: KeyboardEvent): boolean => {
    if (found.length === 0 || event.isComposing) return false
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((active + step + found.length) % found.length)
    else if (event.key === 'Escape') setLeft(place?.start ?? -1)
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) choose(found[active])
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  return {
    keyed,
    /** After every change of the field. */
    input: (written: string, caretNow: number) => {
      changeDraft(id, { text: written, mentions: movedWith(text, written, mentions) })
      setCaret(caretNow)
      setAt(0)
      if (!written.includes('@')) setLeft(-1)
    },
    moved: (caretNow: number) => setCaret(caretNow),
    close: () => setCaret(-1),
    aria:
      found.length === 0
        ? {}
        : ({
            'aria-autocomplete': 'list',
            'aria-haspopup': 'listbox',
            'aria-controls': listId,
            'aria-activedescendant': `${listId}-${active}`,
          } as const),
    list: found.length > 0 && (
      <div id={listId} class="mention-list" role="listbox" aria-label={t('composer.mention')}>
        {found.map((member, index) => (
          <div
            key={member.aci}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            class="menu-entry"
            translate={false}
            dir="auto"
            onMouseDown={(event) => {
              event.preventDefault()
              choose(member)
            }}
          >
            {member.name}
          </div>
        ))}
      </div>
    ),
  }
}

/** Those of a group beside ourselves, fetched once. */
function useMembers(groupId: string | undefined): readonly Member[] {
  const [members, setMembers] = useState<readonly Member[]>([])
  useEffect(() => {
    if (groupId === undefined) return
    ask<Group>('GET', `/api/v1/groups/${groupId}`)
      .then((group) =>
        setMembers(
          group.members.flatMap(({ aci, ...person }) => (aci === null ? [] : [{ aci, name: personName(person) }])),
        ),
      )
      .catch(() => {})
  }, [groupId])
  return members.filter(({ aci }) => aci !== account.value?.aci)
}

/** Whose name, or a word of it, begins so. */
function matching(members: readonly Member[], query: string): Member[] {
  const wanted = query.toLocaleLowerCase()
  return members
    .filter(({ name }) => {
      const words = name.toLocaleLowerCase()
      return words.startsWith(wanted) || words.includes(` ${wanted}`)
    })
    .slice(0, SHOWN_MAX)
}
