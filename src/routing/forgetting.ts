/**
 * Deleting a person with everything of them: messages, files, names, keys. What is still to leave is settled first. Whoever
 * is blocked stays blocked, by number and account alone; what they wrote into groups stays there. Should they write again,
 * they are somebody new.
 */
import { changeContact, deleteContact, findConversation } from '../store/contacts.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { deleteConversation, deleteTraces, NOTHING_BUT_BLOCKED } from '../store/forgotten.ts'
import { conversationsOfMember } from '../store/groups.ts'
import { asUnit } from '../store/unit.ts'
import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'
import { demandContact } from './decisions.ts'
import { removeConversation } from './removing.ts'

/** Returned: what follows the commit. Errors: CausewayError `unknown-contact`, `wrong-state` while something is to leave. */
export async function forgetPerson(
  context: RoutingContext,
  tx: DatabaseTransaction,
  contactId: string,
): Promise<() => void> {
  const { transports, events, clock } = context
  const contact = await demandContact(tx, contactId)
  const conversation = await findConversation(tx, { contactId })
  const after: ((() => void) | undefined)[] = []
  if (conversation !== undefined) {
    // The wordless rows of what was removed before go, too.
    if (conversation.removed_at_ms === null) after.push(await removeConversation(context, tx, conversation.id))
    await deleteConversation(tx, conversation.id, clock())
  }
  const inGroups = contact.aci !== null && (await conversationsOfMember(tx, contact.aci)).length > 0
  await deleteTraces(tx, contact)
  const isBlocked = contact.blocked_at_ms !== null
  if (isBlocked) await changeContact(tx, contactId, NOTHING_BUT_BLOCKED, clock())
  else await deleteContact(tx, contactId)
  const needed = inGroups || isBlocked
  for (const transport of transports) {
    after.push(await transport.forgetPerson?.(recipientOf(contact), needed, asUnit(tx)))
  }
  await events.append(tx, { type: 'contact.deleted', contactId, data: { blocked: isBlocked } })
  return () => {
    for (const act of after) act?.()
  }
}
