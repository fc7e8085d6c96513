/**
 * What a message that came says, for a conversation: one text and its files, in the order in which they are presented.
 * Nothing that the sender put in is left out, except the SMIL, empty parts, and the HTML twin of a plain text.
 */
import { contentOf, textOf } from './content.ts'
import { wordsOfHtml } from './html.ts'
import { MEDIA_SMIL } from './media.ts'
import { nameOf, presentationOf } from './presentation.ts'
import type { Part, RetrieveConf } from './types.ts'
import { pngOfWbmp } from './wbmp.ts'

export interface ReceivedFile {
  /** As the sender says, lower case; its octets know better. */
  contentType: string
  /** Harmless as the name of a file (see `nameOf`); undefined where the sender gave none. */
  fileName: string | undefined
  octets: Uint8Array
}

export interface MessageContent {
  /** The subject in brackets, then all texts, a line each; empty where there is none. */
  text: string
  /** What stands in those brackets. */
  subject?: string
  files: readonly ReceivedFile[]
}

/** A longer text is a file: nobody reads it in a conversation. */
const TEXT_CHARS_MAX = 64 * 1024
const SUBJECT_CHARS_MAX = 200

/** What phones and gateways write where nobody gave a subject. */
const NO_SUBJECT =
  /^(?:(?:re|fw|fwd|aw|wg|tr|rv)\s*:\s*)*[(<[]?\s*(?:no[ _-]?subject|subject|kein betreff|ohne betreff|sans objet|sin asunto|nessun oggetto|sem assunto|(?:new |multimedia )?(?:mms|message)(?: message)?)?\s*[)>\]]?$/i

/** Of an m-retrieve-conf (or anything else with parts). Never throws. */
export function messageContentOf(message: Pick<RetrieveConf, 'subject' | 'parts'>): MessageContent {
  const twins = htmlTwins(message.parts)
  const texts: string[] = []
  const files: ReceivedFile[] = []
  for (const part of presentationOf(message.parts)) {
    if (part.data.length === 0 || isSmil(part) || twins.has(part)) continue
    const text = words(part)
    if (text === undefined) files.push(fileOf(part))
    else if (text !== '') texts.push(text)
  }
  const subject = subjectOf(message)
  if (subject === undefined || texts.includes(subject)) return { text: texts.join('\n'), files }
  return { text: [`[${subject}]`, ...texts].join('\n'), subject, files }
}

/** The subject as people mean it; undefined where it is none, or what a machine writes when there is none. */
function subjectOf({ subject }: Pick<RetrieveConf, 'subject'>): string | undefined {
  const text = legible(subject?.text ?? '')
    .replace(/\s+/g, ' ')
    .trim()
  if (text === '' || NO_SUBJECT.test(text)) return undefined
  return Array.from(text).slice(0, SUBJECT_CHARS_MAX).join('')
}

/** The words of a part that is text; undefined for a file. */
function words(part: Part): string | undefined {
  if (part.disposition?.type === 'attachment') return undefined
  const isHtml = /^(?:text\/html|application\/(?:vnd\.wap\.)?xhtml\+xml)$/.test(part.media)
  if (!isHtml && part.media !== 'text/plain' && part.media !== 'text/*') return undefined
  const text = textOf(isHtml ? { ...part, media: 'text/html' } : part) ?? ''
  if (text.length > TEXT_CHARS_MAX) return undefined
  return isHtml ? legible(wordsOfHtml(text)) : legible(text)
}

/** Line ends as everywhere, and neither NULs (some senders count them) nor other controls. */
function legible(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/^\n+/, '')
    .trimEnd()
}

function isSmil({ media }: Part): boolean {
  return media === MEDIA_SMIL || media === 'application/smil+xml'
}

/** HTML beside a plain text of the same multipart/alternative. */
function htmlTwins(parts: readonly Part[], isAlternative = false): ReadonlySet<Part> {
  const found = new Set<Part>()
  const hasPlain = parts.some(({ media, data }) => media === 'text/plain' && data.length > 0)
  for (const part of parts) {
    if (isAlternative && hasPlain && part.media === 'text/html') found.add(part)
    if (part.parts === undefined) continue
    for (const twin of htmlTwins(part.parts, /(?:\/|\.)alternative$/.test(part.media))) found.add(twin)
  }
  return found
}

const TYPE_NAMES: ReadonlyMap<string, readonly [contentType: string, extension: string]> = new Map([
  ['text/x-vcard', ['text/vcard', 'vcf']],
  ['text/vcard', ['text/vcard', 'vcf']],
  ['text/directory', ['text/vcard', 'vcf']],
  ['text/x-vcalendar', ['text/calendar', 'vcs']],
  ['text/calendar', ['text/calendar', 'ics']],
  ['image/jpg', ['image/jpeg', 'jpg']],
  ['image/pjpeg', ['image/jpeg', 'jpg']],
])

function fileOf(part: Part): ReceivedFile {
  const octets = contentOf(part)
  const png = part.media === 'image/vnd.wap.wbmp' ? pngOfWbmp(octets) : undefined
  const name = nameOf(part)
  if (png !== undefined) return { contentType: 'image/png', fileName: renamed(name, 'png'), octets: png }
  const [contentType, extension] = TYPE_NAMES.get(part.media) ?? [part.media, undefined]
  const isBare = name !== undefined && extension !== undefined && !/\.\w{1,8}$/.test(name)
  return { contentType, fileName: isBare ? `${name}.${extension}` : name, octets }
}

function renamed(name: string | undefined, extension: string): string | undefined {
  return name === undefined ? undefined : `${name.replace(/\.\w{1,8}$/, '')}.${extension}`
}
