/**
 * What of a message is shown, and in which order: as its SMIL says, then every part that the SMIL does not name. No part
 * is ever lost, whatever the SMIL says. Also names of parts, which come from strangers.
 */
import { decodeText, utf8 } from './charset.ts'
import { contentOf } from './content.ts'
import { SMIL_OCTETS_MAX } from './limits.ts'
import { MEDIA_SMIL } from './media.ts'
import { scanSmil } from './smil.ts'
import type { Part } from './types.ts'

/** Parts without the SMIL itself. Multiparts inside are taken apart; of alternatives all remain. */
export function presentationOf(parts: readonly Part[]): readonly Part[] {
  const leaves = leavesOf(parts)
  const smil = leaves.find(({ media }) => media === MEDIA_SMIL)
  const shown = leaves.filter(({ media }) => media !== MEDIA_SMIL)
  if (smil === undefined || smil.data.length > SMIL_OCTETS_MAX) return shown
  const byName = partsByName(shown)
  const ordered = new Set<Part>()
  for (const slide of scanSmil(decodeText(contentOf(smil), smil.params.get('charset'))).slides) {
    for (const { src } of slide.media) {
      for (const part of byName.get(referenceKey(src)) ?? []) ordered.add(part)
    }
  }
  for (const part of shown) ordered.add(part)
  return [...ordered]
}

/** The parts at the ends of all branches, in their order. */
export function leavesOf(parts: readonly Part[]): readonly Part[] {
  return parts.flatMap((part) => (part.parts === undefined ? [part] : leavesOf(part.parts)))
}

const NAME_OCTETS_MAX = 100
/** Controls, and what turns the direction of writing or is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * A name for people, harmless as the name of a file: no folders, no controls, nothing that turns the writing round, at
 * most 100 octets of UTF-8. Undefined where nothing is left.
 */
export function nameOf(part: Part): string | undefined {
  const filename = part.disposition?.params.get('filename')
  for (const given of [part.params.get('name'), filename, part.contentLocation, part.contentId]) {
    const name = typeof given === 'string' ? harmless(given) : ''
    if (name !== '') return name
  }
  return undefined
}

function harmless(given: string): string {
  const base =
    given
      .replace(/^<(.*)>$/s, '$1')
      .split(/[/\\]/)
      .at(-1) ?? ''
  const seen = base
    .replace(UNSEEN, '')
    .replace(/[<>:"|?*]/g, '_')
    .trim()
    .replace(/^\.+/, '')
  if (utf8(seen).length <= NAME_OCTETS_MAX) return seen
  // The end says what kind of file it is.
  const [extension = ''] = /\.\w{1,8}$/.exec(seen) ?? []
  let kept = ''
  let room = NAME_OCTETS_MAX - extension.length
  for (const character of seen.slice(0, seen.length - extension.length)) {
    room -= utf8(character).length
    if (room < 0) break
    kept += character
  }
  return kept + extension
}

function partsByName(parts: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
  const found = new Map<string, Part[]>()
  for (const part of parts) {
    const name = part.params.get('name')
    const keys = [
      part.contentId === undefined ? '' : `cid:${part.contentId.replace(/^<(.*)>$/s, '$1')}`,
      part.contentLocation ?? '',
      part.contentId?.replace(/^<(.*)>$/s, '$1') ?? '',
      typeof name === 'string' ? name : '',
    ]
    for (const key of new Set(keys.map(referenceKey))) {
      if (key !== '') found.set(key, [...(found.get(key) ?? []), part])
    }
  }
  return found
}

/** `cid:` in any case; its value may be percent-encoded as URIs are, or in the angle brackets of the header. */
function referenceKey(src: string): string {
  const isContentId = /^cid:/i.test(src)
  const bare = isContentId ? src.slice(4).replace(/^<(.*)>$/s, '$1') : src
  return `${isContentId ? 'cid:' : ''}${percentDecoded(bare)}`
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
