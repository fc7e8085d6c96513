/**
 * The owner says who is who: two contacts are one person, or a contact was two. A person here is at most one number and one
 * Signal account. Nothing that is still to leave changes hands: it is settled first, so no message ever goes to somebody
 * whom it was not written to. What was compared stays compared for the account it was compared with, and for no other.
 */
import { slowerFallback, stricterPolicy } from '../domain/contact.ts'
import { CausewayError } from '../domain/errors.ts'
import { told } from '../domain/told.ts'
import type { BookEntry } from '../domain/vcard.ts'
import { doomBlobs } from '../store/blob-rows.ts'
import { changeContact, ensureConversation, findConversation, insertContact } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { noteIdentity } from '../store/identity-history.ts'
import { countInStates, keepApart, letTogether, moveMessages } from '../store/people-links.ts'
import { settleConversation } from '../store/removing.ts'
import type { ContactRow, ConversationRow } from '../store/tables/mailbox.ts'
import type { Commit } from './commit.ts'
import type { RoutingContext } from './context.ts'
import { demandContact } from './decisions.ts'
import { forgetPerson } from './forgetting.ts'
import { type ImportedPerson, type ImportOptions, importPeople } from './importing.ts'
import { absorb, flagIdentity } from './people.ts'

/** Entries of an address book in one transaction. */
const ENTRIES_AT_ONCE = 50
/** What has not left yet. An uncertain text has: it stays with the number that it went to. */
const TO_LEAVE = ['scheduled', 'held', 'queued', 'sending'] as const

/** The owner's word on who is who, each a transaction of its own. */
export class PeopleDesk {
  readonly #context: RoutingContext
  readonly #commit: Commit

  constructor(context: RoutingContext, commit: Commit) {
    this.#context = context
    this.#commit = commit
  }

  /** As `joinContacts`. */
  join(keptId: string, otherId: string): Promise<ContactRow> {
    return this.#commit((tx) => joinContacts(this.#context, tx, keptId, otherId))
  }

  /** As `splitContact`. */
  split(contactId: string, taken: 'number' | 'account'): Promise<{ contact: ContactRow; taken: ContactRow }> {
    return this.#commit((tx) => splitContact(this.#context, tx, contactId, taken))
  }

  /** Deletes a person, as `forgetPerson`. */
  async forget(contactId: string): Promise<void> {
    const afterCommit = await this.#commit((tx) => forgetPerson(this.#context, tx, contactId))
    afterCommit()
    this.#context.media.poke()
  }

  /**
   * People of an address book, as `importPeople`; in pieces, so that messages come between. What breaks off in the middle is
   * whole when the file is read once more.
   */
  async import(people: readonly BookEntry[], options: ImportOptions): Promise<ImportedPerson[]> {
    const seen = new Set<string>()
    const done: ImportedPerson[] = []
    for (let from = 0; from < people.length; from += ENTRIES_AT_ONCE) {
      const piece = people.slice(from, from + ENTRIES_AT_ONCE)
      done.push(...(await this.#commit((tx) => importPeople(this.#context, tx, piece, options, seen))))
    }
    return done
  }
}

/**
 * `otherId` is the same person as `keptId` and goes into it. Returned: the one contact.
 * Errors: CausewayError `unknown-contact`, `cannot-merge` with why.
 */
async function joinContacts(
  context: RoutingContext,
  tx: DatabaseTransaction,
  keptId: string,
  otherId: string,
): Promise<ContactRow> {
  const kept = await demandContact(tx, keptId)
  const other = await demandContact(tx, otherId)
  const why = whyNotOne(kept, other)
  if (why !== undefined) throw refusal('cannot-merge', why)
  for (const one of [kept, other]) await demandReady(tx, one, 'cannot-merge')
  const account = other.aci === null ? kept : other
  const numbered = account === kept ? other : kept
  await absorb(context, tx, other, kept)
  const joined = await changeContact(
    tx,
    kept.id,
    {
      e164: kept.e164 ?? other.e164,
      aci: account.aci,
      pni: account.pni ?? numbered.pni,
      name: kept.name ?? other.name,
      profile_name: account.profile_name ?? numbered.profile_name,
      avatar_id: account.avatar_id,
      policy: stricterPolicy(kept.policy, other.policy, context.settings.defaultPolicy),
      fallback_after_ms: slowerFallback(
        kept.fallback_after_ms,
        other.fallback_after_ms,
        context.settings.fallbackAfterMs,
      ),
      preferred_lane: kept.preferred_lane ?? other.preferred_lane,
      verified: account.verified,
      identity_changed_at_ms: account.identity_changed_at_ms ?? numbered.identity_changed_at_ms,
      signal_standing: account.signal_standing,
      signal_checked_at_ms: account.signal_checked_at_ms,
      signal_next_check_at_ms: account.signal_next_check_at_ms,
      signal_misses: account.signal_misses,
    },
    context.clock(),
  )
  await doomBlobs(tx, [numbered.avatar_id])
  if (joined.e164 !== null && joined.aci !== null) await letTogether(tx, joined.e164, joined.aci)
  // What the number was compared with is not known to be this account's key.
  if (numbered.verified === 0 || account.verified === 1) return joined
  await noteIdentity(tx, joined, 'changed', context.clock())
  return flagIdentity(context, tx, joined)
}

/**
 * The number or the account of this contact is somebody else, who gets a contact and a conversation of their own with what
 * was said over it. Errors: CausewayError `unknown-contact`, `cannot-split` with why.
 */
async function splitContact(
  context: RoutingContext,
  tx: DatabaseTransaction,
  contactId: string,
  taken: 'number' | 'account',
): Promise<{ contact: ContactRow; taken: ContactRow }> {
  const { ids, clock, events } = context
  const contact = await demandContact(tx, contactId)
  const { e164, aci } = contact
  if (e164 === null || aci === null) {
    throw refusal('cannot-split', 'They have a number or a Signal account, not both: there is nothing to take apart.')
  }
  await demandReady(tx, contact, 'cannot-split')
  const now = clock()
  const whole = await findConversation(tx, { contactId })
  const stays = taken === 'number' ? { e164: null } : { aci: null, pni: null, ...NO_ACCOUNT }
  const left = await changeContact(tx, contactId, stays, now)
  const names = { name: contact.name, ...(taken === 'number' ? { e164 } : { aci, pni: contact.pni }) }
  const fresh = await insertContact(tx, ids, names, now)
  // Both stay under the rule that was given, and kept out where they were.
  const { policy, fallback_after_ms, blocked_at_ms } = contact
  const shared = { policy, fallback_after_ms, blocked_at_ms }
  const own = taken === 'number' ? { preferred_lane: contact.preferred_lane } : accountOf(contact)
  const split = await changeContact(tx, fresh.id, { ...shared, ...own }, now)
  await keepApart(tx, e164, aci, now)
  await events.append(tx, { type: 'contact.split', contactId, data: { contact: split.id } })
  if (whole !== undefined) await splitConversation(context, tx, whole, split, taken)
  return { contact: left, taken: split }
}

const NO_ACCOUNT = {
  profile_name: null,
  avatar_id: null,
  verified: 0,
  identity_changed_at_ms: null,
  signal_standing: 'unknown',
  signal_checked_at_ms: null,
  signal_next_check_at_ms: 0,
  signal_misses: 0,
} as const

/** What is known of somebody's account. */
function accountOf(contact: ContactRow) {
  const { profile_name, avatar_id, verified, identity_changed_at_ms } = contact
  const { signal_standing, signal_checked_at_ms, signal_next_check_at_ms, signal_misses } = contact
  return {
    ...{ profile_name, avatar_id, verified, identity_changed_at_ms },
    ...{ signal_standing, signal_checked_at_ms, signal_next_check_at_ms, signal_misses },
  }
}

async function splitConversation(
  { ids, clock, events }: RoutingContext,
  tx: DatabaseTransaction,
  whole: ConversationRow,
  split: ContactRow,
  taken: 'number' | 'account',
): Promise<void> {
  const now = clock()
  const fresh = await ensureConversation(tx, ids, split.id, now)
  await moveMessages(tx, taken, whole.id, fresh.id)
  const {
    muted,
    archived,
    removed_at_ms,
    sms_lane,
    reply_lane,
    waiting_json,
    timer_s,
    timer_version,
    last_message_at_ms,
  } = whole
  const ofNumber = { sms_lane, reply_lane, waiting_json }
  const ofAccount = { timer_s, timer_version }
  const own = taken === 'number' ? ofNumber : ofAccount
  await tx
    .updateTable('conversations')
    .set({ muted, archived, removed_at_ms, last_message_at_ms, ...own })
    .where('id', '=', fresh.id)
    .execute()
  const gone = taken === 'number' ? { sms_lane: null, reply_lane: null, waiting_json: null } : { timer_s: 0 }
  await tx.updateTable('conversations').set(gone).where('id', '=', whole.id).execute()
  for (const conversation of [whole, fresh]) {
    const { last_message_at_ms: lastAtMs } = whole
    await settleConversation(tx, { ...conversation, last_message_at_ms: lastAtMs }, false, now)
  }
  await events.append(tx, {
    type: 'conversation.split',
    conversationId: whole.id,
    contactId: whole.contact_id ?? undefined,
    data: { conversation: fresh.id },
  })
  await events.append(tx, { type: 'conversation.changed', conversationId: fresh.id, contactId: split.id })
}

/** Why these two cannot be one person; undefined when they can. */
function whyNotOne(kept: ContactRow, other: ContactRow): string | undefined {
  if (kept.id === other.id) return 'They are one contact already.'
  if (kept.sender !== null || other.sender !== null) {
    return 'Short codes and senders without a number are not joined with anybody.'
  }
  if (kept.e164 !== null && other.e164 !== null) return 'Each has a phone number of their own; one person has one here.'
  if (kept.aci !== null && other.aci !== null) return 'Each has a Signal account of their own; one person has one.'
  if ((kept.blocked_at_ms === null) !== (other.blocked_at_ms === null)) {
    return 'One of them is blocked. Unblock them, or block both.'
  }
  return undefined
}

async function demandReady(
  tx: DatabaseTransaction,
  contact: ContactRow,
  code: 'cannot-merge' | 'cannot-split',
): Promise<void> {
  const conversation = await findConversation(tx, { contactId: contact.id })
  if (conversation === undefined) return
  if (conversation.request_at_ms !== null) {
    throw refusal(code, 'One of them is a stranger whose request waits. Accept or decline it first.')
  }
  const open = await countInStates(tx, conversation.id, TO_LEAVE)
  if (open === 0) return
  const message = `Messages to them have not left yet (${open}). Let them leave, or cancel them, then try again.`
  throw new CausewayError({ ...told(code, { open }), message, retry: 'never' })
}

function refusal(code: 'cannot-merge' | 'cannot-split', message: string): CausewayError {
  return new CausewayError({ code, message, retry: 'never' })
}
