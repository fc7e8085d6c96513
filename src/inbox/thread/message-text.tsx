/**
 * The words of a message as text nodes, never as HTML: styles that Signal carried, and addresses of pages as links that
 * tell nobody where they were followed from.
 */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'

const LINK = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g
/** Longer ones are shown in part until somebody wants all. */
const SHOWN_CHARS_MAX = 1_200

const STYLE_CLASSES: Readonly<Record<string, string>> = {
  bold: 'bold',
  italic: 'italic',
  strikethrough: 'strike',
  monospace: 'mono',
  spoiler: 'spoiler',
}

export function MessageText({ text, ranges }: { text: string; ranges: Message['ranges'] }) {
  const [isWhole, setIsWhole] = useState(text.length <= SHOWN_CHARS_MAX)
  const shown = isWhole ? text : text.slice(0, SHOWN_CHARS_MAX)
  return (
    <div class="text">
      <p translate={false} dir="auto">
        {styled(shown, ranges)}
        {!isWhole && '…'}
      </p>
      {!isWhole && (
        <button type="button" class="link" onClick={() => setIsWhole(true)}>
          {t('message.showAll')}
        </button>
      )}
    </div>
  )
}

/** Cuts the text where a style begins or ends. */
function styled(text: string, ranges: Message['ranges']): ComponentChildren {
  const edges = new Set([0, text.length])
  for (const { start, length } of ranges) {
    edges.add(Math.min(start, text.length))
    edges.add(Math.min(start + length, text.length))
  }
  const places = [...edges].sort((left, right) => left - right)
  return places.slice(0, -1).map((from, index) => {
    const to = places[index + 1] ?? text.length
    const classes = ranges
      .filter(({ start, length }) => start <= from && start + length >= to)
      .map((range) => ('style' in range ? (STYLE_CLASSES[range.style] ?? '') : 'mention'))
    const piece = linked(text.slice(from, to))
    return classes.length === 0 ? (
      piece
    ) : (
      <span key={from} class={classes.join(' ')} tabIndex={classes.includes('spoiler') ? 0 : undefined}>
        {piece}
      </span>
    )
  })
}

function linked(text: string): ComponentChildren {
  const pieces: ComponentChildren[] = []
  let at = 0
  for (const { 0: link, index } of text.matchAll(LINK)) {
    pieces.push(text.slice(at, index))
    pieces.push(
      <a key={index} href={link} target="_blank" rel="noopener noreferrer nofollow">
        {link}
      </a>,
    )
    at = index + link.length
  }
  pieces.push(text.slice(at))
  return pieces
}
