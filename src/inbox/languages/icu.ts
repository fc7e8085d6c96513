/**
 * The part of ICU MessageFormat that the inbox needs: `{name}`, `{n, number}`, `{n, bytes}`, `{at, date, STYLE}`, `{n, plural, …}` with
 * `=0`, categories and `#`, `{x, select, …}`, nested. Parses and writes out; knows no catalogue. Pure but for `Intl`.
 */

import { sizeIn } from './size.ts'

export type MessageValue = string | number | Date
export type MessageArguments = Readonly<Record<string, MessageValue>>

export type MessagePart =
  | string
  | { kind: 'value' | 'number' | 'bytes'; name: string }
  | { kind: 'date'; name: string; style: string }
  | { kind: 'plural' | 'select'; name: string; choices: Readonly<Record<string, readonly MessagePart[]>> }
  | { kind: 'count' }

/** Styles of `{at, date, STYLE}`. */
const DATE_STYLES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  time: { hour: 'numeric', minute: '2-digit' },
  weekday: { weekday: 'long' },
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  date: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
  full: { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' },
}

/** A message that does not follow the grammar: a fault of the catalogue. */
class MessageSyntaxError extends Error {}

/** Text → parts. Throws MessageSyntaxError with the offset. */
export function parseMessage(source: string): readonly MessagePart[] {
  const reader = { source, at: 0 }
  const parts = readParts(reader, false)
  if (reader.at < source.length) throw wrong(reader, 'a closing brace too many')
  return parts
}

/** The names of all arguments, sorted. */
export function argumentNames(parts: readonly MessagePart[]): readonly string[] {
  const names = new Set<string>()
  const visit = (list: readonly MessagePart[]) => {
    for (const part of list) {
      if (typeof part === 'string' || part.kind === 'count') continue
      names.add(part.name)
      if (part.kind === 'plural' || part.kind === 'select')
        for (const choice of Object.values(part.choices)) visit(choice)
    }
  }
  visit(parts)
  return [...names].sort()
}

/** Parts → words of a language (BCP 47). A missing argument shows as its name in braces. */
export function writeMessage(
  parts: readonly MessagePart[],
  values: MessageArguments,
  language: string,
  count = 0,
): string {
  let text = ''
  for (const part of parts) text += typeof part === 'string' ? part : writePart(part, values, language, count)
  return text
}

function writePart(
  part: Exclude<MessagePart, string>,
  values: MessageArguments,
  language: string,
  count: number,
): string {
  if (part.kind === 'count') return numbers(language).format(count)
  const value = values[part.name]
  if (value === undefined) return `{${part.name}}`
  switch (part.kind) {
    case 'value':
      return isolated(String(value), language)
    case 'number':
      return numbers(language).format(Number(value))
    case 'bytes':
      return sizeIn(Number(value), language)
    case 'date':
      return dates(language, part.style).format(value instanceof Date ? value : new Date(value))
    case 'select':
      return writeMessage(part.choices[String(value)] ?? part.choices['other'] ?? [], values, language, count)
    case 'plural': {
      const n = Number(value)
      const chosen = part.choices[`=${n}`] ?? part.choices[plurals(language).select(n)] ?? part.choices['other']
      return writeMessage(chosen ?? [], values, language, n)
    }
  }
}

/** Letters that are read from right to left. */
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/** A name or a number keeps its own direction, and the sentence around it its own (UAX #9: FSI … PDI). */
function isolated(words: string, language: string): string {
  return language.startsWith('ar') || FROM_RIGHT.test(words) ? `\u2068${words}\u2069` : words
}

interface Reader {
  readonly source: string
  at: number
}

function readParts(reader: Reader, inPlural: boolean): readonly MessagePart[] {
  const parts: MessagePart[] = []
  let text = ''
  const flush = () => {
    if (text !== '') parts.push(text)
    text = ''
  }
  while (reader.at < reader.source.length) {
    const character = reader.source.charAt(reader.at)
    if (character === '}') break
    if (character === '{') {
      flush()
      parts.push(readArgument(reader))
    } else if (character === '#' && inPlural) {
      flush()
      parts.push({ kind: 'count' })
      reader.at++
    } else if (character === "'" && reader.source.charAt(reader.at + 1) === "'") {
      text += character
      reader.at += 2
    } else if (character === "'" && /[{}#]/.test(reader.source.charAt(reader.at + 1))) {
      const end = reader.source.indexOf("'", reader.at + 1)
      if (end === -1) throw wrong(reader, 'a quote without end')
      text += reader.source.slice(reader.at + 1, end)
      reader.at = end + 1
    } else {
      text += character
      reader.at++
    }
  }
  flush()
  return parts
}

function readArgument(reader: Reader): MessagePart {
  reader.at++
  const name = readWord(reader)
  if (take(reader, '}')) return { kind: 'value', name }
  expect(reader, ',')
  const kind = readWord(reader)
  if (kind === 'number' || kind === 'bytes') {
    expect(reader, '}')
    return { kind, name }
  }
  expect(reader, ',')
  if (kind === 'date') {
    const style = readWord(reader)
    if (DATE_STYLES[style] === undefined) throw wrong(reader, `no date style ${style}`)
    expect(reader, '}')
    return { kind, name, style }
  }
  if (kind !== 'plural' && kind !== 'select') throw wrong(reader, `no kind ${kind}`)
  const choices: Record<string, readonly MessagePart[]> = {}
  while (!take(reader, '}')) {
    const choice = readWord(reader)
    expect(reader, '{')
    choices[choice] = readParts(reader, kind === 'plural')
    expect(reader, '}')
  }
  if (choices['other'] === undefined) throw wrong(reader, `${kind} without "other"`)
  return { kind, name, choices }
}

function readWord(reader: Reader): string {
  skipSpace(reader)
  const word = /^[=\w-]+/.exec(reader.source.slice(reader.at))?.[0]
  if (word === undefined) throw wrong(reader, 'a name is missing')
  reader.at += word.length
  return word
}

function take(reader: Reader, character: string): boolean {
  skipSpace(reader)
  if (reader.source.charAt(reader.at) !== character) return false
  reader.at++
  return true
}

function expect(reader: Reader, character: string): void {
  if (!take(reader, character)) throw wrong(reader, `"${character}" is missing`)
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.source.charAt(reader.at))) reader.at++
}

function wrong({ source, at }: Reader, what: string): MessageSyntaxError {
  return new MessageSyntaxError(`${what} at ${at} of ${JSON.stringify(source)}`)
}

/** Making one of these is slow; there are as many as languages and styles. */
const made = new Map<string, unknown>()

function kept<T>(key: string, make: () => T): T {
  const known = made.get(key) as T | undefined
  const value = known ?? make()
  if (known === undefined) made.set(key, value)
  return value
}

const numbers = (language: string) => kept(`n ${language}`, () => new Intl.NumberFormat(language))
const plurals = (language: string) => kept(`p ${language}`, () => new Intl.PluralRules(language))
const dates = (language: string, style: string) =>
  kept(`d ${style} ${language}`, () => new Intl.DateTimeFormat(language, DATE_STYLES[style]))
