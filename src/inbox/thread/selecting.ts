/** Text of one message is marked by finger: only after it was asked for, since a long press opens the menu of the message. */

export const hasFingerOnly = () => matchMedia('(pointer: coarse)').matches

/** All of it, for the browser's own handles; until nothing of the message is selected any more. */
export function selectText(messageId: string): void {
  const entry = document.querySelector<HTMLElement>(`[data-message="${messageId}"]`)
  const text = entry?.querySelector('.text')
  if (!entry || !text) return
  entry.dataset.selecting = ''
  const over = () => {
    const now = getSelection()
    if (now !== null && !now.isCollapsed && entry.contains(now.anchorNode)) return
    delete entry.dataset.selecting
    document.removeEventListener('selectionchange', over)
  }
  getSelection()?.selectAllChildren(text)
  document.addEventListener('selectionchange', over)
}
