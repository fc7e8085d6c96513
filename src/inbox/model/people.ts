/** How people and groups are called on the screen. Pure but for the words. */
import type { Attachment, Conversation, Message } from '../api/types.ts'
import { maybeT, t } from '../languages/translate.ts'
import { type Line, lineWords } from './lines.ts'

/** Hues of avatars that keep their distance from the transports' blue and green. */
const HUES = 8

interface Named {
  name: string | null
  address: string | null
}

/** Their name, else a number that can be read, else that there is none. */
export function personName(person: Named | null | undefined): string {
  if (person === null || person === undefined) return t('person.unknown')
  return person.name ?? addressWords(person.address)
}

export function conversationName({ contact, group }: Pick<Message, 'contact' | 'group'>): string {
  if (group !== null) return group.title === '' ? t('person.group') : group.title
  return personName(contact)
}

/** The picture of the other side. */
export function portraitOf({ contact, group }: Pick<Conversation, 'contact' | 'group'>): string | null {
  return contact?.avatar_url ?? group?.avatar_url ?? null
}

/** Whether a text can go back to them: a name in place of a number (alphanumeric sender, 23.040 §9.1.2.5) takes none. */
export function isAnswerable({ sender }: { sender: string | null }): boolean {
  return sender === null || /^\d+$/.test(sender)
}

/** Numbers in groups; an account without a number says what it is. */
export function addressWords(address: string | null | undefined): string {
  if (address === null || address === undefined) return t('person.unknown')
  const nobody = maybeT(`sender.${address}`)
  if (nobody !== undefined) return nobody
  const channel = /^Cell broadcast (\d+)$/.exec(address)?.[1]
  if (channel !== undefined) return t('sender.channel', { channel })
  if (address.startsWith('signal:')) return t('person.signal', { id: address.slice(7, 15) })
  const nanp = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(address)
  if (nanp !== null) return `+1 ${nanp[1]} ${nanp[2]} ${nanp[3]}`
  return address
}

/** Up to two letters; none for a bare number. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word))
  const [first = '', last = ''] = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return `${[...first][0] ?? ''}${[...last][0] ?? ''}`.toLocaleUpperCase()
}

/** The same person has the same colour everywhere: 0…7. */
export function hueOf(id: string): number {
  // FNV-1a, folded: ids that were made one after the other differ in their last characters only.
  let hash = 0x811c9dc5
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return (((hash >>> 24) ^ (hash >>> 12) ^ hash) >>> 0) % HUES
}

type Shown = Line & Pick<Message, 'attachments' | 'deleted_at' | 'disappeared_at'>

/** One line for what a message says. */
export function messageLine(message: Shown): string {
  if (message.deleted_at !== null) return t('message.deleted')
  if (message.disappeared_at !== null) return t('message.disappeared')
  const line = lineWords(message)
  if (line !== undefined) return line
  if (message.text !== '') return message.text
  const [file] = message.attachments
  if (file === undefined) return ''
  if (file.view_once) return t('file.viewOnce')
  return file.voice ? t('file.voice') : fileWords(file)
}

/** What of a file can be said in a word or by its name; sounds without a name are voice messages. */
export function fileWords({ content_type: type, file_name: name }: Pick<Attachment, 'content_type' | 'file_name'>) {
  if (type.startsWith('image/')) return t('file.picture')
  if (type.startsWith('video/')) return t('file.video')
  return name ?? t(type.startsWith('audio/') ? 'file.voice' : 'file.file')
}
