/** What is worth knowing before writing: they seem to have left Signal. */
import type { Contact, Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { lookUp } from '../model/contacts.ts'
import { conversationName } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { TriangleAlert } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'

export function Banners({ conversation, contact }: { conversation: Conversation; contact: Contact | undefined }) {
  const acting = useAct()
  if (contact === undefined) return null
  const name = conversationName(conversation)
  const look = () => void acting.run(() => lookUp(contact.id))
  return (
    <>
      {contact.signal.standing === 'stale' && (
        <div class="banner" role="note">
          <TriangleAlert aria-hidden="true" />
          <p>{t('banner.stale', { name })}</p>
          {maySend.value && (
            <button type="button" class="button" disabled={acting.busy} onClick={look}>
              {t('banner.trySignal')}
            </button>
          )}
        </div>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
    </>
  )
}
