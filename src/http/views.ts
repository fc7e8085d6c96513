/**
 * People as the API shows them, and how it shows whatever is part of many rows: snake_case, RFC 3339 in UTC with
 * milliseconds, null for "not known". Pure.
 */
import { formatDuration } from '../domain/duration.ts'
import type { ContactRow, GroupRow } from '../store/tables/mailbox.ts'

/** ms since epoch → RFC 3339. */
export function time(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString()
}

/** What a person is written to as. */
export function addressOf(contact: Pick<ContactRow, 'e164' | 'sender' | 'aci'>): string | null {
  return contact.e164 ?? contact.sender ?? (contact.aci === null ? null : `signal:${contact.aci}`)
}

/** Whoever has this number or sender among those who are known. */
export function addressView(address: string, known: readonly ContactColumns[]) {
  const person = known.find(({ e164, sender }) => e164 === address || sender === address)
  return person === undefined ? { id: null, name: null, address } : refOf(person)
}

/** Whoever has this account among those who are known. */
export function personView(aci: string, known: readonly ContactColumns[]) {
  const person = known.find((one) => one.aci === aci)
  return person === undefined ? { id: null, name: null, address: `signal:${aci}` } : refOf(person)
}

/** The picture only where it was asked for. */
export type ContactColumns = Pick<ContactRow, 'id' | 'name' | 'profile_name' | 'e164' | 'sender' | 'aci'> &
  Partial<Pick<ContactRow, 'avatar_id'>>

/** A group as the other side of a conversation, with those who wrote into it. */
export interface GroupColumns {
  group: Pick<GroupRow, 'id' | 'title'>
  authors: readonly ContactColumns[]
}

/** The owner's name for them goes before their own. */
export function refOf(contact: ContactColumns) {
  return { id: contact.id, name: contact.name ?? contact.profile_name, address: addressOf(contact) }
}

/** So much of what tells one picture from another stands in its address, for caches alone. */
const PORTRAIT_TAG_CHARS = 8

/** Where a picture is; another one has another address. */
export function portraitUrl(path: string, tag: string): string {
  return `${path}/avatar?v=${tag.slice(-PORTRAIT_TAG_CHARS)}`
}

/** Where their picture is. */
export function portraitOf({ id, avatar_id: picture = null }: ContactColumns): string | null {
  return picture === null ? null : portraitUrl(`/api/v1/contacts/${id}`, picture)
}

/** Without their id: a member of a group need not be a contact. */
export function numberView(address: string, people: readonly ContactColumns[]) {
  const { name } = addressView(address, people)
  return { name, address }
}

export function contactView(contact: ContactRow) {
  return {
    ...refOf(contact),
    avatar_url: portraitOf(contact),
    profile_name: contact.profile_name,
    number: contact.e164,
    sender: contact.sender,
    aci: contact.aci,
    policy: contact.policy,
    fallback_after: contact.fallback_after_ms === null ? null : formatDuration(contact.fallback_after_ms),
    modem: contact.preferred_lane,
    verified: contact.verified === 1,
    identity_changed_at: time(contact.identity_changed_at_ms),
    blocked: contact.blocked_at_ms !== null,
    blocked_at: time(contact.blocked_at_ms),
    signal: capabilityView(contact),
    version: contact.version,
    created_at: time(contact.created_at_ms),
    updated_at: time(contact.updated_at_ms),
  }
}

/** What is known of the person on Signal. */
export function capabilityView(contact: ContactRow) {
  return {
    standing: contact.signal_standing,
    checked_at: time(contact.signal_checked_at_ms),
    next_check_at: contact.signal_next_check_at_ms === 0 ? null : time(contact.signal_next_check_at_ms),
  }
}
