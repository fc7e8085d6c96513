/** What was begun and not sent, by conversation: written to disk with every change, so that no reload loses it. */
import { signal } from '@preact/signals'
import type { Attachment, Policy } from '../api/types.ts'
import { put, readAll, remove } from './vault.ts'

export interface Draft {
  text: string
  /** Undefined: there is no field for one. */
  subject?: string | undefined
  /** Whom it names: where, and which Signal account. */
  mentions?: readonly { start: number; length: number; mention: string }[]
  quoteId?: string | undefined
  attachments: readonly Attachment[]
  /** RFC 3339. */
  scheduleAt?: string | undefined
  /** For this message only. */
  policy?: Policy | undefined
  /** The modem that its text goes through. */
  modem?: string | undefined
}

export const EMPTY_DRAFT: Draft = { text: '', attachments: [] }

const drafts = signal<ReadonlyMap<string, Draft>>(new Map())

/** From disk, once, before the first screen. */
export async function loadDrafts(): Promise<void> {
  drafts.value = new Map([...(await readAll<Draft>('drafts')), ...drafts.peek()])
}

export function draftOf(conversationId: string): Draft {
  return drafts.value.get(conversationId) ?? EMPTY_DRAFT
}

/** There is something to come back to. */
export function hasDraft(conversationId: string): boolean {
  return drafts.value.has(conversationId)
}

export function changeDraft(conversationId: string, change: Partial<Draft>): void {
  const next = new Map(drafts.peek())
  const draft = { ...(next.get(conversationId) ?? EMPTY_DRAFT), ...change }
  const isEmpty =
    draft.text === '' && draft.subject === undefined && draft.attachments.length === 0 && draft.quoteId === undefined
  const isUsual = draft.policy === undefined && draft.modem === undefined
  if (isEmpty && isUsual && draft.scheduleAt === undefined) next.delete(conversationId)
  else next.set(conversationId, draft)
  drafts.value = next
  void (next.has(conversationId) ? put('drafts', conversationId, draft) : remove('drafts', conversationId))
}

/** What was begun there goes on here, behind what was begun here. */
export function moveDraft(fromId: string, toId: string): void {
  if (!hasDraft(fromId)) return
  changeDraft(toId, joined(draftOf(toId), draftOf(fromId)))
  dropDraft(fromId)
}

/** What was to be sent is written on, before what was begun since. */
export function takeUp(conversationId: string, draft: Draft): void {
  changeDraft(conversationId, joined(draft, draftOf(conversationId)))
}

/** All words, names and files of both; of what a message has once, the first's. */
function joined(first: Draft, second: Draft): Draft {
  const between = first.text !== '' && second.text !== '' ? '\n' : ''
  const offset = first.text.length + between.length
  const moved = (second.mentions ?? []).map((range) => ({ ...range, start: range.start + offset }))
  const subjects = [first.subject, second.subject].filter((subject) => subject !== undefined && subject !== '')
  return {
    text: first.text + between + second.text,
    subject: subjects.length === 0 ? (first.subject ?? second.subject) : subjects.join(' '),
    mentions: [...(first.mentions ?? []), ...moved],
    attachments: [...first.attachments, ...second.attachments],
    quoteId: first.quoteId ?? second.quoteId,
    scheduleAt: first.scheduleAt ?? second.scheduleAt,
    policy: first.policy ?? second.policy,
    modem: first.modem ?? second.modem,
  }
}

export function dropDraft(conversationId: string): void {
  changeDraft(conversationId, {
    text: '',
    subject: undefined,
    mentions: [],
    attachments: [],
    quoteId: undefined,
    scheduleAt: undefined,
    policy: undefined,
    modem: undefined,
  })
}
