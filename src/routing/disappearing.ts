/**
 * Disappearing messages on our side: the timer that a conversation has, and the end of each message. What we received begins
 * to disappear when it is read, what we sent when it was sent. The times are in the database, so that a restart forgets none;
 * `sweep` wipes what is due and looks again when the next one is.
 */
import { CausewayError } from '../domain/errors.ts'
import type { TimerFact } from '../domain/sink.ts'
import { versionTimes } from '../store/amendments.ts'
import { wipeAttachmentsOf } from '../store/attachments.ts'
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { nextExpiry, overdueMessages, setTimer, wipeMessage } from '../store/disappearing.ts'
import { noteOwnChange } from '../store/own-changes.ts'
import type { ConversationRow, MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import type { RoutingContext, RowContext } from './context.ts'
import { conversationOf, resolvePerson } from './people.ts'
import { addresseeOf, partiesIn, partiesOf } from './plans.ts'
import { acceptRequest, demandUnblocked } from './strangers.ts'

/** What one look wipes in a row before it lets others in. */
const PAGE = 100
/** Commits that come together are looked at once. */
const LOOK_AFTER_MS = 500
/** The longest timer that official clients offer: four weeks. */
const TIMER_S_MAX = 28 * 86_400
/** A longer wait is cut; the reconciler comes by anyway. */
const WAIT_MS_MAX = 3_600_000

const DISAPPEARED = { code: 'disappeared', reason: 'it has disappeared with its message' }

/** The other side (or our own other device) has set the timer; an older version than ours says nothing. */
export async function takeTimer(context: RowContext, tx: DatabaseTransaction, fact: TimerFact): Promise<void> {
  const { aci, e164, pni } = fact.with
  const contact = await resolvePerson(context, tx, {
    address: e164 === undefined ? undefined : { kind: 'e164', e164 },
    aci,
    pni,
    name: undefined,
  })
  await keepTimer(context, tx, await conversationOf(context, tx, contact), fact)
}

/** As `takeTimer`, in the conversation that it is about. */
export async function keepTimer(
  context: Pick<RowContext, 'events'>,
  tx: DatabaseTransaction,
  { id, contact_id: contactId, timer_s: seconds, timer_version: version }: ConversationRow,
  fact: Omit<TimerFact, 'with'>,
): Promise<void> {
  const isNewer = fact.version === undefined || fact.version > version
  if (!isNewer || (fact.seconds === seconds && (fact.version ?? version) === version)) return
  await setTimer(tx, id, { seconds: fact.seconds, version: fact.version ?? version })
  if (fact.seconds === seconds) return
  await context.events.append(tx, {
    type: 'conversation.timer',
    conversationId: id,
    contactId: contactId ?? undefined,
    data: { seconds: fact.seconds, by: fact.byUs ? 'us' : 'them' },
  })
}

/**
 * Sets the timer (0: none) and has the other side told. The conversation, and what is to be called after the commit.
 * Errors: CausewayError `unknown-conversation`, `invalid-timer`, `not-over-signal`, `signal-no-account`.
 */
export async function orderTimer(
  context: RoutingContext,
  tx: DatabaseTransaction,
  conversationId: string,
  seconds: number,
): Promise<() => void> {
  const parties = await partiesIn(tx, await findConversation(tx, { id: conversationId }))
  if (parties === undefined) throw refusal('unknown-conversation', 'There is no such conversation.')
  const { conversation, contact, group } = parties
  if (group !== undefined) {
    throw refusal('group-timer', 'The timer of a group is one of its settings: set it there (`causeway group set`).')
  }
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > TIMER_S_MAX) {
    throw refusal('invalid-timer', 'A timer has whole seconds, and four weeks at most.')
  }
  const transport = context.transports.find(({ change }) => change !== undefined)
  if (transport?.change === undefined || (contact.aci === null && contact.pni === null)) {
    throw refusal('not-over-signal', 'Only messages over Signal disappear, and nothing of this person is known there.')
  }
  demandUnblocked(contact)
  const afterAccepting = await acceptRequest(context, tx, parties, { byWriting: true })
  const version = conversation.timer_version + 1
  await setTimer(tx, conversation.id, { seconds, version })
  await context.events.append(tx, {
    type: 'conversation.timer',
    conversationId,
    contactId: contact.id,
    data: { seconds, by: 'us' },
  })
  const timestampMs = await noteOwnChange(tx, { messageId: null, kind: 'timer' }, context.clock())
  const change = { kind: 'timer', seconds, version } as const
  const afterCommit = await transport.change({ recipient: addresseeOf(parties), timestampMs, change }, asUnit(tx))
  return () => {
    afterAccepting()
    afterCommit()
  }
}

export class Disappearing {
  readonly #context: RoutingContext
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | undefined
  #looking: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(context: RoutingContext) {
    this.#context = context
    this.#unsubscribe = context.events.onAppended(() => this.#lookSoon())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unsubscribe()
    clearTimeout(this.#timer)
    clearTimeout(this.#looking)
    await this.#sweeping
  }

  /** Wipes what is due. Never throws: what fails here is due at the next look. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping
      .then(() => this.#sweep())
      .catch((error: unknown) => {
        this.#context.log.warn({ err: error }, 'messages that should have disappeared are still here; tried again')
      })
    return this.#sweeping
  }

  async #sweep(): Promise<void> {
    const { db, clock, events, media } = this.#context
    while (!this.#stopped) {
      const due = await overdueMessages(db, clock(), PAGE)
      for (const message of due) await db.transaction().execute((tx) => this.#wipe(tx, message))
      if (due.length > 0) {
        events.poke()
        media.poke()
      }
      if (due.length < PAGE) break
    }
    const next = await nextExpiry(db)
    clearTimeout(this.#timer)
    if (next === undefined || this.#stopped) return
    const waitMs = Math.min(WAIT_MS_MAX, Math.max(LOOK_AFTER_MS, next - clock()))
    this.#timer = setTimeout(() => void this.sweep(), waitMs)
  }

  async #wipe(tx: DatabaseTransaction, message: MessageRow): Promise<void> {
    const { clock, events } = this.#context
    const timesMs = await versionTimes(tx, message)
    await forgetOnTransports(this.#context, tx, message, timesMs)
    await wipeMessage(tx, message, timesMs, clock())
    await wipeAttachmentsOf(tx, message, DISAPPEARED)
    await events.append(tx, {
      type: 'message.disappeared',
      messageId: message.id,
      conversationId: message.conversation_id,
    })
  }

  #lookSoon(): void {
    if (this.#stopped || this.#looking !== undefined) return
    this.#looking = setTimeout(() => {
      this.#looking = undefined
      void this.sweep()
    }, LOOK_AFTER_MS)
  }
}

/** The transports keep copies of their own, to send again or to complete: those go as well. */
export async function forgetOnTransports(
  context: RoutingContext,
  tx: DatabaseTransaction,
  message: MessageRow,
  timesMs: readonly number[],
): Promise<void> {
  const other = addresseeOf(await partiesOf(tx, message))
  const author = message.author_aci === null ? other : { ...other, aci: message.author_aci }
  const ours = message.direction === 'out'
  for (const transport of context.transports) {
    await transport.forget?.({ with: author, ours, timestampsMs: timesMs }, asUnit(tx))
  }
}

/** The timer as it goes along with a message. */
export function timerOf(conversation: ConversationRow, message: MessageRow): { seconds: number; version: number } {
  return { seconds: message.timer_s ?? 0, version: conversation.timer_version }
}

function refusal(code: string, message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'never' })
}
