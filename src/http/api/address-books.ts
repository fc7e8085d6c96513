/** Address books in and out: vCard and CSV in, vCard 3.0 out; and how messages with somebody went of late. */
import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import { readCsvBook } from '../../domain/csv-book.ts'
import { type ToldValues, told } from '../../domain/told.ts'
import { type BookEntry, ENTRIES_MAX, isVcard, readVcards, writeVcard } from '../../domain/vcard.ts'
import type { ImportedPerson } from '../../routing/importing.ts'
import { listContacts } from '../../store/mailbox.ts'
import { trafficWith } from '../../store/people-links.ts'
import type { ContactRow } from '../../store/tables/mailbox.ts'
import { Problem } from '../problem.ts'
import { demandContact } from '../reads.ts'
import { ok, type Route, route, STREAMING } from '../route.ts'
import { time } from '../views.ts'

/** Of a file; pictures within it make it long. */
const BOOK_BYTES_MAX = 16 * 1024 * 1024
/** Numbers of a file. */
const NUMBERS_MAX = 10_000
/** Contacts that are read at once for the export, and all of them. */
const EXPORT_PAGE = 200
const EXPORT_MAX = 50_000
const TRAFFIC_DAYS = 90
const DAY_MS = 24 * 3_600_000

export const addressBookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/contacts/import',
    scope: 'contacts:write',
    summary:
      'Takes in an address book: the file is the body, as it is (vCard 2.1, 3.0, 4.0, or CSV with a heading). `dry_run=true` tells what would be new, changed and refused, and does nothing. Each number is a contact; numbers in national form are read by the region of the gateway.',
    query: z.strictObject({
      dry_run: z
        .enum(['true', 'false'])
        .default('false')
        .transform((text) => text === 'true'),
      names: z
        .enum(['keep', 'replace'])
        .default('keep')
        .describe('`replace`: names of the file take the place of those that were given here.'),
    }),
    stream: true,
    fileBytesMax: BOOK_BYTES_MAX,
    handle: async ({ ports, query, file = Buffer.alloc(0) }) => {
      const people = entriesOf(textOf(file))
      const done = await ports.router.people.import(people, { dryRun: query.dry_run, names: query.names })
      const count = (result: ImportedPerson['result']) => done.filter((one) => one.result === result).length
      return ok({
        dry_run: query.dry_run,
        ...{ new: count('new'), changed: count('changed'), same: count('same'), refused: count('refused') },
        people: done.map(({ contactId, code, reason, ...one }) => ({
          ...one,
          contact_id: contactId ?? null,
          code: code ?? null,
          reason: reason ?? null,
        })),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/export',
    scope: 'contacts:read',
    summary: 'Everybody with a number or a Signal account, as a vCard file.',
    handle: async ({ ports: { db }, raw: { response } }) => {
      begin(response, 'contacts.vcf')
      let cursor: string | undefined
      for (let read = 0; read < EXPORT_MAX && !response.destroyed; read += EXPORT_PAGE) {
        const page = await listContacts(db, { limit: EXPORT_PAGE, cursor })
        for (const contact of page.data) response.write(cardOf(contact))
        cursor = page.nextCursor
        if (cursor === undefined) break
      }
      response.end()
      return STREAMING
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/vcard',
    scope: 'contacts:read',
    summary: 'This contact as a vCard.',
    handle: async ({ ports: { db }, params, raw: { response } }) => {
      const contact = await demandContact(db, params['id'])
      begin(response, 'contact.vcf')
      response.end(cardOf(contact))
      return STREAMING
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/contacts/:id/traffic',
    scope: 'contacts:read',
    summary: `How messages with this person travelled in the last ${TRAFFIC_DAYS} days: how many over what, and when last.`,
    handle: async ({ ports: { db, clock }, params }) => {
      const { id } = await demandContact(db, params['id'])
      const transports = await trafficWith(db, id, clock() - TRAFFIC_DAYS * DAY_MS)
      return ok({
        contact_id: id,
        days: TRAFFIC_DAYS,
        transports: transports.map(({ last_at_ms: lastAtMs, ...counts }) => ({ ...counts, last_at: time(lastAtMs) })),
      })
    },
  }),
]

function begin(response: ServerResponse, name: string): void {
  response.writeHead(200, {
    'content-type': 'text/vcard; charset=utf-8',
    'content-disposition': `attachment; filename="${name}"`,
  })
}

/** Nothing for senders that are no numbers: nobody writes to them. Who has no name is called by their address. */
function cardOf({ name, profile_name: profile, e164, sender, aci }: ContactRow): string {
  const number = e164 ?? (/^\d+$/.test(sender ?? '') ? sender : null)
  if (number === null && aci === null) return ''
  return writeVcard({ name: name ?? profile ?? number ?? `signal:${aci}`, number, aci })
}

function textOf(whole: Buffer): string {
  if (whole[0] === 0xff && whole[1] === 0xfe) return new TextDecoder('utf-16le').decode(whole)
  if (whole[0] === 0xfe && whole[1] === 0xff) return new TextDecoder('utf-16be').decode(whole)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(whole)
  } catch {
    // What old spreadsheets write.
    return new TextDecoder('windows-1252').decode(whole)
  }
}

/** Throws Problem 422. */
function entriesOf(text: string): readonly BookEntry[] {
  const entries = isVcard(text) ? readVcards(text) : readCsvBook(text)
  if (entries === undefined || entries.length === 0) {
    throw refusal(
      'The file is neither a vCard nor a CSV file with people in it. A CSV file needs a first line that names its columns, as "Name,Phone".',
    )
  }
  const numbers = entries.reduce((sum, { addresses }) => sum + addresses.length, 0)
  if (entries.length > ENTRIES_MAX || numbers > NUMBERS_MAX) {
    const limits = told('invalid-address-book', { people: ENTRIES_MAX, numbers: NUMBERS_MAX })
    throw refusal(
      `At most ${ENTRIES_MAX} people with ${NUMBERS_MAX} numbers are taken from one file. Divide it.`,
      limits,
    )
  }
  return entries
}

function refusal(detail: string, limits?: { values: ToldValues }): Problem {
  const title = 'No address book that can be read'
  return new Problem({ status: 422, code: 'invalid-address-book', title, detail, ...limits })
}
