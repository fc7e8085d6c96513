/**
 * A person's phone on the simulated MMSC: sends and receives pictures as phones do, without an MMS client of its own (the
 * MMSC hands messages over directly). It is how those of the sandbox who have no Signal exchange pictures.
 */
import { contentOf, textOf } from '../mms/content.ts'
import type { NewPdu } from '../mms/encode.ts'
import { MEDIA_RELATED, MEDIA_SMIL } from '../mms/media.ts'
import { nameOf, presentationOf } from '../mms/presentation.ts'
import { buildSmil, type MediaKind } from '../mms/smil.ts'
import type { Part } from '../mms/types.ts'

/** The oldest messages fall out of the inbox beyond this. */
export const HANDSET_INBOX_MAX = 1_000

export interface HandsetFile {
  /** Content type, lower case. */
  readonly media: string
  readonly name: string
  readonly data: Uint8Array
}

/** A picture message, with what a person sees of it. */
export interface HandsetMessage {
  /** Message-ID of the MMSC. */
  readonly id: string
  readonly from: string
  readonly to: readonly string[]
  readonly cc: readonly string[]
  readonly subject: string | undefined
  /** All texts, in the order of the presentation. */
  readonly text: string
  /** All that is no text, in the order of the presentation. */
  readonly files: readonly HandsetFile[]
  readonly atMs: number
  readonly wantsReadReport: boolean
}

export interface HandsetDraft {
  readonly to: readonly string[]
  readonly cc?: readonly string[]
  readonly subject?: string
  readonly text?: string
  readonly files?: readonly HandsetFile[]
  readonly deliveryReport?: boolean
  readonly readReport?: boolean
}

/** What a phone shows of these parts. */
export function shownOf(parts: readonly Part[]): Pick<HandsetMessage, 'text' | 'files'> {
  const shown = presentationOf(parts)
  const isText = (part: Part) => part.media === 'text/plain'
  return {
    text: shown
      .filter(isText)
      .map((part) => textOf(part))
      .join('\n'),
    files: shown
      .filter((part) => !isText(part))
      .map((part, index) => ({ media: part.media, name: nameOf(part) ?? `part${index + 1}`, data: contentOf(part) })),
  }
}

/** The m-send-req that a phone would post for this. */
export function sendRequestOf(draft: HandsetDraft, transactionId: string): NewPdu {
  const items = [
    ...(draft.files ?? []).map((file, index) => ({ file, id: `item${index + 1}`, kind: kindOf(file.media) })),
    ...(draft.text === undefined
      ? []
      : [
          {
            file: { media: 'text/plain', name: 'text.txt', data: new TextEncoder().encode(draft.text) },
            id: 'text',
            kind: 'text' as const,
          },
        ]),
  ]
  const smil = buildSmil([{ media: items.map(({ id, kind }) => ({ kind, src: `cid:${id}` })) }])
  const parts: Part[] = [
    {
      media: MEDIA_SMIL,
      params: new Map([['name', 'smil.xml']]),
      contentId: '<smil>',
      headers: [],
      data: new TextEncoder().encode(smil),
    },
    ...items.map(({ file, id, kind }): Part => {
      const params = new Map<string, string | number>([['name', file.name]])
      if (kind === 'text') params.set('charset', 106)
      return {
        media: file.media,
        params,
        contentId: `<${id}>`,
        contentLocation: file.name,
        headers: [],
        data: file.data,
      }
    }),
  ]
  return {
    type: 'm-send-req',
    transactionId,
    version: '1.2',
    from: { insertAddress: true },
    to: draft.to.map(plmn),
    ...(draft.cc === undefined ? {} : { cc: draft.cc.map(plmn) }),
    ...(draft.subject === undefined ? {} : { subject: { text: draft.subject } }),
    deliveryReport: draft.deliveryReport ?? false,
    readReport: draft.readReport ?? false,
    contentType: {
      media: MEDIA_RELATED,
      params: new Map([
        ['type', MEDIA_SMIL],
        ['start', '<smil>'],
      ]),
    },
    parts,
  }
}

/** A number as MMS writes it; anything else as it is. */
export function plmn(address: string): { address: string; addressType?: string } {
  return /^\+?\d+$/.test(address) ? { address, addressType: 'PLMN' } : { address }
}

function kindOf(media: string): MediaKind {
  const kind = media.split('/')[0]
  return kind === 'image' ? 'img' : kind === 'video' || kind === 'audio' || kind === 'text' ? kind : 'ref'
}
