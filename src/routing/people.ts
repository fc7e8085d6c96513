/**
 * Who is who: one person is one contact with one conversation, whether they come by number or by Signal account.
 *
 * A number alone proves nothing about an account; the two are joined only by what Signal itself vouches for (directory,
 * sender certificate). When both sides are known already, the two conversations become one.
 */
import type { Address } from '../domain/address.ts'
import { type IdSource, isGroupId } from '../domain/ids.ts'
import {
  changeContact,
  deleteContact,
  ensureConversation,
  findContact,
  findConversation,
  insertContact,
  mergeConversations,
  reassignConversation,
} from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import type { ContactRow, ConversationRow } from '../store/tables/mailbox.ts'

export interface PeopleContext {
  ids: IdSource
  events: EventLog
  clock: () => number
}

/** What a network says of a person. `aci` and a number together mean that Signal vouches for both. */
export interface PersonIds {
  address: Address | undefined
  aci: string | undefined
  pni: string | undefined
  name: string | undefined
}

/** The contact of this person, made, joined or merged as needed. */
export async function resolvePerson(
  context: PeopleContext,
  tx: DatabaseTransaction,
  person: PersonIds,
): Promise<ContactRow> {
  const aci = person.aci ?? (person.address?.kind === 'signal' ? person.address.aci : undefined)
  const e164 = person.address?.kind === 'e164' ? person.address.e164 : undefined
  if (aci === undefined && e164 === undefined) return resolveSender(context, tx, person)
  const byAci = aci === undefined ? undefined : await findContact(tx, { aci })
  const byNumber = e164 === undefined ? undefined : await findContact(tx, { e164 })
  const now = context.clock()
  if (byAci !== undefined && byNumber !== undefined && byAci.id !== byNumber.id) {
    return mergeContacts(context, tx, byNumber, byAci)
  }
  const known = byAci ?? byNumber
  const { pni, name } = person
  if (known === undefined) {
    return insertContact(
      tx,
      context.ids,
      { e164: e164 ?? null, aci: aci ?? null, pni: pni ?? null, name: name ?? null },
      now,
    )
  }
  const moved = aci !== undefined && known.aci !== null && known.aci !== aci
  const change = {
    ...(e164 !== undefined && known.e164 !== e164 ? { e164 } : {}),
    ...(aci !== undefined && known.aci !== aci ? { aci } : {}),
    ...(pni !== undefined && known.pni !== pni ? { pni } : {}),
    ...(name !== undefined && known.name === null ? { name } : {}),
  }
  if (Object.keys(change).length === 0) return known
  const changed = await changeContact(tx, known.id, change, now)
  // Another account behind a number we knew: its safety number is another one, too.
  return moved ? flagIdentity(context, tx, changed) : changed
}

/** The conversation of this contact. */
export function conversationOf(
  { ids, clock }: PeopleContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
): Promise<ConversationRow> {
  return ensureConversation(tx, ids, contact.id, clock())
}

/** Their safety number has changed: until a person consents, nothing goes to them over Signal. */
export async function flagIdentity(
  { events, clock }: PeopleContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
): Promise<ContactRow> {
  if (contact.identity_changed_at_ms !== null || isGroupId(contact.id)) return contact
  await events.append(tx, { type: 'contact.identity_changed', contactId: contact.id })
  return changeContact(tx, contact.id, { identity_changed_at_ms: clock() }, clock())
}

/** Short codes and alphanumeric senders have a name space of their own. */
async function resolveSender({ ids, clock }: PeopleContext, tx: DatabaseTransaction, person: PersonIds) {
  const { address } = person
  const sender =
    address?.kind === 'short-code' ? address.code : address?.kind === 'alphanumeric' ? address.sender : 'unknown'
  return (await findContact(tx, { sender })) ?? insertContact(tx, ids, { sender, name: person.name ?? null }, clock())
}

/** One person was two contacts: `account` (found by ACI) goes into `kept` (found by number). */
async function mergeContacts(
  context: PeopleContext,
  tx: DatabaseTransaction,
  kept: ContactRow,
  account: ContactRow,
): Promise<ContactRow> {
  const { events, clock } = context
  const from = await findConversation(tx, { contactId: account.id })
  const to = await findConversation(tx, { contactId: kept.id })
  if (from !== undefined && to !== undefined) {
    await mergeConversations(tx, from, to)
    await events.append(tx, {
      type: 'conversation.merged',
      conversationId: to.id,
      contactId: kept.id,
      data: { merged: from.id },
    })
  } else if (from !== undefined) {
    await reassignConversation(tx, from.id, kept.id)
  }
  await deleteContact(tx, account.id)
  const moved = kept.aci !== null && kept.aci !== account.aci
  const merged = await changeContact(
    tx,
    kept.id,
    {
      aci: account.aci,
      pni: account.pni ?? kept.pni,
      name: kept.name ?? account.name,
      policy: kept.policy ?? account.policy,
      verified: account.verified,
      identity_changed_at_ms: account.identity_changed_at_ms,
      signal_standing: account.signal_standing,
      signal_checked_at_ms: account.signal_checked_at_ms,
      signal_next_check_at_ms: account.signal_next_check_at_ms,
      signal_misses: account.signal_misses,
    },
    clock(),
  )
  // The number was somebody else's account before.
  return moved ? flagIdentity(context, tx, merged) : merged
}
