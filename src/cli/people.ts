/** Whom somebody means: a number, an address, an id, or the name of a contact. */
import { EXIT, ExitError } from './exit.ts'
import { type Address, call } from './gateway.ts'
import type { ContactJson, ConversationJson, PageJson } from './json.ts'

/** Pages of contacts that are searched for a name. */
const PAGES_MAX = 100

/** What to put into `to`: the words themselves when they are an address, else the address of the one contact so named. */
export async function addressFor(gateway: Address, words: string): Promise<string> {
  if (isAddress(words)) return words
  const contact = await contactFor(gateway, words)
  if (contact.address === null) throw new ExitError(EXIT.failed, `${words} has no address.`)
  return contact.address
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
  const wanted = words.toLowerCase()
  const named = (await allContacts(gateway)).filter((contact) => contact.name?.toLowerCase() === wanted)
  const [only, ...others] = named
  if (only === undefined) throw new ExitError(EXIT.failed, `There is no contact named ${words}; give a number.`)
  if (others.length === 0) return only
  const addresses = named.map((contact) => contact.address ?? contact.id)
  throw new ExitError(EXIT.failed, `${named.length} contacts are named ${words}: ${addresses.join(', ')}.`)
}

/** The conversation of that id, or with this person. Throws ExitError 1 when there is none. */
export async function conversationWith(gateway: Address, who: string): Promise<{ id: string }> {
  if (/^cnv_\w+$/.test(who)) return { id: who }
  const contact = await contactFor(gateway, who)
  const path = `/api/v1/conversations?contact_id=${contact.id}`
  const [conversation] = (await call<PageJson<ConversationJson>>(gateway, 'GET', path)).data
  if (conversation !== undefined) return conversation
  throw new ExitError(EXIT.failed, `There is no conversation with ${who}.`)
}

export async function allContacts(gateway: Address, filter = ''): Promise<ContactJson[]> {
  const contacts: ContactJson[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: PageJson<ContactJson> = await call(gateway, 'GET', `/api/v1/contacts?limit=200${filter}${query}`)
    contacts.push(...page.data)
    cursor = page.next_cursor
    if (cursor === null) break
  }
  return contacts
}

/** Numbers, short codes and Signal ids; anything with a letter first is a name. */
export function isAddress(words: string): boolean {
  return /^[+\d(]/.test(words) || words.startsWith('signal:')
}
