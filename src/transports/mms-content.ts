/** Pure: what is shown of a picture message: its words in one text, the subject before them, and everything else as files. */
import { contentOf, textOf } from '../../modem/mms/content.ts'
import { nameOf, presentationOf } from '../../modem/mms/presentation.ts'
import type { Part, RetrieveConf } from '../../modem/mms/types.ts'
import type { InboundMedia } from '../domain/media.ts'
import type { TextRange } from '../domain/ranges.ts'

/** Files of one message that are kept; no phone sends more, and a hostile one could send a thousand. */
const FILES_MAX = 50
const TEXT_CHARS_MAX = 20_000
/** Of a page; the expressions that take it apart are slow on hostile ones. */
const PAGE_CHARS_MAX = 20_000
const EMPTY = '(an empty picture message)'
/** What phones fill in where nobody wrote a subject. */
const TEMPLATES = /^(no ?subject|subject|mms|re:|fwd?:|<no subject>|\(no subject\))?$/i

export interface ShownMessage {
  text: string
  ranges: readonly TextRange[]
  media: readonly InboundMedia[]
}

/**
 * @param notificationId names the octets that the files are taken out of, see `fileOf`
 */
export function shownMessage({ parts, subject }: RetrieveConf, notificationId: string): ShownMessage {
  const shown = presentationOf(parts)
  const texts = shown.filter(isText).map((part) => plain(textOf(part)))
  const pages = texts.length > 0 ? [] : shown.filter(({ media }) => media === 'text/html')
  const words = [...texts, ...pages.map((part) => withoutMarkup(textOf(part) ?? ''))].filter((text) => text !== '')
  const media = shown.flatMap((part, index) =>
    isText(part) || pages.includes(part) ? [] : [factsOf(part, { notificationId, index })],
  )
  const heading = plain(subject?.text.replaceAll(/\s+/g, ' '))
  const hasHeading = !TEMPLATES.test(heading) && heading !== words[0]
  const text = [...(hasHeading ? [heading] : []), ...words].join('\n').slice(0, TEXT_CHARS_MAX)
  return {
    text: text === '' && media.length === 0 ? EMPTY : text,
    ranges: hasHeading ? [{ kind: 'style', style: 'bold', start: 0, length: heading.length }] : [],
    media: media.slice(0, FILES_MAX),
  }
}

interface FilePointer {
  notificationId: string
  /** Among what is shown. */
  index: number
}

/** Errors: none; undefined for what was not written by `shownMessage`. */
export function pointerOf(octets: Uint8Array): FilePointer | undefined {
  const [, notificationId, index] = /^(mmn_\w{26}) (\d{1,4})$/.exec(Buffer.from(octets).toString('latin1')) ?? []
  return notificationId === undefined ? undefined : { notificationId, index: Number(index) }
}

/** The content of one file; undefined where there is no such part. */
export function fileOf({ parts }: RetrieveConf, index: number): Uint8Array | undefined {
  const part = presentationOf(parts)[index]
  return part === undefined ? undefined : contentOf(part)
}

/** A text for people; a vCard or a table is a file. */
function isText(part: Part): boolean {
  return part.media === 'text/plain' && part.disposition?.type !== 'attachment'
}

function factsOf(part: Part, { notificationId, index }: FilePointer): InboundMedia {
  return {
    contentType: part.media,
    fileName: nameOf(part),
    bytes: contentOf(part).length,
    width: undefined,
    height: undefined,
    voice: false,
    borderless: false,
    gif: false,
    caption: undefined,
    blurhash: undefined,
    sticker: false,
    pointer: new Uint8Array(Buffer.from(`${notificationId} ${index}`, 'latin1')),
  }
}

function plain(text: string | undefined): string {
  return (text ?? '').replaceAll('\r\n', '\n').replaceAll('\0', '').trim()
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** The words of a page. What is left of broken markup is shown as it stands. */
function withoutMarkup(page: string): string {
  const text = page
    .slice(0, PAGE_CHARS_MAX)
    .replaceAll(/<(script|style|head)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, '')
    .replaceAll(/<(br|\/p|\/div|\/li|\/tr|\/h\d)\b[^>]*>/gi, '\n')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot|apos|nbsp);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole)
  const lines = text.split('\n').map((line) => line.replaceAll(/[ \t\r]+/g, ' ').trim())
  return lines.filter((line) => line !== '').join('\n')
}
