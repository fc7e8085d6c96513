/** Pure: what is shown of a picture message: its words in one text, the subject in bold before them, all else as files. */
import { messageContentOf, type ReceivedFile } from '../../modem/mms/message-content.ts'
import type { RetrieveConf } from '../../modem/mms/types.ts'
import type { InboundMedia } from '../domain/media.ts'
import type { TextRange } from '../domain/ranges.ts'

/** Files of one message that are kept; no phone sends more, and a hostile one could send a thousand. */
const FILES_MAX = 50
const TEXT_CHARS_MAX = 64 * 1024
const EMPTY = '(an empty picture message)'

export interface ShownMessage {
  text: string
  /** Of the subject before it. */
  subjectChars: number | undefined
  ranges: readonly TextRange[]
  media: readonly InboundMedia[]
}

/**
 * @param notificationId names the octets that the files are taken out of, see `fileOf`
 */
export function shownMessage(conf: RetrieveConf, notificationId: string): ShownMessage {
  const { text: whole, subject, files } = messageContentOf(conf)
  const media = files.slice(0, FILES_MAX).map((file, index) => factsOf(file, { notificationId, index }))
  const text = (subject === undefined ? whole : withoutBrackets(whole, subject)).slice(0, TEXT_CHARS_MAX)
  return {
    text: text === '' && media.length === 0 ? EMPTY : text,
    subjectChars: subject?.length,
    ranges: subject === undefined ? [] : [{ kind: 'style', style: 'bold', start: 0, length: subject.length }],
    media,
  }
}

interface FilePointer {
  notificationId: string
  /** Among the files of the message. */
  index: number
}

/** Errors: none; undefined for what was not written by `shownMessage`. */
export function pointerOf(octets: Uint8Array): FilePointer | undefined {
  const [, notificationId, index] = /^(mmn_\w{26}) (\d{1,4})$/.exec(Buffer.from(octets).toString('latin1')) ?? []
  return notificationId === undefined ? undefined : { notificationId, index: Number(index) }
}

/** The content of one file; undefined where there is no such part. */
export function fileOf(conf: RetrieveConf, index: number): Uint8Array | undefined {
  return messageContentOf(conf).files[index]?.octets
}

/** Conversations show the subject by its style. */
function withoutBrackets(text: string, subject: string): string {
  return `${subject}${text.slice(subject.length + '[]'.length)}`
}

function factsOf(
  { contentType, fileName, octets }: ReceivedFile,
  { notificationId, index }: FilePointer,
): InboundMedia {
  return {
    contentType,
    fileName,
    bytes: octets.length,
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
