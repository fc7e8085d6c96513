/**
 * People out of an address book become contacts: one for each number. Who is known already stays as they are; the name that
 * the owner gave them is not overwritten unless the owner says so. Nobody is written to, and no conversation is opened.
 */
import { type Address, parseAddress } from '../domain/address.ts'
import { CausewayError } from '../domain/errors.ts'
import type { BookEntry } from '../domain/vcard.ts'
import { changeContact, findContact, insertContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { RoutingContext } from './context.ts'

export interface ImportOptions {
  /** What would be done is told, and nothing is. */
  dryRun: boolean
  /** `replace`: the names of the book take the place of the owner's. */
  names: 'keep' | 'replace'
}

export interface ImportedPerson {
  /** Of the file, 1-based. */
  line: number
  name: string | null
  /** As it was read; as it was written where it could not be. */
  address: string | null
  result: 'new' | 'changed' | 'same' | 'refused'
  /** Undefined for those who would be new. */
  contactId: string | undefined
  /** Why it was refused, or what became of a name; the words for it below. */
  code: ImportCode | undefined
  reason: string | undefined
}

type ImportCode =
  | 'no-number'
  | 'invalid-number'
  | 'emergency-number'
  | 'twice'
  | 'no-replies'
  | 'keeps-name'
  | 'was-called'

const NAME_CHARS_MAX = 100

/** Inside the caller's transaction; one result for each number of each entry. `seen`: what the file has had, added to. */
export async function importPeople(
  context: Pick<RoutingContext, 'ids' | 'clock' | 'events' | 'settings'>,
  tx: DatabaseTransaction,
  entries: readonly BookEntry[],
  options: ImportOptions,
  seen: Set<string>,
): Promise<ImportedPerson[]> {
  const done: ImportedPerson[] = []
  for (const { line, name: written, addresses } of entries) {
    const name = tidy(written)
    if (addresses.length === 0) {
      done.push({
        line,
        name,
        address: null,
        result: 'refused',
        contactId: undefined,
        code: 'no-number',
        reason: 'It has no number.',
      })
    }
    for (const words of addresses) {
      const read = addressIn(words, context.settings.region)
      if ('reason' in read) {
        done.push({ line, name, address: words, result: 'refused', contactId: undefined, ...read })
        continue
      }
      const { shown, key } = read
      const told = seen.has(shown)
        ? {
            result: 'refused' as const,
            contactId: undefined,
            code: 'twice' as const,
            reason: 'The number stands in the file before.',
          }
        : await importOne(context, tx, key, name === shown ? null : name, options)
      seen.add(shown)
      done.push({ line, name, address: shown, ...told })
    }
  }
  return done
}

const NOTHING_TO_SAY = { code: undefined, reason: undefined }

type Key = { e164: string } | { sender: string } | { aci: string }

async function importOne(
  { ids, clock, events }: Pick<RoutingContext, 'ids' | 'clock' | 'events'>,
  tx: DatabaseTransaction,
  key: Key,
  name: string | null,
  { dryRun, names }: ImportOptions,
): Promise<Pick<ImportedPerson, 'result' | 'contactId' | 'code' | 'reason'>> {
  const known = await findContact(tx, key)
  if (known === undefined) {
    if (dryRun) return { result: 'new', contactId: undefined, ...NOTHING_TO_SAY }
    const { id } = await insertContact(tx, ids, { ...key, name }, clock())
    await events.append(tx, { type: 'contact.updated', contactId: id })
    return { result: 'new', contactId: id, ...NOTHING_TO_SAY }
  }
  const contactId = known.id
  if (name === null || known.name === name) return { result: 'same', contactId, ...NOTHING_TO_SAY }
  if (known.name !== null && names === 'keep') {
    return { result: 'same', contactId, code: 'keeps-name', reason: `Keeps the name ${known.name}.` }
  }
  if (!dryRun) {
    const { version } = await changeContact(tx, contactId, { name }, clock())
    await events.append(tx, { type: 'contact.updated', contactId, data: { version } })
  }
  if (known.name === null) return { result: 'changed', contactId, ...NOTHING_TO_SAY }
  return { result: 'changed', contactId, code: 'was-called', reason: `Was called ${known.name}.` }
}

function addressIn(
  words: string,
  region: string | undefined,
): { shown: string; key: Key } | { code: ImportCode; reason: string } {
  let address: Address
  try {
    address = parseAddress(words, region)
  } catch (error) {
    if (CausewayError.is(error)) {
      const code = error.code === 'emergency-number' ? 'emergency-number' : 'invalid-number'
      return { code, reason: error.message }
    }
    throw error
  }
  switch (address.kind) {
    case 'e164':
      return { shown: address.e164, key: { e164: address.e164 } }
    case 'signal':
      return { shown: `signal:${address.aci}`, key: { aci: address.aci } }
    case 'short-code':
      return { shown: address.code, key: { sender: address.code } }
    case 'alphanumeric':
      return { code: 'no-replies', reason: 'Senders without a number cannot be written to.' }
  }
}

/** One line, without what cannot be seen, and not too long. */
function tidy(name: string): string | null {
  const plain = name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, '')
    .trim()
  const short = [...plain].slice(0, NAME_CHARS_MAX).join('').trim()
  return short === '' ? null : short
}
