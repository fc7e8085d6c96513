/** What the rest of the house sees of a group: how it is, and what was done to it. */
import type { DatabaseTransaction } from '../../store/database.ts'

export interface GroupMemberView {
  aci: string
  admin: boolean
}

/** `id` is base64 of the group identifier. */
export interface GroupView {
  id: string
  title: string
  description: string
  revision: number
  /** `ended`: an administrator has ended it for everybody. */
  standing: 'member' | 'invited' | 'requesting' | 'out' | 'ended'
  admin: boolean
  announcementsOnly: boolean
  timerSeconds: number
  /** Who may change title, description, timer; who may add. */
  whoEdits: 'members' | 'admins'
  whoAdds: 'members' | 'admins'
  /** What its invitation link does; the link itself while it works. */
  link: 'off' | 'join' | 'request'
  linkUrl: string | undefined
  /** It has a picture. */
  avatar: boolean
  members: readonly GroupMemberView[]
  /** ACI, or `PNI:` and the phone-number identity. */
  invited: readonly string[]
  requesting: readonly string[]
  /** Come back by no link. */
  banned: readonly string[]
  /** The owner keeps it out. */
  blocked: boolean
}

/** One thing that was done. `who` is a service id (ACI, or `PNI:…`). */
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

export interface GroupFact {
  group: GroupView
  /** What has led to it, oldest first; empty when it is only known anew. */
  changes: readonly { by: string | undefined; revision: number; items: readonly GroupChangeItem[] }[]
  /** We did it ourselves, here. */
  ours: boolean
  /** The owner has put it away on their phone, or fetched it back; undefined: nothing new of that. */
  archived: boolean | undefined
  /** Somebody whom the owner has not let in has added us. */
  request: boolean
  /** Our own service ids. */
  self: readonly string[]
  atMs: number
}

export interface GroupSink {
  /** Inside the transaction that also keeps the state. */
  group(fact: GroupFact, transaction: DatabaseTransaction): Promise<void>
}

/** What became of a group message for one member. */
export interface MemberOutcome {
  aci: string
  outcome: 'sent' | 'unregistered' | 'failed'
  detail: string
}

/** Settings of a group that can be changed together; what is left out stays. */
export interface GroupSettings {
  title?: string
  description?: string
  timerSeconds?: number
  announcementsOnly?: boolean
  whoEdits?: 'members' | 'admins'
  whoAdds?: 'members' | 'admins'
  link?: 'off' | 'join' | 'request'
  /** A fresh link; the one before works no more. */
  resetLink?: boolean
}
