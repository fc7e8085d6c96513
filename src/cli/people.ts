/** Whom somebody means: a number, an address, an id, or the name of a contact. */
import { EXIT, ExitError } from './exit.ts'
import { type Address, call } from './gateway.ts'
import type { ContactJson, ConversationJson, GroupJson, PageJson } from './json.ts'

/** Pages of contacts or groups that are searched for a name. */
const PAGES_MAX = 100

/** What to put into `to`: the words themselves when they are an address, else the address of the one contact so named. */
export async function addressFor(gateway: Address, words: string): Promise<string> {
  if (isAddress(words)) return words
  const contact = await contactFor(gateway, words)
  if (contact.address === null) throw new ExitError(EXIT.failed, `${words} has no address.`)
  return contact.address
}

/** What a message goes to: a group by its id or title, or a person. */
export async function recipientFor(gateway: Address, words: string): Promise<string> {
  if (words.startsWith('grp_')) return words
  if (isAddress(words)) return words
  return (await groupNamed(gateway, words))?.id ?? (await addressFor(gateway, words))
}

/** The group with this id or title; undefined when there is none. Throws ExitError 1 when there is more than one. */
async function groupNamed(gateway: Address, words: string): Promise<GroupJson | undefined> {
  if (/^grp_\w+$/.test(words)) return call(gateway, 'GET', `/api/v1/groups/${words}`)
  if (isAddress(words)) return undefined
  const wanted = words.toLowerCase()
  const [only, ...others] = (await allGroups(gateway)).filter(({ title }) => title.toLowerCase() === wanted)
  if (only === undefined || others.length === 0) return only
  const ids = [only, ...others].map(({ id }) => id).join(', ')
  throw new ExitError(EXIT.failed, `${others.length + 1} groups are called ${words}: ${ids}.`)
}

/** As `groupNamed`; throws ExitError 1 also when there is none. */
export async function groupFor(gateway: Address, words: string): Promise<GroupJson> {
  const group = await groupNamed(gateway, words)
  if (group !== undefined) return group
  throw new ExitError(EXIT.failed, `There is no group called ${words}.`)
}

/**
 * The group with this id or title, or the contact with this id, address or name. Throws ExitError 1 when there is none, or more
 * than one: a group and a person of the same name, too.
 */
export async function groupOrContact(
  gateway: Address,
  words: string,
): Promise<{ group: GroupJson } | { contact: ContactJson }> {
  const group = await groupNamed(gateway, words)
  if (group === undefined) return { contact: await contactFor(gateway, words) }
  const people = words === group.id ? [] : await contactsNamed(gateway, words)
  if (people.length === 0) return { group }
  const all = [group.id, ...people.map(({ id }) => id)].join(', ')
  throw new ExitError(EXIT.failed, `A group and somebody are called ${words}; give an id: ${all}.`)
}

export async function allGroups(gateway: Address): Promise<GroupJson[]> {
  return await pages(gateway, '/api/v1/groups?limit=200')
}

/** The contact with this id, address or name. Throws ExitError 1 when there is none, or more than one. */
export async function contactFor(gateway: Address, words: string): Promise<ContactJson> {
  if (/^con_\w+$/.test(words)) return call(gateway, 'GET', `/api/v1/contacts/${words}`)
  if (isAddress(words)) {
    const path = `/api/v1/contacts?address=${encodeURIComponent(words)}`
    const [found] = (await call<PageJson<ContactJson>>(gateway, 'GET', path)).data
    if (found !== undefined) return found
    throw new ExitError(EXIT.failed, `There is no contact with ${words}.`)
  }
  const named = await contactsNamed(gateway, words)
  const [only, ...others] = named
  if (only === undefined) throw new ExitError(EXIT.failed, `There is no contact named ${words}; give a number.`)
  if (others.length === 0) return only
  const addresses = named.map((contact) => contact.address ?? contact.id)
  throw new ExitError(EXIT.failed, `${named.length} contacts are named ${words}: ${addresses.join(', ')}.`)
}

async function contactsNamed(gateway: Address, words: string): Promise<ContactJson[]> {
  const wanted = words.toLowerCase()
  return (await allContacts(gateway)).filter(({ name }) => name?.toLowerCase() === wanted)
}

/** The conversation of that id, of the group of that name, or with this person. Throws ExitError 1 when there is none. */
export async function conversationWith(gateway: Address, who: string): Promise<{ id: string }> {
  if (/^cnv_\w+$/.test(who)) return { id: who }
  const group = await groupNamed(gateway, who)
  if (group?.conversation_id != null) return { id: group.conversation_id }
  const contact = await contactFor(gateway, who)
  const path = `/api/v1/conversations?contact_id=${contact.id}`
  const [conversation] = (await call<PageJson<ConversationJson>>(gateway, 'GET', path)).data
  if (conversation !== undefined) return conversation
  throw new ExitError(EXIT.failed, `There is no conversation with ${who}.`)
}

export async function allContacts(gateway: Address, filter = ''): Promise<ContactJson[]> {
  return await pages(gateway, `/api/v1/contacts?limit=200${filter}`)
}

async function pages<T>(gateway: Address, path: string): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: PageJson<T> = await call(gateway, 'GET', `${path}${query}`)
    all.push(...page.data)
    cursor = page.next_cursor
    if (cursor === null) break
  }
  return all
}

/** Numbers, short codes, Signal ids and usernames; anything else with a letter first is a name. */
export function isAddress(words: string): boolean {
  return /^[+\d(]/.test(words) || /^(signal:|u:|https:\/\/signal\.me\/)/i.test(words)
}
