/**
 * Where a message is written. What it will travel over is shown before it is sent: by the pill, by the colour of the
 * button, and in the words of the empty field.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Contact, Conversation, Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeDraft, draftOf, EMPTY_DRAFT } from '../model/drafts.ts'
import { expectation, type SendingFacts, takesSubject } from '../model/expectation.ts'
import { send } from '../model/outbox.ts'
import { messageLine, personName } from '../model/people.ts'
import { preferences } from '../model/preferences.ts'
import { account, mode, pictures, settings } from '../model/status.ts'
import { ArrowUp, CalendarClock, X } from '../ui/icons.ts'
import { QuotedFile } from '../ui/quoted-file.tsx'
import { fullTime } from '../ui/times.ts'
import { Attach } from './attach.tsx'
import { useMentions } from './mentions.tsx'
import { ModemChoice } from './modem-choice.tsx'
import { PictureNote } from './picture-note.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { partsOf, SegmentCounter } from './segment-counter.tsx'
import { SubjectField } from './subject-field.tsx'
import { TransportPill } from './transport-pill.tsx'
import { UploadTray } from './upload-tray.tsx'
import { useUploads } from './uploads.ts'

/** The other side is told "writing" once in so long while keys are pressed. */
const TYPING_EVERY_MS = 10_000
const ROWS_MAX_PX = 200

interface ComposerProps {
  conversation: Conversation
  contact: Contact | undefined
  messages: readonly Message[]
}

export function Composer({ conversation, contact, messages }: ComposerProps) {
  const { id } = conversation
  const draft = draftOf(id)
  const uploads = useUploads(id)
  const [isScheduling, setIsScheduling] = useState(false)
  const [isDragged, setIsDragged] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const typingToldMs = useRef(0)
  const naming = useMentions(conversation, field)
  const hasFiles = draft.attachments.length + uploads.running.length > 0
  const subject = draft.subject?.trim() ?? ''
  const quote = messages.find(({ id: messageId }) => messageId === draft.quoteId)
  const longParts = partsBeyond(settings.value?.long_text_parts ?? null, draft.text, subject, quote)
  const facts: SendingFacts = {
    mode: mode.value,
    group: conversation.group?.texts_apart === true ? 'apart' : conversation.group?.kind,
    textable: contact === undefined || contact.number !== null || contact.sender !== null,
    hasAccount: account.value === undefined || account.value.state !== 'none',
    standing: contact?.signal.standing ?? 'unknown',
    policy: draft.policy ?? contact?.policy ?? settings.value?.fallback.default,
    last: messages.findLast(({ transport: carried }) => carried !== null)?.transport,
    hasFiles,
    ratherMms: subject !== '' || longParts !== undefined,
    mms: pictures.value.mms,
    timer: conversation.disappears_after !== null,
  }
  const expected = expectation(facts)
  const { transport } = expected
  const isReady = (draft.text.trim() !== '' || draft.attachments.length > 0) && uploads.running.length === 0

  useEffect(() => {
    if (field.current !== null) growToLines(field.current)
  }, [draft.text])
  useEffect(() => {
    // Nobody is anywhere yet, or came by a row of the list.
    const isFree = document.activeElement?.matches('body, a.row') === true
    if (isFree && matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  // Before the paint: a key pressed right after a change must not be read by the listener of before it.
  useLayoutEffect(() => {
    const switchTransport = (event: KeyboardEvent) => {
      if (!event.ctrlKey || !event.shiftKey || event.key.toLowerCase() !== 't' || conversation.group !== null) return
      event.preventDefault()
      const other = transport === 'signal' ? 'sms_only' : 'signal_only'
      changeDraft(id, { policy: draft.policy === undefined ? other : undefined })
    }
    document.addEventListener('keydown', switchTransport)
    return () => document.removeEventListener('keydown', switchTransport)
  })

  const submit = () => {
    if (!isReady) return
    typingToldMs.current = 0
    void send(id, draft)
    field.current?.focus()
  }
  const input = ({ value: text, selectionStart }: HTMLTextAreaElement) => {
    naming.input(text, selectionStart)
    if (transport !== 'signal' || text === '' || Date.now() - typingToldMs.current < TYPING_EVERY_MS) return
    typingToldMs.current = Date.now()
    void ask('POST', `/api/v1/conversations/${id}/typing`, { body: { typing: true } }).catch(() => {})
  }
  const keyed = (event: KeyboardEvent) => {
    if (naming.keyed(event)) return
    if (event.key === 'Escape' && draft.quoteId !== undefined) {
      event.preventDefault()
      changeDraft(id, { quoteId: undefined })
    }
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey) return
    if (!preferences.value.enterSends && !event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    submit()
  }
  const take = (files: FileList | null | undefined) => {
    if (files === null || files === undefined || files.length === 0) return false
    uploads.add([...files])
    return true
  }
  return (
    <form
      class={`composer ${transport} ${isDragged ? 'dragged' : ''}`}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      onDragOver={(event) => {
        event.preventDefault()
        setIsDragged(true)
      }}
      onDragLeave={() => setIsDragged(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsDragged(false)
        take(event.dataTransfer?.files)
      }}
    >
      {quote !== undefined && (
        <div class="composer-quote">
          {quote.attachments[0] !== undefined && <QuotedFile file={quote.attachments[0]} />}
          <span>
            <b>
              {t('composer.replyTo', {
                name: quote.direction === 'out' ? t('thread.you') : personName(quote.author ?? quote.contact),
              })}
            </b>
            <span translate={false} dir="auto">
              {messageLine(quote)}
            </span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={t('composer.dropQuote')}
            onClick={() => changeDraft(id, { quoteId: undefined })}
          >
            <X aria-hidden="true" />
          </button>
        </div>
      )}
      <UploadTray draft={draft} conversationId={id} uploads={uploads} />
      {draft.scheduleAt !== undefined && (
        <p class="composer-schedule">
          <CalendarClock aria-hidden="true" /> {t('schedule.set', { time: fullTime(draft.scheduleAt) })}
          <button type="button" class="link" onClick={() => changeDraft(id, { scheduleAt: undefined })}>
            {t('schedule.clear')}
          </button>
        </p>
      )}
      <SubjectField subject={draft.subject} change={(words) => changeDraft(id, { subject: words })} />
      {naming.list}
      <div class="composer-row">
        <Attach take={take} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={t(`composer.placeholder.${transport}`)}
          placeholder={t(`composer.placeholder.${transport}`)}
          value={draft.text}
          onInput={(event) => input(event.currentTarget)}
          onKeyDown={keyed}
          onClick={(event) => naming.moved(event.currentTarget.selectionStart)}
          onBlur={naming.close}
          {...naming.aria}
          onPaste={(event) => {
            if (take(event.clipboardData?.files)) event.preventDefault()
          }}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={t('schedule.open')}
          title={t('schedule.open')}
          onClick={() => setIsScheduling(true)}
        >
          <CalendarClock aria-hidden="true" />
        </button>
        <button
          type="submit"
          class="send"
          aria-label={t(`composer.send.${transport}`)}
          title={t(`composer.send.${transport}`)}
          disabled={!isReady}
        >
          <ArrowUp aria-hidden="true" />
        </button>
      </div>
      <div class="composer-foot">
        <TransportPill
          expected={transport}
          chosen={draft.policy}
          group={conversation.group?.kind}
          textable={contact?.number !== null || contact.sender !== null}
          choose={(policy) => changeDraft(id, { policy })}
        />
        {transport === 'sms' && <ModemChoice conversationId={id} />}
        <PictureNote
          expected={expected}
          files={hasFiles ? draft.attachments : undefined}
          parts={subject === '' ? longParts : undefined}
        />
        {draft.subject === undefined && takesSubject(facts) && (
          <button type="button" class="link" onClick={() => changeDraft(id, { subject: '' })}>
            {t('subject.add')}
          </button>
        )}
        {transport === 'sms' && draft.text !== '' && (
          <SegmentCounter
            text={draft.text}
            subject={subject}
            quote={quote}
            replace={(text) => changeDraft(id, { text })}
          />
        )}
      </div>
      {isScheduling && (
        <ScheduleDialog
          at={draft.scheduleAt ?? EMPTY_DRAFT.scheduleAt}
          choose={(scheduleAt) => changeDraft(id, { scheduleAt })}
          onClose={() => setIsScheduling(false)}
        />
      )}
    </form>
  )
}

/** Parts that it would take as a text, where that is more than the owner lets texts have. */
function partsBeyond(
  partsMax: number | null,
  text: string,
  subject: string,
  quote: Message | undefined,
): number | undefined {
  if (partsMax === null || text === '') return undefined
  const parts = partsOf(text, subject, quote) ?? Number.POSITIVE_INFINITY
  return parts > partsMax ? parts : undefined
}

/** As high as its lines, up to a bound, in browsers that do not do so by themselves. */
function growToLines(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${Math.min(field.scrollHeight, ROWS_MAX_PX)}px`
}
