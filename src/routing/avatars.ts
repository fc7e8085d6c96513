/** Pictures of contacts: the newest that a transport brought is shown; of whom the owner keeps out there is none. */
import type { StoredBlob } from '../domain/media.ts'
import { doomBlobs, insertBlobs } from '../store/blob-rows.ts'
import { changeContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import type { ContactRow } from '../store/tables/mailbox.ts'

/** Takes a picture (a file that no row names yet) in the place of the one that was there; undefined: there is none now. */
export async function noteAvatar(
  { events, clock }: { events: Pick<EventLog, 'append'>; clock: () => number },
  tx: DatabaseTransaction,
  contact: ContactRow,
  picture: StoredBlob | undefined,
): Promise<void> {
  const isBlocked = contact.blocked_at_ms !== null
  await insertBlobs(tx, [picture], clock())
  if (isBlocked && picture !== undefined) await doomBlobs(tx, [picture.id])
  const next = isBlocked ? null : (picture?.id ?? null)
  if (next === contact.avatar_id) return
  await changeContact(tx, contact.id, { avatar_id: next }, clock())
  await doomBlobs(tx, [contact.avatar_id])
  const conversation = await findConversation(tx, { contactId: contact.id })
  await events.append(tx, { type: 'contact.updated', contactId: contact.id, conversationId: conversation?.id })
}
