/**
 * Lines in a conversation that nobody wrote: what became known of the person, or was done to the group. They are read the moment they
 * are there, and neither count as unread nor move the conversation.
 */
import type { LineSaid } from '../domain/group-line.ts'
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { insertMessage, lastNotice } from '../store/messages.ts'
import type { ContactRow, ConversationRow, Notice } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'

export const UNREADABLE = 'A message could not be read here. Their device was asked to send it again.'

const words: Readonly<Record<Exclude<Notice, 'group' | 'picture'>, string>> = {
  'identity-changed': 'The safety number has changed: a new phone, or Signal installed anew.',
  left: 'Is no longer on Signal.',
  returned: 'Is on Signal again.',
  'number-changed': 'Has another phone number now.',
  renamed: 'Has another profile name now.',
  unreadable: UNREADABLE,
}

/** Adds a line where there is a conversation with this contact; `detail` takes the place of the standing words. */
export async function addLine(
  context: RowContext,
  tx: DatabaseTransaction,
  contact: Pick<ContactRow, 'id'>,
  notice: Exclude<Notice, 'group' | 'picture'>,
  detail?: string,
): Promise<void> {
  const conversation = await findConversation(tx, { contactId: contact.id })
  if (conversation === undefined) return
  await addLineTo(context, tx, conversation, notice, detail ?? words[notice])
}

/**
 * Adds a line to this conversation. `said`: the same for those who say it in another language; `of`: the message in whose
 * place it stands. Resolves with its id.
 */
export async function addLineTo(
  { ids, events, clock }: RowContext,
  tx: DatabaseTransaction,
  conversation: Pick<ConversationRow, 'id' | 'contact_id'>,
  notice: Notice,
  text: string,
  { said, of }: { said?: LineSaid; of?: { timestampMs: number; authorAci: string | null } } = {},
): Promise<string> {
  const now = clock()
  const row = await insertMessage(tx, {
    id: ids('msg'),
    conversation_id: conversation.id,
    direction: 'in',
    text,
    notice,
    state: 'received',
    ...(said === undefined ? {} : { code: said.code, metadata_json: JSON.stringify(said.values) }),
    transport: null,
    sent_timestamp_ms: of?.timestampMs ?? now,
    author_aci: of?.authorAci ?? null,
    created_at_ms: now,
    updated_at_ms: now,
    sent_at_ms: now,
    read_at_ms: now,
  })
  await events.append(tx, {
    type: 'conversation.notice',
    messageId: row.id,
    conversationId: conversation.id,
    contactId: conversation.contact_id ?? undefined,
    data: { notice },
  })
  return row.id
}

/** Says that somebody left Signal, or is there again; each once until the other has been said. */
export async function addPresenceLine(
  context: RowContext,
  tx: DatabaseTransaction,
  contact: Pick<ContactRow, 'id'>,
  notice: 'left' | 'returned',
): Promise<void> {
  const conversation = await findConversation(tx, { contactId: contact.id })
  if (conversation === undefined) return
  const last = await lastNotice(tx, conversation.id, ['left', 'returned'])
  if ((last?.notice ?? 'returned') !== notice) await addLine(context, tx, contact, notice)
}
