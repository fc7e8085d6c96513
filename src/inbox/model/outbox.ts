/**
 * Messages between "Send" and the gateway's 202: shown at once, kept on disk, and handed in under one Idempotency-Key
 * however often it takes. The key travels in the message's metadata, too, so that the message which an event brings
 * takes the place of its own shadow.
 */
import { signal } from '@preact/signals'
import { ApiProblem, ask, wordsOf } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { type Draft, dropDraft, takeUp } from './drafts.ts'
import { keepMessage } from './threads.ts'
import { put, readAll, remove } from './vault.ts'

const RETRY_AFTER_MS = 3_000
/** The metadata field that holds the key. */
const KEY_FIELD = 'inbox_key'

export interface Unsent {
  key: string
  conversationId: string
  draft: Draft
  createdAt: string
  /** Why it was refused; undefined while it is on its way. */
  refusal: string | undefined
}

const unsent = signal<ReadonlyMap<string, Unsent>>(new Map())
const running = new Set<string>()

/** Those of a conversation that no message stands for yet. */
export function unsentOf(conversationId: string, messages: readonly Message[]): readonly Unsent[] {
  const here = new Set(messages.map(({ metadata }) => metadata?.[KEY_FIELD]))
  return [...unsent.value.values()].filter((row) => row.conversationId === conversationId && !here.has(row.key))
}

/** From disk, once; it goes when the gateway is reached (`pushOutbox`). */
export async function loadOutbox(): Promise<void> {
  unsent.value = new Map([...(await readAll<Unsent>('outbox')), ...unsent.peek()])
}

/** Tries whatever was not refused. */
export function pushOutbox(): void {
  for (const row of unsent.peek().values()) if (row.refusal === undefined) void hand(row)
}

/** Hands in what was drafted; the draft is gone once the message is on disk. */
export async function send(conversationId: string, draft: Draft): Promise<void> {
  const row: Unsent = {
    key: crypto.randomUUID?.() ?? String(crypto.getRandomValues(new Uint32Array(4)).join('-')),
    conversationId,
    draft,
    createdAt: new Date().toISOString(),
    refusal: undefined,
  }
  keep(row)
  await put('outbox', row.key, row)
  dropDraft(conversationId)
  await hand(row)
}

export function tryAgain(row: Unsent): void {
  const again = { ...row, refusal: undefined }
  keep(again)
  void hand(again)
}

export function discard(row: Unsent): void {
  const next = new Map(unsent.peek())
  next.delete(row.key)
  unsent.value = next
  void remove('outbox', row.key)
}

/** Back into the composer, with what was begun there since. */
export function editAgain(row: Unsent): void {
  takeUp(row.conversationId, row.draft)
  discard(row)
}

async function hand(row: Unsent): Promise<void> {
  if (running.has(row.key)) return
  running.add(row.key)
  try {
    keepMessage(await ask<Message>('POST', '/api/v1/messages', { body: bodyOf(row), idempotencyKey: row.key }))
    discard(row)
  } catch (error) {
    if (
      error instanceof ApiProblem &&
      (error.passing || error.status === 401 || error.code === 'idempotency-running')
    ) {
      setTimeout(pushOutbox, RETRY_AFTER_MS)
    } else {
      const refused = { ...row, refusal: wordsOf(error) }
      keep(refused)
      void put('outbox', row.key, refused)
    }
  } finally {
    running.delete(row.key)
  }
}

function bodyOf({ key, conversationId, draft }: Unsent): object {
  const { text, subject = '', mentions = [], attachments, quoteId, scheduleAt, policy, modem } = draft
  return {
    conversation_id: conversationId,
    metadata: { [KEY_FIELD]: key },
    ...(text === '' ? {} : { text }),
    ...(subject.trim() === '' ? {} : { subject: subject.trim() }),
    ...(mentions.length === 0 ? {} : { mentions }),
    ...(attachments.length === 0 ? {} : { media: attachments.map(({ id }) => id) }),
    ...(quoteId === undefined ? {} : { quote_id: quoteId }),
    ...(scheduleAt === undefined ? {} : { schedule_at: scheduleAt }),
    ...(policy === undefined ? {} : { policy }),
    ...(modem === undefined ? {} : { modem }),
  }
}

function keep(row: Unsent): void {
  unsent.value = new Map(unsent.peek()).set(row.key, row)
}
