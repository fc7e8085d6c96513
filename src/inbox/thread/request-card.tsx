/** A stranger has written over Signal, or has added us to a group: let in, decline, or block. Takes the composer's place. */
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { decideAbout } from '../model/contacts.ts'
import { dropConversation, fetchConversation } from '../model/conversations.ts'
import { changeGroup } from '../model/groups.ts'
import { conversationName } from '../model/people.ts'
import { useAct } from '../ui/act.ts'
import { UserRound, UsersRound } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'

export function RequestCard({ conversation }: { conversation: Conversation }) {
  const [, go] = useLocation()
  const acting = useAct()
  const path = `/api/v1/conversations/${conversation.id}`
  const accept = async () => {
    await ask('POST', `${path}/accept`)
    await fetchConversation(conversation.id)
  }
  const decline = async () => {
    await ask('DELETE', path)
    dropConversation(conversation.id)
    go('/')
  }
  const { contact, group } = conversation
  const block = async () => {
    if (group !== null) await changeGroup(group.id, 'POST', '/block')
    else if (contact?.id != null) await decideAbout(contact.id, 'block')
  }
  const title = t(group === null ? 'request.title' : 'request.group.title')
  return (
    <section class="decision" aria-label={title}>
      {group === null ? <UserRound aria-hidden="true" /> : <UsersRound aria-hidden="true" />}
      <div>
        <h3>{title}</h3>
        <p>{t(group === null ? 'request.words' : 'request.group.words', { name: conversationName(conversation) })}</p>
        {acting.error !== undefined && <Problem error={acting.error} />}
        <div class="buttons">
          <button type="button" class="button primary" disabled={acting.busy} onClick={() => void acting.run(accept)}>
            {t('request.accept')}
          </button>
          <button type="button" class="button" disabled={acting.busy} onClick={() => void acting.run(decline)}>
            {t(group === null ? 'request.decline' : 'request.group.decline')}
          </button>
          {(group !== null || contact?.id != null) && (
            <button type="button" class="button danger" disabled={acting.busy} onClick={() => void acting.run(block)}>
              {t('about.block')}
            </button>
          )}
        </div>
      </div>
    </section>
  )
}
