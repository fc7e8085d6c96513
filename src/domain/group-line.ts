/**
 * The same of a line about a group for those who say it in another language: a stable code, and what is in the words.
 * `group.ts` has the words. Pure.
 */
import { formatDuration } from './duration.ts'
import type { GroupChangeItem, GroupFact } from './group.ts'

/** A line that nobody wrote, for programs. */
export interface LineSaid {
  code: string
  values: Readonly<Record<string, string>>
}

/** All that `groupLineSaid` and `groupBeginningSaid` give. */
export const GROUP_LINE_CODES = [
  'created',
  'avatar',
  'link-reset',
  'ended',
  'renamed',
  'described',
  'undescribed',
  'timer',
  'timer-off',
  'added',
  'joined',
  'left',
  'removed',
  'invited',
  'uninvited',
  'declined',
  'requested',
  'approved',
  'refused',
  'withdrew',
  'banned',
  'unbanned',
  'made-admin',
  'made-member',
  'link-off',
  'link-join',
  'link-request',
  'edit-members',
  'edit-admins',
  'add-members',
  'add-admins',
  'only-admins-write',
  'everybody-writes',
  'begun-here',
  'begun-invited',
  'begun-requesting',
  'begun-added',
  'begun',
  'call-started',
  'voted',
  'poll-ended',
  'pinned',
  'unpinned',
] as const
type GroupLineCode = (typeof GROUP_LINE_CODES)[number]

/** Who did it, or to whom it was done: `us`, by `name`, or nobody knows. */
export type Somebody = 'us' | { name: string } | undefined

/**
 * One change. Values: `by` and `who` are `us`, `them` (then `name` and `whom` name them) or `nobody` who is known; `title`
 * and `text` quote; `span` is ISO 8601.
 */
export function groupLineSaid(item: GroupChangeItem, by: Somebody, who: Somebody): LineSaid {
  return {
    code: codeOf(item),
    values: {
      by: kindOf(by),
      name: nameOf(by),
      who: kindOf(who),
      whom: nameOf(who),
      ...('title' in item ? { title: item.title } : {}),
      ...('text' in item ? { text: item.text } : {}),
      ...(item.kind === 'timer' ? { span: formatDuration(item.seconds * 1_000) } : {}),
    },
  }
}

const HAPPENINGS = {
  'call-started': 'started a group call',
  voted: 'voted in a poll',
  'poll-ended': 'ended a poll',
  pinned: 'pinned a message',
  unpinned: 'unpinned a message',
} as const

/** What somebody did beside writing: in words, and as a line for programs with the values `by` and `name`. */
export function happeningLine(what: keyof typeof HAPPENINGS, by: Somebody): { text: string; said: LineSaid } {
  const actor = by === 'us' ? 'You' : nameOf(by) || 'Somebody'
  return { text: `${actor} ${HAPPENINGS[what]}`, said: { code: what, values: { by: kindOf(by), name: nameOf(by) } } }
}

/** How a group that was unknown until now has begun for us; the value is its `title`. */
export function groupBeginningSaid({ ours, group: { standing, title } }: GroupFact): LineSaid {
  return { code: beginningOf(standing, ours), values: { title } }
}

function beginningOf(standing: GroupFact['group']['standing'], ours: boolean): GroupLineCode {
  if (standing === 'member') return ours ? 'begun-here' : 'begun-added'
  if (standing === 'invited') return 'begun-invited'
  return standing === 'requesting' ? 'begun-requesting' : 'begun'
}

function codeOf(item: GroupChangeItem): GroupLineCode {
  switch (item.kind) {
    case 'described':
      return item.text === '' ? 'undescribed' : 'described'
    case 'timer':
      return item.seconds === 0 ? 'timer-off' : 'timer'
    case 'role':
      return item.admin ? 'made-admin' : 'made-member'
    case 'link':
      return `link-${item.state}`
    case 'access':
      return `${item.what}-${item.level}`
    case 'announcements':
      return item.on ? 'only-admins-write' : 'everybody-writes'
    default:
      return item.kind
  }
}

function kindOf(somebody: Somebody): string {
  return somebody === undefined ? 'nobody' : somebody === 'us' ? 'us' : 'them'
}

function nameOf(somebody: Somebody): string {
  return typeof somebody === 'object' ? somebody.name : ''
}
