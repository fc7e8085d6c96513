/** Plain output for people: tables, and a message in one line with the glyph and word of its state. */
import { STATE_FACES } from '../domain/states.ts'
import type { AttachmentJson, ContactRefJson, ConversationJson, MessageJson } from './json.ts'

const TEXT_CHARS_MAX = 60

export function line(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** One value as JSON in one line. */
export function json(value: unknown): void {
  line(JSON.stringify(value))
}

/** Columns as wide as they must be; the last one is free. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
    line(cells.join('  ').trimEnd())
  }
}

/** `Ana (+15550000201)`, or whatever of it is known. */
function person(contact: ContactRefJson | null): string {
  if (contact === null) return '?'
  const { name, address } = contact
  if (name === null) return address ?? '?'
  return address === null ? printable(name) : `${printable(name)} (${address})`
}

/** The other side of a message or conversation: a person, or a group by its title. */
export function otherSide({ contact, group }: Pick<ConversationJson, 'contact' | 'group'>): string {
  return group == null ? person(contact) : `“${printable(group.title)}”`
}

/** Who wrote it, as one line of a conversation begins. */
export function writer(message: MessageJson): string {
  if (message.direction === 'out') return 'you'
  if (message.group == null) return person(message.contact)
  const { author } = message
  return author === null ? '·' : printable(author.name ?? author.address ?? '?')
}

/** `✓ sent`, followed by why where a person wants to know. */
export function state(message: MessageJson): string {
  const { glyph, word } = STATE_FACES[message.status]
  return `${glyph} ${word}`
}

/** `signal, encrypted`, `sms, flash`, `call`, or nothing. */
export function way(message: MessageJson): string {
  const { kind, severity, transport, encrypted, flash, incomplete, origin, replaced_by: replacedBy } = message
  const words = [
    kind === 'text' ? transport : kind,
    severity,
    encrypted && 'encrypted',
    flash && 'flash',
    incomplete && 'incomplete',
    origin === 'other-device' && 'from another device',
    replacedBy !== null && 'replaced',
  ]
  return words.filter((word) => typeof word === 'string').join(', ')
}

/** `voicemail waiting: 3`; nothing when nothing waits. */
export function waiting(conversation: ConversationJson): string {
  return conversation.waiting
    .map(({ type, count }) => `${type} waiting${count === null ? '' : `: ${count}`}`)
    .join(', ')
}

/** The text as it stands now: taken back, edited, with what it answers to and the reactions to it. */
export function textNow(message: MessageJson): string {
  if (message.deleted_at !== null) return '[taken back by its author]'
  if (message.disappeared_at !== null) return '[disappeared]'
  const marks = [
    ...(message.disappears_after === null ? [] : [`disappears after ${message.disappears_after}`]),
    ...(message.edited_at === null ? [] : ['edited']),
    ...(message.reactions.length === 0 ? [] : [message.reactions.map(({ emoji }) => emoji).join(' ')]),
  ]
  const quote = message.quote === null ? '' : `> ${quoted(message.quote)}\n`
  const words = [message.text, ...message.attachments.map(attachment)].filter((part) => part !== '').join(' ')
  const preview = message.preview === null ? '' : `\n[${excerpt(message.preview.title)}]`
  return `${quote}${words}${preview}${marks.length === 0 ? '' : ` [${marks.join(', ')}]`}`
}

/** Of a member of a group, with the name; a file where it has no words. */
function quoted({ person, text, file }: NonNullable<MessageJson['quote']>): string {
  const words = text === '' && file !== null ? quotedFile(file) : excerpt(text)
  return person === null ? words : `${printable(person.name ?? person.address ?? '?')}: ${words}`
}

function quotedFile({ content_type: type, file_name: name }: { content_type: string; file_name: string | null }) {
  return printable(`[${[kindOf(type), ...(name === null ? [] : [name])].join(' ')}]`)
}

/** `[picture look.jpg, 1.2 MB, att_…]`, and why it is not here. */
export function attachment(file: AttachmentJson): string {
  const { content_type: type, file_name: name, bytes, state, reason } = file
  const kind = file.sticker ? 'sticker' : file.voice ? 'voice message' : kindOf(type)
  const words = [
    `${file.view_once ? 'view-once ' : ''}${kind}${name === null ? '' : ` ${name}`}`,
    ...(bytes === null ? [] : [octets(bytes)]),
    file.id,
    ...(state === 'here' ? [] : [reason === null ? WHY_AWAY[state] : `${WHY_AWAY[state]}: ${reason}`]),
  ]
  return `[${printable(words.join(', '))}]`
}

function kindOf(type: string): string {
  return KINDS[type.split('/')[0] ?? ''] ?? 'file'
}

const KINDS: Readonly<Record<string, string>> = { image: 'picture', video: 'video', audio: 'sound' }

const WHY_AWAY = { waiting: 'not here yet', fetching: 'is being fetched', failed: 'cannot be had', gone: 'removed' }

/** `1.2 MB`. */
export function octets(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** A message as a row of a table. */
export function messageRow(message: MessageJson): string[] {
  return [
    clock(message.created_at),
    state(message),
    way(message),
    otherSide(message),
    excerpt(message.deleted_at === null ? shown(message) : textNow(message)),
    message.id,
  ]
}

/** Its words, or what is attached where it has none. */
export function shown(message: MessageJson): string {
  return [...message.attachments.map(attachment), message.text].filter((part) => part !== '').join(' ')
}

/** What the state of a message does not say by itself. */
export function why(message: MessageJson): string | undefined {
  if (message.fallback !== null && message.reason === null) return message.fallback.reason ?? undefined
  return message.reason ?? undefined
}

/** Local date and time, to the second. */
export function clock(rfc3339: string | null): string {
  if (rfc3339 === null) return ''
  const at = new Date(rfc3339)
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** One line of it, without anything that a terminal would act on. */
export function excerpt(text: string): string {
  const flat = printable(text.replaceAll(/\s+/g, ' '))
  return flat.length > TEXT_CHARS_MAX ? `${flat.slice(0, TEXT_CHARS_MAX - 1)}…` : flat
}

/** Text from outside, with its control characters made visible: a message must not steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�')
}
