/** Pure: styles and mentions between Signal's body ranges and those of the house, and the preview of a link. */
import type { TextRange } from './facts.ts'
import { readServiceId, serviceIdOctets } from './ids.ts'
import type { BodyRange, DataMessage } from './proto/data-message.ts'

/** BodyRange.Style. */
const styles: Readonly<Record<number, (TextRange & { kind: 'style' })['style']>> = {
  1: 'bold',
  2: 'italic',
  3: 'spoiler',
  4: 'strikethrough',
  5: 'monospace',
}

/** Official clients show no longer one. */
const previewCharsMax = 300

/** The ranges of a message's body, as they lie in `text`, which has the body somewhere in it. */
export function rangesIn({ body, bodyRanges }: DataMessage, text: string, own: string): TextRange[] {
  const offset = body === undefined || body === '' ? -1 : text.indexOf(body)
  if (offset < 0) return []
  return (bodyRanges ?? []).flatMap((range): TextRange[] => {
    const place = { start: offset + (range.start ?? 0), length: range.length ?? 0 }
    const style = styles[range.style ?? 0]
    if (style !== undefined) return [{ ...place, kind: 'style', style }]
    const aci = readServiceId(range.mentionAciBinary, range.mentionAci)
    return aci === undefined ? [] : [{ ...place, kind: 'mention', aci, ours: aci === own }]
  })
}

/** Stands in a body for whom it names; each reader's device puts the name there that it has for them. */
const placeholder = '\ufffc'
/** The first version of the protocol that knew mentions. */
const mentionsVersion = 6

/** A text of ours as a body: whom it names is a placeholder in it, and every range lies where it lies then. */
export function bodyOf(
  text: string,
  ranges: readonly TextRange[] = [],
): Pick<DataMessage, 'body' | 'bodyRanges' | 'requiredProtocolVersion'> {
  if (ranges.length === 0) return { body: text }
  const named = ranges.filter(({ kind }) => kind === 'mention').sort((a, b) => a.start - b.start)
  let body = ''
  let position = 0
  const places = named.map(({ start, length }) => {
    body += text.slice(position, start)
    position = start + length
    const at = body.length
    body += placeholder
    return { start, end: position, at }
  })
  body += text.slice(position)
  const moved = (offset: number, isEnd: boolean): number => {
    const place = places.filter(({ start }) => start < offset).at(-1)
    if (place === undefined) return offset
    const past = place.at + placeholder.length
    return offset < place.end ? (isEnd ? past : place.at) : past + (offset - place.end)
  }
  const bodyRanges = ranges.map(({ start, length, ...range }): BodyRange => {
    const from = moved(start, false)
    const place = { start: from, length: moved(start + length, true) - from }
    if (range.kind === 'mention') return { ...place, mentionAciBinary: serviceIdOctets(range.aci) }
    const style = Object.entries(styles).find(([, name]) => name === range.style)?.[0]
    return { ...place, style: Number(style) }
  })
  return { body, bodyRanges, ...(named.length === 0 ? {} : { requiredProtocolVersion: mentionsVersion }) }
}

/** What the sender's device says of a link in the text; never fetched, and nothing about a link that is not there. */
export function previewIn({ body = '', preview = [] }: DataMessage): { url: string; title: string } | undefined {
  const found = preview.find(({ url = '', title }) => /^https?:\/\//i.test(url) && body.includes(url) && title)
  return found === undefined
    ? undefined
    : { url: found.url ?? '', title: (found.title ?? '').slice(0, previewCharsMax) }
}
