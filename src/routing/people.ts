/**
 * Who is who: one person is one contact with one conversation, whether they come by number or by Signal account.
 *
 * A number alone proves nothing about an account; the two are joined only by what Signal itself vouches for (directory,
 * sender certificate), or by the owner (`joining.ts`). When both sides are known already, the two conversations become one,
 * unless the owner has taken them apart.
 */
import type { Address } from '../domain/address.ts'
import { CausewayError } from '../domain/errors.ts'
import { isGroupId } from '../domain/ids.ts'
import type { Recipient } from '../domain/transport.ts'
import { doomBlobs } from '../store/blob-rows.ts'
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
import type { Database, DatabaseTransaction } from '../store/database.ts'
import { BY_OWN_DEVICE, moveIdentityHistory, noteIdentity } from '../store/identity-history.ts'
import { isKeptApart, noteMerged } from '../store/people-links.ts'
import type { ContactRow, ConversationRow } from '../store/tables/mailbox.ts'
import type { RowContext } from './context.ts'
import { addLine } from './lines.ts'

/** What a network says of a person. `aci` and a number together mean that Signal vouches for both. */
export interface PersonIds {
  address: Address | undefined
  aci: string | undefined
  pni: string | undefined
  name: string | undefined
}

/** The contact of this person, made, joined or merged as needed. */
export async function resolvePerson(
  context: RowContext,
  tx: DatabaseTransaction,
  person: PersonIds,
): Promise<ContactRow> {
  const aci = person.aci ?? (person.address?.kind === 'signal' ? person.address.aci : undefined)
  const e164 = person.address?.kind === 'e164' ? person.address.e164 : undefined
  if (aci === undefined && e164 === undefined) {
    const known = person.pni === undefined ? undefined : await findContact(tx, { pni: person.pni })
    return known ?? resolveSender(context, tx, person)
  }
  const byAci = aci === undefined ? undefined : await findContact(tx, { aci })
  const byNumber = e164 === undefined ? undefined : await findContact(tx, { e164 })
  const now = context.clock()
  if (byAci !== undefined && byNumber !== undefined && byAci.id !== byNumber.id) {
    if (e164 !== undefined && aci !== undefined && (await isKeptApart(tx, e164, aci))) return byAci
    return mergeContacts(context, tx, byNumber, byAci)
  }
  const { pni, name } = person
  const hidden = pni === undefined ? undefined : await findContact(tx, { sender: senderOfPni(pni) })
  const known = await unveil(context, tx, byAci ?? byNumber, hidden, { e164: e164 ?? null, aci: aci ?? null })
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
    // The picture is of whoever had that account.
    ...(moved ? { avatar_id: null } : {}),
    ...(pni !== undefined && known.pni !== pni ? { pni } : {}),
    ...(name !== undefined && known.name === null ? { name } : {}),
  }
  if (Object.keys(change).length === 0) return known
  const changed = await changeContact(tx, known.id, change, now)
  if (moved) await doomBlobs(tx, [known.avatar_id])
  if (e164 !== undefined && known.e164 !== null && known.e164 !== e164) {
    await addLine(
      context,
      tx,
      changed,
      'number-changed',
      `Has another phone number now: ${e164} (before: ${known.e164}).`,
    )
  }
  // Another account behind a number we knew: its safety number is another one, too.
  return moved ? flagAccount(context, tx, known, changed) : changed
}

/** A conversation that is there, and whose it is. Throws CausewayError `unknown-conversation`, `group-conversation`. */
export async function demandParties(
  db: Database,
  conversationId: string,
): Promise<{ conversation: ConversationRow; contact: ContactRow }> {
  const conversation = await findConversation(db, { id: conversationId })
  if (conversation !== undefined && conversation.contact_id === null) {
    throw new CausewayError({
      code: 'group-conversation',
      message: 'That is for conversations with one person; a group is left, or archived.',
      retry: 'never',
    })
  }
  const contact = conversation?.contact_id == null ? undefined : await findContact(db, { id: conversation.contact_id })
  if (conversation === undefined || contact === undefined || conversation.removed_at_ms !== null) {
    throw new CausewayError({ code: 'unknown-conversation', message: 'There is no such conversation.', retry: 'never' })
  }
  return { conversation, contact }
}

/** The conversation with these ids, where there is one. */
export async function conversationWith(tx: DatabaseTransaction, who: Recipient): Promise<ConversationRow | undefined> {
  const { aci, e164, pni } = who
  const contact =
    (aci === undefined ? undefined : await findContact(tx, { aci })) ??
    (e164 === undefined ? undefined : await findContact(tx, { e164 })) ??
    (pni === undefined ? undefined : await findContact(tx, { pni }))
  return contact === undefined ? undefined : await findConversation(tx, { contactId: contact.id })
}

/** The conversation of this contact. */
export function conversationOf(
  { ids, clock }: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
): Promise<ConversationRow> {
  return ensureConversation(tx, ids, contact.id, clock())
}

/** Their safety number has changed: until a person consents, nothing goes to them over Signal. */
export async function flagIdentity(
  context: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
): Promise<ContactRow> {
  const { events, clock } = context
  if (contact.identity_changed_at_ms !== null || isGroupId(contact.id)) return contact
  await events.append(tx, { type: 'contact.identity_changed', contactId: contact.id })
  await addLine(context, tx, contact, 'identity-changed')
  return changeContact(tx, contact.id, { identity_changed_at_ms: clock() }, clock())
}

/** As `flagIdentity`: another account is behind a number we knew, of which the driver tells nothing. */
async function flagAccount(
  context: RowContext,
  tx: DatabaseTransaction,
  before: ContactRow,
  now: ContactRow,
): Promise<ContactRow> {
  if (before.aci !== null) await moveIdentityHistory(tx, before.aci, now.id)
  await noteIdentity(tx, now, 'changed', context.clock())
  return flagIdentity(context, tx, now)
}

/** Notes what another device of ours says of the safety number. A changed one still waits for consent here. */
export async function noteVerified(
  { events, clock }: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
  verified: boolean,
): Promise<void> {
  if ((contact.verified === 1) === verified) return
  await changeContact(tx, contact.id, { verified: verified ? 1 : 0 }, clock())
  await noteIdentity(tx, contact, verified ? 'verified' : 'unverified', clock(), BY_OWN_DEVICE)
  await events.append(tx, { type: 'contact.updated', contactId: contact.id })
}

/** A username of Signal: a name, a dot, and at least two digits. */
const USERNAME = /^[a-z_]\w*\.\d{2,}$/i

/** Whom we know by a username alone is shown by it, until their profile gives a name. */
export async function noteUsername(
  tx: DatabaseTransaction,
  contact: ContactRow,
  username: string | undefined,
  nowMs: number,
): Promise<ContactRow> {
  if (username === undefined || contact.profile_name !== null) return contact
  return changeContact(tx, contact.id, { profile_name: username }, nowMs)
}

/** Notes how they call themselves; another name than before is told in the conversation. */
export async function noteProfileName(
  context: RowContext,
  tx: DatabaseTransaction,
  contact: ContactRow,
  name: string,
): Promise<void> {
  const before = contact.profile_name
  if (before === name) return
  await changeContact(tx, contact.id, { profile_name: name }, context.clock())
  await context.events.append(tx, { type: 'contact.updated', contactId: contact.id })
  if (before === null || USERNAME.test(before)) return
  await addLine(context, tx, contact, 'renamed', `Is called ${name} now (before: ${before}).`)
}

/** Under what somebody is kept of whom only the phone-number identity is known. */
function senderOfPni(pni: string): string {
  return `PNI:${pni}`
}

/** Whoever was known only by phone-number identity is this person: what was said with them belongs to it. */
async function unveil(
  context: RowContext,
  tx: DatabaseTransaction,
  known: ContactRow | undefined,
  hidden: ContactRow | undefined,
  ids: Pick<ContactRow, 'e164' | 'aci'>,
): Promise<ContactRow | undefined> {
  if (hidden === undefined || hidden.id === known?.id) return known
  if (known === undefined) return changeContact(tx, hidden.id, { ...ids, sender: null }, context.clock())
  await absorb(context, tx, hidden, known)
  return known
}

/** Short codes and alphanumeric senders have a name space of their own. */
async function resolveSender({ ids, clock }: RowContext, tx: DatabaseTransaction, person: PersonIds) {
  const { address, pni, name = null } = person
  const nameless = pni === undefined ? 'unknown' : senderOfPni(pni)
  const sender =
    address?.kind === 'short-code' ? address.code : address?.kind === 'alphanumeric' ? address.sender : nameless
  return (await findContact(tx, { sender })) ?? insertContact(tx, ids, { sender, name, pni: pni ?? null }, clock())
}

/** One person was two contacts: `account` (found by ACI) goes into `kept` (found by number). */
async function mergeContacts(
  context: RowContext,
  tx: DatabaseTransaction,
  kept: ContactRow,
  account: ContactRow,
): Promise<ContactRow> {
  const { clock } = context
  await absorb(context, tx, account, kept)
  const moved = kept.aci !== null && kept.aci !== account.aci
  const merged = await changeContact(
    tx,
    kept.id,
    {
      aci: account.aci,
      pni: account.pni ?? kept.pni,
      name: kept.name ?? account.name,
      profile_name: account.profile_name ?? kept.profile_name,
      avatar_id: account.avatar_id,
      policy: kept.policy ?? account.policy,
      fallback_after_ms: kept.fallback_after_ms ?? account.fallback_after_ms,
      preferred_lane: kept.preferred_lane ?? account.preferred_lane,
      blocked_at_ms: kept.blocked_at_ms ?? account.blocked_at_ms,
      verified: account.verified,
      identity_changed_at_ms: account.identity_changed_at_ms,
      signal_standing: account.signal_standing,
      signal_checked_at_ms: account.signal_checked_at_ms,
      signal_next_check_at_ms: account.signal_next_check_at_ms,
      signal_misses: account.signal_misses,
    },
    clock(),
  )
  await doomBlobs(tx, [kept.avatar_id])
  // The number was somebody else's account before.
  return moved ? flagAccount(context, tx, kept, merged) : merged
}

/** What was said with `from` goes to the conversation with `to`; `from` is no more, and its ids lead there. */
export async function absorb(
  { events, clock }: RowContext,
  tx: DatabaseTransaction,
  from: ContactRow,
  to: ContactRow,
): Promise<void> {
  const leaving = await findConversation(tx, { contactId: from.id })
  const staying = await findConversation(tx, { contactId: to.id })
  if (leaving !== undefined && staying !== undefined) {
    await mergeConversations(tx, leaving, staying)
    await noteMerged(tx, leaving.id, staying.id, clock())
    await events.append(tx, {
      type: 'conversation.merged',
      conversationId: staying.id,
      contactId: to.id,
      data: { merged: leaving.id },
    })
  } else if (leaving !== undefined) {
    await reassignConversation(tx, leaving.id, to.id)
  }
  await moveIdentityHistory(tx, from.id, to.id)
  await deleteContact(tx, from.id)
  await noteMerged(tx, from.id, to.id, clock())
  await events.append(tx, { type: 'contact.merged', contactId: to.id, data: { merged: from.id } })
}
