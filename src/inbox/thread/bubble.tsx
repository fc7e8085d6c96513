/** The bubble itself: what it answers to, files, text, and below it transport, time and state. */
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { fileWords, personName } from '../model/people.ts'
import { preferences } from '../model/preferences.ts'
import { Timer } from '../ui/icons.ts'
import { QuotedFile } from '../ui/quoted-file.tsx'
import { Tick } from '../ui/tick.tsx'
import { clockTime, spanWords } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { Files } from './files.tsx'
import { MessageText } from './message-text.tsx'

/** A text of nothing but a few emoji is shown large. */
const ONLY_EMOJI =
  /^(?:(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*|\p{Regional_Indicator}{2}|[\d#*]\uFE0F?\u20E3)\s*){1,4}$/u

export function Bubble({ message }: { message: Message }) {
  const { text, quote, attachments, transport, direction } = message
  const isGone = message.deleted_at !== null || message.disappeared_at !== null
  const isLarge = ONLY_EMOJI.test(text) && quote === null && attachments.length === 0
  return (
    <div class={isLarge ? 'bubble large' : 'bubble'}>
      {quote !== null && !isGone && (
        <blockquote class="quote">
          <cite translate={quote.author === 'us'}>
            {quote.author === 'us' ? t('thread.you') : personName(quote.person ?? message.contact)}
          </cite>
          {quote.file !== null && <QuotedFile file={quote.file} />}
          {quote.text === '' && quote.file !== null ? (
            <span>{fileWords(quote.file)}</span>
          ) : (
            <span translate={false} dir="auto">
              {quote.text === '' ? '…' : quote.text}
            </span>
          )}
        </blockquote>
      )}
      {isGone ? (
        <p class="gone">{message.deleted_at !== null ? t('message.deleted') : t('message.disappeared')}</p>
      ) : (
        <>
          {attachments.length > 0 && <Files message={message} />}
          {text !== '' && <MessageText text={text} ranges={message.ranges} />}
          {preferences.value.previews && <Preview preview={message.preview} />}
        </>
      )}
      {message.incomplete && <p class="part-missing">{missingWords(text)}</p>}
      <p class="meta">
        {transport !== null && <TransportGlyph transport={transport} label={transport !== 'signal'} />}
        {message.flash && <span>{t('message.flash')}</span>}
        {message.disappears_after !== null && (
          <span title={t('thread.timer', { span: spanWords(message.disappears_after) })}>
            <Timer aria-hidden="true" />
          </span>
        )}
        {message.edited_at !== null && <span>{t('message.edited')}</span>}
        <time>{clockTime(message.created_at)}</time>
        {direction === 'out' && <Tick message={message} />}
      </p>
    </div>
  )
}

/** What the sender's phone said of the page behind a link in the text; the gateway asks nobody. */
function Preview({ preview }: { preview: unknown }) {
  if (preview === null) return null
  const { url, title } = preview as { url: string; title: string }
  return (
    <p class="link-preview" translate={false} dir="auto">
      <b>{title}</b> <small dir="ltr">{URL.canParse(url) ? new URL(url).host : ''}</small>
    </p>
  )
}

/** The marks in the text say which parts of how many have not come. */
function missingWords(text: string): string {
  const marks = [...text.matchAll(/\[…(\d+)\/(\d+)\]/g)]
  const [first] = marks
  if (first === undefined) return t('message.incomplete')
  const parts = marks.map(([, part]) => part).join(', ')
  return t('message.partsMissing', { parts, total: first[2] ?? '' })
}
