/**
 * Writing the body of a message: its parts and a SMIL that says how they are shown, as multipart/related (OMA-TS-MMS_CONF).
 * One slide for each picture, film or sound; the text is on the first of them. What no phone shows on a slide (a contact,
 * a document) goes along unmentioned, as every phone hands such parts on.
 */

import { MIB_UTF_8, utf8 } from './charset.ts'
import type { ContentType } from './content-type.ts'
import { MEDIA_RELATED, MEDIA_SMIL } from './media.ts'
import { buildSmil, type MediaReference, type Slide } from './smil.ts'
import type { Part } from './types.ts'

/** One part to be sent. The text of a message is one of type `text/plain`, in UTF-8. */
export interface NewPart {
  readonly contentType: string
  /** In ASCII: old phones read no other names. */
  readonly name: string
  /** Without `<>`; unlike that of all other parts of the message. */
  readonly contentId: string
  readonly octets: Uint8Array
}

const SMIL_ID = 'smil'
const SMIL_NAME = 'smil.xml'

/** What `encodePdu` wants of a body, in the order of `parts`, the SMIL in front. */
export function composeBody(parts: readonly NewPart[]): { contentType: ContentType; parts: readonly Part[] } {
  const smil: Part = partOf({
    contentType: MEDIA_SMIL,
    name: SMIL_NAME,
    contentId: SMIL_ID,
    octets: utf8(buildSmil(slidesOf(parts))),
  })
  const contentType = {
    media: MEDIA_RELATED,
    params: new Map([
      ['type', MEDIA_SMIL],
      ['start', `<${SMIL_ID}>`],
    ]),
  }
  return { contentType, parts: [smil, ...parts.map(partOf)] }
}

function partOf({ contentType, name, contentId, octets }: NewPart): Part {
  const isText = contentType === 'text/plain' || contentType === MEDIA_SMIL
  const params = new Map<string, string | number>(isText ? [['charset', MIB_UTF_8]] : [])
  params.set('name', name)
  return { media: contentType, params, contentId: `<${contentId}>`, contentLocation: name, headers: [], data: octets }
}

function slidesOf(parts: readonly NewPart[]): readonly Slide[] {
  const texts = parts.filter(({ contentType }) => contentType === 'text/plain').map(referenceTo)
  const shown = parts.filter((part) => /^(image|video|audio)\//.test(part.contentType)).map(referenceTo)
  const [first, ...others] = shown
  if (first === undefined) return texts.map((text) => ({ media: [text] }))
  return [{ media: [first, ...texts] }, ...others.map((reference) => ({ media: [reference] }))]
}

function referenceTo({ contentType, contentId }: NewPart): MediaReference {
  const [top] = contentType.split('/')
  const kind = top === 'image' ? 'img' : top === 'video' || top === 'audio' || top === 'text' ? top : 'ref'
  return { kind, src: `cid:${contentId}` }
}
