/** A stranger has written over Signal: let in, decline, or block. Takes the composer's place. */
import { useLocation } from 'wouter-preact'
import { ask } from '../api/client.ts'
import type { Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { decideAbout } from '../model/contacts.ts'
import { dropConversation, fetchConversation } from '../model/conversations.ts'
import { conversationName } from '../model/people.ts'
import { useAct } from '../ui/act.ts'
import { UserRound } from '../ui/icons.ts'
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
  const contactId = conversation.contact?.id
  return (
    <section class="decision" aria-label={t('request.title')}>
      <UserRound aria-hidden="true" />
      <div>
        <h3>{t('request.title')}</h3>
        <p>{t('request.words', { name: conversationName(conversation) })}</p>
        {acting.error !== undefined && <Problem error={acting.error} />}
        <div class="buttons">
          <button type="button" class="button primary" disabled={acting.busy} onClick={() => void acting.run(accept)}>
            {t('request.accept')}
          </button>
          <button type="button" class="button" disabled={acting.busy} onClick={() => void acting.run(decline)}>
            {t('request.decline')}
          </button>
          {contactId !== null && contactId !== undefined && (
            <button
              type="button"
              class="button danger"
              disabled={acting.busy}
              onClick={() => void acting.run(() => decideAbout(contactId, 'block'))}
            >
              {t('about.block')}
            </button>
          )}
        </div>
      </div>
    </section>
  )
}
