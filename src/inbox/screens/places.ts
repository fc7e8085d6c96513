/** The addresses of the inbox, behind the `#`; one of each is shown at a time. Pure. */

/** What is open beside a conversation. */
export type Panel = { kind: 'about' } | { kind: 'info'; messageId: string }

export interface Place {
  conversationId?: string
  panel?: Panel
  /** A message to jump to. */
  messageId?: string
  isNew?: true
  /** No conversation, but one of the screens of `later/`. */
  room?: { name: RoomName; section?: string }
}

/** Screens beside conversations: `/settings`, `/settings/SECTION`, … */
const ROOMS = ['group', 'settings', 'setup', 'queue', 'doctor', 'logs'] as const
export type RoomName = (typeof ROOMS)[number]

/** `/`, `/new`, `/c/ID`, `/c/ID/about`, `/c/ID/info/MESSAGE`, `/c/ID/m/MESSAGE`, and the rooms; anything else is the list. */
export function placeOf(path: string): Place {
  const [room, conversationId, what, messageId] = path.split('/').filter((part) => part !== '')
  if (room === 'new') return { isNew: true }
  const name = ROOMS.find((known) => known === room)
  if (name !== undefined) return { room: conversationId === undefined ? { name } : { name, section: conversationId } }
  if (room !== 'c' || conversationId === undefined) return {}
  if (what === 'about') return { conversationId, panel: { kind: 'about' } }
  if (what === 'info' && messageId !== undefined) return { conversationId, panel: { kind: 'info', messageId } }
  if (what === 'm' && messageId !== undefined) return { conversationId, messageId }
  return { conversationId }
}

export function threadPath(conversationId: string): string {
  return `/c/${conversationId}`
}

export function aboutPath(conversationId: string): string {
  return `/c/${conversationId}/about`
}

export function infoPath(conversationId: string, messageId: string): string {
  return `/c/${conversationId}/info/${messageId}`
}

export function messagePath(conversationId: string, messageId: string): string {
  return `/c/${conversationId}/m/${messageId}`
}
