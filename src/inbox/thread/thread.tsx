/** One conversation: its head, what needs a decision, the messages, and the composer. */
import { useEffect, useRef } from 'preact/hooks'
import { ApiProblem } from '../api/client.ts'
import { Composer } from '../compose/composer.tsx'
import { t } from '../languages/translate.ts'
import { contactOf, fetchContact } from '../model/contacts.ts'
import { conversationOf, fetchConversation } from '../model/conversations.ts'
import { isAnswerable } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { online } from '../model/status.ts'
import { loadThread, threadOf } from '../model/threads.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Banners } from './banners.tsx'
import { BlockedLine, isBlocked } from './blocked-line.tsx'
import { IdentityCard } from './identity-card.tsx'
import { MessageLog } from './message-log.tsx'
import { RequestCard } from './request-card.tsx'
import { Back, ThreadHead } from './thread-head.tsx'

export function Thread({ conversationId, jumpTo }: { conversationId: string; jumpTo: string | undefined }) {
  const conversation = conversationOf(conversationId)
  const thread = threadOf(conversationId).value
  const fetching = useAct()
  const contactId = conversation?.contact?.id
  const fetchBoth = () =>
    void fetching.run(async () => {
      await Promise.all([fetchConversation(conversationId), loadThread(conversationId)])
    })
  useEffect(fetchBoth, [conversationId])
  // Back again: what could not be fetched can be now. Once: what is refused is refused the next time, too.
  useEffect(() => {
    if (online.value && fetching.error !== undefined) fetchBoth()
  }, [online.value])
  useEffect(() => {
    if (contactId !== undefined && contactId !== null) void fetchContact(contactId).catch(() => {})
  }, [contactId])
  const contact = contactOf(contactId ?? undefined)
  const problem = fetching.error ?? (thread.messages.length === 0 ? thread.problem : undefined)
  const wasHere = useRef(false)
  if (conversation === undefined) {
    // Or it was removed in another window, while it was looked at.
    const isGone = wasHere.current || (problem instanceof ApiProblem && problem.status === 404)
    return (
      <>
        <header class="thread-head">
          <Back />
        </header>
        {isGone ? (
          <p class="empty">{t('thread.gone')}</p>
        ) : problem === undefined ? (
          <p class="empty quiet">{t('app.opening')}</p>
        ) : (
          <Problem error={problem} retry={fetchBoth} />
        )}
      </>
    )
  }
  wasHere.current = true
  const mustDecide = contact?.identity_changed_at !== null && contact?.identity_changed_at !== undefined
  return (
    <>
      <ThreadHead conversation={conversation} contact={contact} />
      <Banners conversation={conversation} contact={contact} />
      {problem !== undefined && <Problem error={problem} retry={fetchBoth} />}
      <MessageLog conversation={conversation} thread={thread} jumpTo={jumpTo} />
      {isBlocked({ conversation, contact }) ? (
        <BlockedLine conversation={conversation} contact={contact} />
      ) : !maySend.value ? (
        <p class="composer-note quiet">{t('composer.viewer')}</p>
      ) : contact !== undefined && !isAnswerable(contact) ? (
        <p class="composer-note quiet">{t('composer.noReply')}</p>
      ) : conversation.state === 'request' ? (
        <RequestCard conversation={conversation} />
      ) : mustDecide ? (
        <IdentityCard contact={contact} conversationId={conversationId} />
      ) : (
        <Composer key={conversationId} conversation={conversation} contact={contact} messages={thread.messages} />
      )}
    </>
  )
}
