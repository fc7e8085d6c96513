/** Pure: styles and mentions between Signal's body ranges and those of the house, and the preview of a link. */
import type { TextRange } from './contract.ts'
import { readServiceId, serviceIdOctets } from './ids.ts'
import type { BodyRange, DataMessage } from './proto/messages.ts'

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

export function bodyRangesOf(ranges: readonly TextRange[] | undefined): Pick<DataMessage, 'bodyRanges'> {
  if (ranges === undefined || ranges.length === 0) return {}
  return {
    bodyRanges: ranges.map(({ start, length, ...range }): BodyRange => {
      if (range.kind === 'mention') return { start, length, mentionAciBinary: serviceIdOctets(range.aci) }
      const style = Object.entries(styles).find(([, name]) => name === range.style)?.[0]
      return { start, length, style: Number(style) }
    }),
  }
}

/** What the sender's device says of a link in the text; never fetched, and nothing about a link that is not there. */
export function previewIn({ body = '', preview = [] }: DataMessage): { url: string; title: string } | undefined {
  const found = preview.find(({ url = '', title }) => /^https?:\/\//i.test(url) && body.includes(url) && title)
  return found === undefined
    ? undefined
    : { url: found.url ?? '', title: (found.title ?? '').slice(0, previewCharsMax) }
}
