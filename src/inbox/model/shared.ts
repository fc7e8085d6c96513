/** What another app shares with the installed inbox (Web Share Target): words for a message, until somebody is picked. */
import { signal } from '@preact/signals'
import { changeDraft, draftOf } from './drafts.ts'

const PATH = '/share'
const CHARS_MAX = 10_000

export const sharedText = signal('')

/** Out of the page's address, which is then that of the inbox. Whether there was something. */
export function takeShared(): boolean {
  if (location.pathname !== PATH) return false
  const given = new URLSearchParams(location.search)
  const parts = ['title', 'text', 'url'].map((name) => given.get(name) ?? '').filter((part) => part !== '')
  sharedText.value = parts.join('\n').slice(0, CHARS_MAX)
  history.replaceState(history.state, '', '/')
  return true
}

/** Behind what was begun there before. */
export function shareWith(conversationId: string): void {
  if (sharedText.peek() === '') return
  const { text } = draftOf(conversationId)
  changeDraft(conversationId, { text: text === '' ? sharedText.peek() : `${text}\n${sharedText.peek()}` })
  sharedText.value = ''
}
