/** Whoever the owner has blocked, a person or a group, cannot be written to: it says so, and takes the composer's place. */
import type { Contact, Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { decideAbout } from '../model/contacts.ts'
import { fetchConversation } from '../model/conversations.ts'
import { changeGroup } from '../model/groups.ts'
import { conversationName } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { TriangleAlert } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'

interface BlockedLineProps {
  conversation: Conversation
  contact: Contact | undefined
}

export function BlockedLine({ conversation, contact }: BlockedLineProps) {
  const acting = useAct()
  const { group } = conversation
  const unblock = async () => {
    if (group !== null) await changeGroup(group.id, 'POST', '/unblock')
    else if (contact !== undefined) await decideAbout(contact.id, 'unblock')
    await fetchConversation(conversation.id)
  }
  return (
    <>
      {acting.error !== undefined && <Problem error={acting.error} />}
      <div class="banner last" role="note">
        <TriangleAlert aria-hidden="true" />
        <p>{t('banner.blocked', { name: conversationName(conversation) })}</p>
        {maySend.value && (
          <button type="button" class="button" disabled={acting.busy} onClick={() => void acting.run(unblock)}>
            {t('about.unblock')}
          </button>
        )}
      </div>
    </>
  )
}

/** What was heard last: of a person that is the contact, since no event of theirs names the conversation. */
export function isBlocked({ conversation, contact }: BlockedLineProps): boolean {
  return contact?.blocked ?? conversation.state === 'blocked'
}
