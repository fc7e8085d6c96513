/** What a transport tells of a person beside their messages: whom it says that of, and which rule it is for. */
import type { CapabilityFact } from '../domain/sink.ts'
import { findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { noteAvatar } from './avatars.ts'
import type { RowContext } from './context.ts'
import type { MediaDesk } from './media.ts'
import { flagIdentity, noteProfileName, noteVerified, resolvePerson } from './people.ts'
import { noteEvidence } from './standing.ts'
import { endRequest, noteBlocked } from './strangers.ts'

/** Notes what was learnt about a person, in the transaction given. Nothing where it names neither number nor account. */
export async function takeCapability(
  context: RowContext & { media: Pick<MediaDesk, 'dueAtMs'> },
  tx: DatabaseTransaction,
  fact: CapabilityFact,
): Promise<void> {
  const { e164, aci, pni } = fact.recipient
  if (e164 === undefined && aci === undefined) return
  const contact = await resolvePerson(context, tx, {
    address: e164 === undefined ? undefined : { kind: 'e164', e164 },
    aci,
    pni,
    name: fact.kind === 'named' ? fact.name : undefined,
  })
  if (fact.kind === 'registered') await noteEvidence(context, tx, contact, { kind: 'registered' })
  else if (fact.kind === 'unregistered') await noteEvidence(context, tx, contact, { kind: 'left' })
  else if (fact.kind === 'identity-changed') await flagIdentity(context, tx, contact)
  else if (fact.kind === 'verified') await noteVerified(context, tx, contact, fact.verified)
  else if (fact.kind === 'blocked') await noteBlocked(context, tx, contact, fact.blocked)
  else if (fact.kind === 'accepted') {
    const conversation = await findConversation(tx, { contactId: contact.id })
    if (conversation !== undefined) await endRequest(context, tx, conversation)
    await noteBlocked(context, tx, contact, false)
  } else if (fact.kind === 'profile') await noteProfileName(context, tx, contact, fact.name)
  else if (fact.kind === 'avatar') await noteAvatar(context, tx, contact, fact.picture)
}
