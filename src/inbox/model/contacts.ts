/** People: those of whom a screen has asked, as they are now, and all of them for the picker. */
import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Contact, Page, Policy } from '../api/types.ts'

const PAGE = 200
/** The picker searches through so many at most. */
const PAGES_MAX = 20

const known = signal<ReadonlyMap<string, Contact>>(new Map())

export function contactOf(id: string | undefined): Contact | undefined {
  return id === undefined ? undefined : known.value.get(id)
}

/** All that were fetched, in alphabetical order. */
export function knownContacts(): readonly Contact[] {
  return [...known.value.values()].sort((left, right) => nameOf(left).localeCompare(nameOf(right)))
}

/** Throws ApiProblem. */
export async function fetchContact(id: string): Promise<Contact> {
  return keep(await ask<Contact>('GET', `/api/v1/contacts/${id}`))
}

/** Only where somebody has looked at this person. */
export function refreshContact(id: string): void {
  if (known.peek().has(id)) void fetchContact(id).catch(() => {})
}

export function refreshContacts(): void {
  for (const id of known.peek().keys()) refreshContact(id)
}

/** Throws ApiProblem. */
export async function fetchAllContacts(): Promise<void> {
  let cursor: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer: Page<Contact> = await ask('GET', `/api/v1/contacts?limit=${PAGE}&blocked=false${query}`)
    for (const contact of answer.data) keep(contact)
    cursor = answer.next_cursor
    if (cursor === null) return
  }
}

/** Remembers somebody, or finds who is remembered. Throws ApiProblem for what is no address. */
export async function addContact(address: string): Promise<Contact> {
  return keep(await ask<Contact>('POST', '/api/v1/contacts', { body: { address } }))
}

/** Throws ApiProblem. */
export async function changeContact(
  id: string,
  change: { name?: string | null; policy?: Policy | null; fallback_after?: string | null; modem?: string | null },
): Promise<void> {
  keep(await ask<Contact>('PATCH', `/api/v1/contacts/${id}`, { body: change }))
}

/** `block`, `unblock`, `identity/approve`, `identity/verify`. Throws ApiProblem. */
export async function decideAbout(id: string, decision: string, body: object = {}): Promise<void> {
  keep(await ask<Contact>('POST', `/api/v1/contacts/${id}/${decision}`, { body }))
}

/** Asks Signal's directory whether they are there, as far as its ration allows. Throws ApiProblem. */
export async function lookUp(id: string): Promise<Contact> {
  await ask('POST', `/api/v1/contacts/${id}/capabilities`)
  return fetchContact(id)
}

/** They were joined to somebody else. */
export function dropContact(id: string): void {
  const next = new Map(known.peek())
  if (next.delete(id)) known.value = next
}

function keep(contact: Contact): Contact {
  known.value = new Map(known.peek()).set(contact.id, contact)
  return contact
}

function nameOf({ name, address }: Contact): string {
  return name ?? address ?? ''
}
