/** Who the conversation is with, how they are reached, and the way to the sheet about them. */
import { useLocation } from 'wouter-preact'
import type { Contact, Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { typing } from '../model/live.ts'
import { addressWords, conversationName, portraitOf } from '../model/people.ts'
import { aboutPath } from '../screens/places.ts'
import { Avatar } from '../ui/avatar.tsx'
import { ArrowLeft, Info, ShieldCheck, Timer } from '../ui/icons.ts'
import { spanWords } from '../ui/times.ts'

/** To the list, where there is room for one of the two only. */
export function Back() {
  const [, go] = useLocation()
  return (
    <button type="button" class="icon-button back" aria-label={t('action.back')} onClick={() => go('/')}>
      <ArrowLeft aria-hidden="true" />
    </button>
  )
}

export function ThreadHead({ conversation, contact }: { conversation: Conversation; contact: Contact | undefined }) {
  const [, go] = useLocation()
  const name = conversationName(conversation)
  const isNamed = conversation.contact !== null && conversation.contact.name !== null
  return (
    <header class="thread-head">
      <Back />
      <Avatar
        id={conversation.contact?.id ?? conversation.group?.id ?? conversation.id}
        name={name}
        isGroup={conversation.group !== null}
        url={portraitOf(conversation)}
      />
      <div class="thread-who">
        <h2 translate={false} dir="auto">
          {name}
        </h2>
        <p class="quiet">
          {typing.value.has(conversation.id) ? (
            t('thread.typing')
          ) : conversation.group !== null ? (
            t(conversation.group.kind === 'signal' ? 'thread.signalGroup' : 'groups.phone')
          ) : (
            <>
              {isNamed && (
                <span translate={false} dir="ltr">
                  {addressWords(conversation.contact?.address)}
                </span>
              )}
              {contact?.signal.standing === 'registered' && <span>{t('thread.onSignal')}</span>}
              {contact?.verified === true && (
                <span class="verified">
                  <ShieldCheck aria-hidden="true" /> {t('thread.verified')}
                </span>
              )}
            </>
          )}
        </p>
      </div>
      {conversation.disappears_after !== null && (
        <span class="timer-chip" title={t('thread.timer', { span: spanWords(conversation.disappears_after) })}>
          <Timer aria-hidden="true" />
          <span class="visually-hidden">{t('thread.timerLabel')}</span>
          {spanWords(conversation.disappears_after)}
        </span>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t('thread.about')}
        title={t('thread.about')}
        onClick={() => go(aboutPath(conversation.id))}
      >
        <Info aria-hidden="true" />
      </button>
    </header>
  )
}
