/** Joins the event stream to what is shown: each event changes exactly what it is about. */
import { effect, signal } from '@preact/signals'
import { listen } from '../api/stream.ts'
import type { GatewayEvent } from '../api/types.ts'
import { go } from '../screens/going.ts'
import { dropContact, refreshContact, refreshContacts } from './contacts.ts'
import { dropConversation, followChoice, loadConversations, refreshConversation } from './conversations.ts'
import { moveDraft } from './drafts.ts'
import { guideBy } from './guide.ts'
import { pushOutbox } from './outbox.ts'
import { findSession, session } from './session.ts'
import { loadStatus, online, refreshStatus } from './status.ts'
import { dropMessage, dropThread, keepMessage, reloadThreads, resetThread } from './threads.ts'

/** Somebody who stops without saying so is taken to write for so long. */
const TYPING_MS_MAX = 15_000

/** The conversation on the screen. */
export const shownConversation = signal<string | undefined>(undefined)
/** Conversations in which the other side is writing. */
export const typing = signal<ReadonlySet<string>>(new Set())
/** Whatever the gateway told last. */
export const newestEvent = signal<GatewayEvent | undefined>(undefined)
/** The newest message that came in, for those who hear rather than see. */
export const newestInbound = signal<GatewayEvent | undefined>(undefined)

/** Listens while somebody is signed in. */
export function goLive(): void {
  effect(() => {
    if (session.value?.state !== 'signed-in') return
    const stop = listen({
      opened: () => {
        online.value = true
        // Also after a gap that the stream can fill: what is longer than its history is fetched as it is now.
        void loadConversations()
        void reloadThreads(shownConversation.peek())
        void loadStatus()
        refreshContacts()
        pushOutbox()
      },
      event: apply,
      broken: (status) => {
        online.value = false
        if (status === 401) void findSession().catch(() => {})
      },
    })
    const unfollow = followChoice()
    return () => {
      stop()
      unfollow()
    }
  })
}

function apply(event: GatewayEvent): void {
  guideBy(event)
  newestEvent.value = event
  const { type, conversation_id: conversationId, contact_id: contactId, message_id: messageId } = event
  if (type === 'conversation.typing' || type === 'conversation.typing_stopped') {
    if (conversationId !== null) setTyping(conversationId, type === 'conversation.typing')
    return
  }
  if (type === 'message.removed' && messageId !== null) dropMessage(messageId)
  else if (event.message !== undefined) keepMessage(event.message)
  if (type === 'conversation.removed' && conversationId !== null) {
    dropConversation(conversationId)
    dropThread(conversationId)
  } else if (conversationId !== null) refreshConversation(conversationId)
  if (type === 'conversation.merged' || type === 'conversation.split') regroup(event)
  if (type === 'contact.merged') dropContact(String(event.data.merged))
  if (contactId !== null && type === 'contact.deleted') dropContact(contactId)
  else if (contactId !== null) refreshContact(contactId)
  if (type === 'message.received' && conversationId !== null) {
    setTyping(conversationId, false)
    newestInbound.value = event
  }
  if (/^(modem|signal|queue|settings|message)\./.test(type)) refreshStatus()
}

/** Conversations became one, or one became two: what was begun, and what is shown, goes along. */
function regroup({ type, conversation_id: id, data }: GatewayEvent): void {
  if (id === null) return
  if (type === 'conversation.merged') {
    const old = String(data.merged)
    moveDraft(old, id)
    dropConversation(old)
    dropThread(old)
    if (shownConversation.peek() === old) go(`/c/${id}`, { replace: true })
  }
  void resetThread(id)
  void loadConversations()
}

const typingTimers = new Map<string, ReturnType<typeof setTimeout>>()

function setTyping(conversationId: string, isTyping: boolean): void {
  clearTimeout(typingTimers.get(conversationId))
  typingTimers.delete(conversationId)
  const next = new Set(typing.peek())
  if (isTyping) {
    next.add(conversationId)
    typingTimers.set(
      conversationId,
      setTimeout(() => setTyping(conversationId, false), TYPING_MS_MAX),
    )
  } else next.delete(conversationId)
  typing.value = next
}
