/**
 * Address books as CSV (RFC 4180), with commas, semicolons or tabs between the fields, as Google, Outlook, Apple and
 * spreadsheets write them. Which column is what its heading says. Pure.
 */
import { type BookEntry, ENTRIES_MAX } from './vcard.ts'

/** Headings in lower case, without what is no letter. */
const WHOLE_NAME = /^(name|fullname|displayname|contact|anzeigename|nombre|nom|nome|fileas)$/
const GIVEN_NAME = /^(firstname|givenname|vorname|prénom|nombredepila|primeironome)$/
const MIDDLE_NAME = /^(middlename|additionalname|weiterevornamen)$/
const FAMILY_NAME = /^(lastname|familyname|surname|nachname|nomdefamille|apellidos?|sobrenome)$/
const FIRM = /^(company|organizationname|organization|firma|organisation|empresa|société)$/
const NUMBER =
  /^((home|business|mobile|primary|other|company|main|car|work|cell)?(telephone|phone|mobile|cell)(number|value|no)?|number|tel|msisdn|telefon(nummer)?|mobil(telefon)?|handy|rufnummer|teléfono|móvil|téléphone|telefone|celular)$/

interface Row {
  line: number
  fields: readonly string[]
}

/** The people of a file; undefined where no heading names a column of numbers. At most `ENTRIES_MAX` + 1. */
export function readCsvBook(text: string): BookEntry[] | undefined {
  const source = text.replace(/^\uFEFF/, '')
  const rows = rowsOf(source, separatorOf(source))
  const { value: heading } = rows.next()
  if (heading === undefined) return undefined
  const titles = heading.fields.map((title) => title.toLowerCase().replace(/[^\p{L}]/gu, ''))
  const columns = (pattern: RegExp) => titles.flatMap((title, at) => (pattern.test(title) ? [at] : []))
  const numbers = columns(NUMBER)
  if (numbers.length === 0) return undefined
  const [whole, given, middle, family, firm] = [WHOLE_NAME, GIVEN_NAME, MIDDLE_NAME, FAMILY_NAME, FIRM].map(columns)
  const entries: BookEntry[] = []
  for (const { line, fields } of rows) {
    const first = (at: readonly number[] | undefined) =>
      at?.map((column) => fields[column]?.trim() ?? '').find((word) => word !== '') ?? ''
    if (fields.every((field) => field.trim() === '')) continue
    const spoken = [given, middle, family].map(first).filter((word) => word !== '')
    const addresses = numbers
      // Google puts several of them into one field; spreadsheets mark what is text with an apostrophe.
      .flatMap((column) => (fields[column] ?? '').split(' ::: '))
      .map((number) => number.trim().replace(/^'/, ''))
      .filter((number) => number !== '')
    entries.push({ line, name: first(whole) || spoken.join(' ') || first(firm), addresses: [...new Set(addresses)] })
    if (entries.length > ENTRIES_MAX) break
  }
  return entries
}

/** What stands most often in the heading. */
function separatorOf(text: string): string {
  const heading = text.slice(0, text.search(/[\r\n]|$/))
  const count = (separator: string) => heading.split(separator).length
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

/** A quotation mark that is never closed ends with the file. Returns undefined at the end. */
function* rowsOf(text: string, separator: string): Generator<Row, undefined> {
  let fields: string[] = []
  let [line, begun, at] = [1, 1, 0]
  while (at < text.length) {
    const { field, end } = text[at] === '"' ? quotedField(text, at) : plainField(text, at, separator)
    fields.push(field)
    line += text.slice(at, end).match(/\r\n|\r|\n/g)?.length ?? 0
    // What follows a closing mark up to the next separator belongs to nothing.
    at = end
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at++
    if (text[at] === separator) {
      at++
      if (at < text.length) continue
      fields.push('')
    }
    yield { line: begun, fields }
    fields = []
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    begun = ++line
  }
  return undefined
}

function quotedField(text: string, from: number): { field: string; end: number } {
  let field = ''
  let at = from + 1
  for (;;) {
    const mark = text.indexOf('"', at)
    if (mark === -1) return { field: field + text.slice(at), end: text.length }
    field += text.slice(at, mark)
    if (text[mark + 1] !== '"') return { field, end: mark + 1 }
    field += '"'
    at = mark + 2
  }
}

function plainField(text: string, from: number, separator: string): { field: string; end: number } {
  let at = from
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at++
  return { field: text.slice(from, at), end: at }
}
