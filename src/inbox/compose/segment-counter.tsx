/**
 * What a text costs: parts, alphabet, room left; which character forced the wider alphabet, and its plain neighbour.
 * Counts with the gateway's own codec, so that the two never disagree.
 */
import { countSegments } from '../../../modem/pdu/segments.ts'
import { transliterate } from '../../../modem/pdu/transliterate.ts'
import { asPlainText } from '../../domain/plain-text.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'

/** A count is of interest from here on: of so few characters left in one part. */
const QUIET_ABOVE_LEFT = 60

interface CounterProps {
  text: string
  /** Leads it; empty where there is none. */
  subject: string
  quote: Message | undefined
  replace: (text: string) => void
}

export function SegmentCounter({ text, subject, quote, replace }: CounterProps) {
  const count = counted(asText(text, subject, quote))
  if (count === undefined) return <p class="counter over">{t('counter.tooLong')}</p>
  const { parts, alphabet, unitsLeft, forcedBy } = count
  const isQuiet = parts === 1 && alphabet === 'gsm7' && unitsLeft > QUIET_ABOVE_LEFT
  const plain = forcedBy === null ? undefined : plainer(text, forcedBy.character)
  return (
    <p class={isQuiet ? 'counter muted' : 'counter'}>
      <span title={t('counter.meaning', { parts, left: unitsLeft })}>
        {t('counter.parts', { parts, left: unitsLeft, alphabet: alphabet === 'gsm7' ? 'GSM-7' : 'UCS-2' })}
      </span>
      {forcedBy !== null && (
        <>
          <mark class="forced" translate={false} title={t('counter.forced')}>
            {forcedBy.character}
          </mark>
          {plain !== undefined && (
            <button type="button" class="link" onClick={() => replace(plain.text)}>
              {t('counter.replace', { plain: plain.sample })}
            </button>
          )}
        </>
      )}
    </p>
  )
}

/** Parts that it would take as a text; undefined: more than there can be. */
export function partsOf(text: string, subject: string, quote: Message | undefined): number | undefined {
  return counted(asText(text, subject, quote))?.parts
}

/** As one text says all of it. */
export function asText(text: string, subject: string, quote: Message | undefined): string {
  const whole = subject === '' ? text : `${subject}\n${text}`
  return quote === undefined ? whole : asPlainText(whole, { ours: true, timestampMs: 0, text: quote.text })
}

/** Undefined: more parts than there can be. */
function counted(text: string): ReturnType<typeof countSegments> | undefined {
  try {
    return countSegments(text)
  } catch {
    return undefined
  }
}

/** The text in plain characters, where that helps with the one that forced the wider alphabet. */
function plainer(text: string, forced: string): { text: string; sample: string } | undefined {
  const sample = transliterate(forced)
  return sample === forced ? undefined : { text: transliterate(text), sample: sample === '' ? '␣' : sample }
}
