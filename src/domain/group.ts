/**
 * A group as the house sees it, and what is done to groups in words: "Ana renamed the group to “Roof”". Pure.
 */
import { durationInWords } from './words.ts'

/** What is known of a group, beside its secrets. Members by account id. */
export interface GroupDetails {
  /** Base64 of Signal's group identifier. */
  id: string
  title: string
  description: string
  /** Counts its changes. */
  revision: number
  /** What we are to it. `ended`: its administrators have ended it for everybody. */
  standing: 'member' | 'invited' | 'requesting' | 'out' | 'ended'
  admin: boolean
  announcementsOnly: boolean
  /** After how many seconds messages disappear; 0: never. */
  timerSeconds: number
  whoEdits: 'members' | 'admins'
  whoAdds: 'members' | 'admins'
  link: 'off' | 'join' | 'request'
  linkUrl: string | undefined
  /** It has a picture. */
  avatar: boolean
  members: readonly { aci: string; admin: boolean }[]
  /** Account ids, or `PNI:` and a phone-number identity. */
  invited: readonly string[]
  requesting: readonly string[]
  /** Whom an administrator keeps from coming back by the link; left out by groups that were kept before this was. */
  banned?: readonly string[]
  /** The owner keeps it out; left out as that. */
  blocked?: boolean
}

export type GroupChangeItem =
  | { kind: 'created' | 'avatar' | 'link-reset' | 'ended' }
  | { kind: 'renamed'; title: string }
  | { kind: 'described'; text: string }
  | { kind: 'timer'; seconds: number }
  | { kind: 'added' | 'joined' | 'left' | 'removed' | 'invited' | 'uninvited' | 'declined'; who: string }
  | { kind: 'requested' | 'approved' | 'refused' | 'withdrew' | 'banned' | 'unbanned'; who: string }
  | { kind: 'role'; who: string; admin: boolean }
  | { kind: 'link'; state: 'off' | 'join' | 'request' }
  | { kind: 'access'; what: 'edit' | 'add'; level: 'members' | 'admins' }
  | { kind: 'announcements'; on: boolean }

/** A group that has become known or was changed. */
export interface GroupFact {
  group: GroupDetails
  /** Oldest first. */
  changes: readonly { by: string | undefined; revision: number; items: readonly GroupChangeItem[] }[]
  /** We did it ourselves, here. */
  ours: boolean
  /** The owner has put it away on their phone, or fetched it back; undefined: nothing new of that. */
  archived: boolean | undefined
  /** Somebody whom the owner has not let in has added us. */
  request: boolean
  /** Our own ids in this group. */
  self: readonly string[]
  atMs: number
}

/**
 * One change as a sentence. `name` gives the words for somebody ("You" at the beginning, "you" elsewhere); `by` is who
 * did it, where that is known.
 */
export function groupLine(
  item: GroupChangeItem,
  by: string | undefined,
  name: (who: string, place: 'first' | 'inside') => string,
): string {
  const actor = by === undefined ? 'Somebody' : name(by, 'first')
  const inside = (who: string) => name(who, 'inside')
  const first = (who: string) => name(who, 'first')
  switch (item.kind) {
    case 'created':
      return `${actor} created the group`
    case 'avatar':
      return `${actor} changed the picture of the group`
    case 'link-reset':
      return `${actor} replaced the link to the group`
    case 'ended':
      return `${actor} ended the group`
    case 'renamed':
      return `${actor} renamed the group to “${item.title}”`
    case 'described':
      return item.text === ''
        ? `${actor} removed the description`
        : `${actor} changed the description to “${item.text}”`
    case 'timer':
      return item.seconds === 0
        ? `${actor} let messages stay for ever`
        : `${actor} let messages disappear after ${durationInWords(item.seconds * 1000)}`
    case 'added':
      return `${actor} added ${inside(item.who)}`
    case 'joined':
      return `${first(item.who)} joined the group`
    case 'left':
      return `${first(item.who)} left the group`
    case 'removed':
      return `${actor} removed ${inside(item.who)}`
    case 'invited':
      return `${actor} invited ${inside(item.who)}`
    case 'uninvited':
      return `${actor} withdrew the invitation of ${inside(item.who)}`
    case 'declined':
      return `${first(item.who)} declined the invitation`
    case 'requested':
      return `${first(item.who)} asked to join by the link`
    case 'approved':
      return `${actor} let ${inside(item.who)} in`
    case 'refused':
      return `${actor} did not let ${inside(item.who)} in`
    case 'withdrew':
      return `${first(item.who)} withdrew the request to join`
    case 'banned':
      return `${actor} banned ${inside(item.who)} from the group`
    case 'unbanned':
      return `${actor} lifted the ban of ${inside(item.who)}`
    case 'role':
      return item.admin
        ? `${actor} made ${inside(item.who)} an administrator`
        : `${actor} made ${inside(item.who)} an ordinary member`
    case 'link':
      return {
        off: `${actor} switched the link to the group off`,
        join: `${actor} switched the link to the group on`,
        request: `${actor} switched the link to the group on; an administrator lets people in`,
      }[item.state]
    case 'access': {
      const whom = item.level === 'admins' ? 'administrators only' : 'all members'
      return item.what === 'edit' ? `${actor} let ${whom} change the group` : `${actor} let ${whom} add people`
    }
    case 'announcements':
      return item.on ? `${actor} let administrators only write here` : `${actor} let everybody write here`
  }
}

/** How a group that was unknown until now is shown to have begun for us. */
export function groupBeginning(fact: GroupFact): string {
  const { standing, title } = fact.group
  if (fact.ours && standing === 'member') return `You are in the group “${title}” now`
  if (standing === 'invited') return `You are invited to the group “${title}”: accept, or leave it`
  if (standing === 'requesting') return `You have asked to join the group “${title}”`
  return standing === 'member' ? `You were added to the group “${title}”` : `The group “${title}”`
}
