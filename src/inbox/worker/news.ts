/** What a wake has to tell: of conversations as the gateway has them now, those that nobody was told of yet. Pure. */
import type { Conversation } from '../api/types.ts'
import type { Notebook } from './notebook.ts'

/** Of one wake, at most so many; the list shows the rest. */
const NOTICES_MAX = 5

export interface Notice {
  /** The conversation: a later notice takes the place of the one before. */
  tag: string
  title: string
  body: string
}

export interface News {
  notices: readonly Notice[]
  /** What was told, from now on. */
  told: Readonly<Record<string, string>>
}

/** `unread` and `failed` as the lists of these names answer. Muted conversations and what we wrote tell nothing. */
export function newsOf(unread: readonly Conversation[], failed: readonly Conversation[], notebook: Notebook): News {
  const told: Record<string, string> = {}
  const notices: Notice[] = []
  const tell = (row: Conversation, words: string, mayShowText: boolean) => {
    const last = row.last_message
    if (last === null) return
    told[row.id] = last.id
    if (row.muted || notebook.told[row.id] === last.id || notices.length >= NOTICES_MAX) return
    const showsText = mayShowText && notebook.preview === 'text' && last.text !== ''
    if (notebook.preview === 'none') notices.push({ tag: row.id, title: notebook.words.something, body: '' })
    else if (showsText) notices.push({ tag: row.id, title: nameOf(row), body: last.text })
    else notices.push({ tag: row.id, title: words.replace('{name}', () => nameOf(row)), body: '' })
  }
  for (const row of unread) if (row.last_message?.direction === 'in') tell(row, notebook.words.message, true)
  for (const row of failed) {
    const last = row.last_message
    if (last?.direction === 'out' && (last.status === 'failed' || last.status === 'expired')) {
      tell(row, notebook.words.failed, false)
    }
  }
  return { notices, told }
}

function nameOf({ contact, group }: Conversation): string {
  if (group !== null && group.title !== '') return group.title
  return contact?.name ?? contact?.address ?? 'Causeway'
}
